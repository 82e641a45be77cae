// The actors of the host suite as handlers of the SDK, in this process.

import { setTimeout as sleep } from 'node:timers/promises'

import { isSpawnError } from '../../src/base/index.ts'
import { actor, type ActorDefinition, type Context, system, type System, Value } from '../../src/sdk/index.ts'
import {
  FIRST_STATE,
  type Json,
  nextState,
  type Part,
  perform,
  type Script,
  type Seen,
  type State,
} from './script.ts'
import { StoreFolder } from './store-folder.ts'
import type { CallOptions, HostUnderTest, View, World, WorldOptions } from './world.ts'

export const embeddedHost: HostUnderTest = {
  name: 'embedded',
  keepsTags: false,
  failureCode: 'ACTION_FAILED',
  begin: () => Promise.resolve(),
  world: (options) => EmbeddedWorld.start(options, new StoreFolder()),
  end: () => Promise.resolve(),
}

class EmbeddedWorld implements World {
  readonly #options: WorldOptions
  readonly #folder: StoreFolder
  #system: System

  private constructor(options: WorldOptions, folder: StoreFolder, running: System) {
    this.#options = options
    this.#folder = folder
    this.#system = running
  }

  static async start(options: WorldOptions, folder: StoreFolder): Promise<EmbeddedWorld> {
    return new EmbeddedWorld(options, folder, await started(options, folder))
  }

  async call(
    name: string,
    action: string,
    payload?: Json,
    options: CallOptions = {},
  ): Promise<Json | undefined> {
    const { scheduledToMs, timeoutMs, ...rest } = options
    const response = await this.#system.invoke(name, {
      action,
      payload,
      ...rest,
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
      ...(scheduledToMs !== undefined && { scheduledTo: scheduledToMs }),
    })
    // The suite's own answers are JSON; a schedule is answered with its id, which other hosts do not tell.
    return scheduledToMs === undefined ? asJson(response) : undefined
  }

  spawn(name: string, ref: string, revision?: number): Promise<void> {
    return this.#system.spawn(name, { ref, revision })
  }

  async view(name: string, ref?: string): Promise<View> {
    const { revision, stateJson, tags } = await this.#system.inspect(name, { ref })
    return { revision, tags, state: asJson(stateJson) }
  }

  async restart(): Promise<void> {
    await this.#system.stop()
    this.#system = await started(this.#options, this.#folder)
  }

  fork(): Promise<World> {
    return EmbeddedWorld.start(this.#options, new StoreFolder(this.#folder))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#system.stop()
    this.#folder.remove()
  }
}

function started(
  { durability = 'turn', history = 0, isKept = false, parts }: WorldOptions,
  folder: StoreFolder,
): Promise<System> {
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const actors = parts.map((part) => definitionOf(part, history, durability))
  const store = isKept ? `sqlite:${folder.file}` : 'memory'
  return system('suite', { actors, store, logger }).start()
}

/** @param keepsTags no tags mean those that were. */
export function definitionOf(
  part: Part,
  history: number,
  durability: 'turn' | 'snapshot',
  keepsTags = false,
): ActorDefinition {
  const { channels = {}, kind = 'named', pool, snapshotMs, stateful = kind !== 'pooled' } = part
  const run = (action: string) => (ctx: Context, payload: unknown) => acted(ctx, action, payload, keepsTags)
  const actions = part.actions.map((action) => {
    const timer = part.timers?.[action]
    return [action, timer === undefined ? run(action) : { handler: run(action), timer }] as const
  })
  const settings = {
    kind,
    actions: Object.fromEntries(actions),
    ...(kind !== 'pooled' && { state: FIRST_STATE }),
    stateful,
    ...(pool !== undefined && { pool: { min: 1, max: pool } }),
    ...(stateful && { history }),
    ...(stateful && durability === 'snapshot' && { durability, snapshotTimeout: snapshotMs }),
    ...(part.idleMs !== undefined && { deactivateTimeout: part.idleMs }),
    channels: Object.entries(channels).map(([topic, action]) => (action === '' ? topic : { topic, action })),
  }
  return untyped(part.name, settings)
}

/** Definitions from data have no types to infer; `actor` checks them all the same. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the types are lost
const untyped = actor as (name: string, settings: object) => ActorDefinition

/** The suite's own values are JSON. */
export function asJson(value: unknown): Json | undefined {
  return value as Json | undefined
}

async function acted(ctx: Context, action: string, payload: unknown, keepsTags: boolean): Promise<unknown> {
  const seen: Seen = {
    action,
    self: ctx.self.name,
    parent: ctx.self.parent,
    caller: ctx.caller?.name ?? null,
    payload: asJson(payload) ?? null,
    metadata: { ...ctx.metadata },
    tags: { ...ctx.tags },
    state: stateOf(ctx),
  }
  const script = perform(seen)
  let reply: unknown = script.reply
  if (script.pauseMs !== undefined) await sleep(script.pauseMs, undefined, { signal: ctx.signal })
  if (script.call !== undefined) {
    const { caught = false, to, ...call } = script.call
    reply = await ctx.invoke(to, call).catch((error: unknown) => {
      if (caught && isSpawnError(error)) return error.code
      throw error
    })
  }
  if (script.fail !== undefined) throw new Error(script.fail)
  return valueOf(keepsTags ? withoutNoTags(script) : script, seen, reply)
}

function withoutNoTags({ tags = {}, ...script }: Script): Script {
  return Object.keys(tags).length === 0 ? script : { ...script, tags }
}

/** A pooled actor has none. */
function stateOf(ctx: Context): State {
  const { state } = ctx
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the suite's states are States
  return (state as State | undefined) ?? FIRST_STATE
}

function valueOf(script: Script, seen: Seen, reply: unknown): Value<unknown, unknown, unknown> {
  const { broadcast, checkpoint, effects = [], forward, pipe, tags } = script
  let value: Value<unknown, unknown> = Value.of().response(reply)
  const state: unknown = nextState(script, seen.state)
  if (state !== undefined) value = value.state(state)
  if (tags !== undefined) value = value.tags(tags)
  if (checkpoint === true) value = value.checkpoint()
  for (const { action, delayMs, metadata, payload, ref, to } of effects) {
    value = value.effect(to, action, payload, {
      ref,
      metadata,
      ...(delayMs !== undefined && { delay: delayMs }),
    })
  }
  if (broadcast !== undefined) value = value.broadcast(broadcast)
  if (pipe !== undefined) return value.pipe(pipe.to, pipe.action, { ref: pipe.ref })
  return forward === undefined ? value : value.forward(forward.to, forward.action, { ref: forward.ref })
}
