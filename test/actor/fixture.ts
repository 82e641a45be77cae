// A runtime on a virtual clock, over a memory store whose commits a test can hold back, fail or lose; and definitions
// whose actions are small functions of the turn. For tests of the engine alone: no SDK, no threads, no real time.

import type { Clock, Limits } from '../../src/base/index.ts'
import { seededRandom, SpawnError } from '../../src/base/index.ts'
import { Runtime } from '../../src/actor/index.ts'
import {
  type Call,
  type Commit,
  type Definition,
  type LogFields,
  type Logger,
  type OtherSystems,
  type Outcome,
  silentLogger,
  type Statestore,
  type Turn,
  type Verdict,
} from '../../src/ports/index.ts'
import { jsonCodec, Packed } from '../../src/protocol/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'

type Result = Partial<Outcome> | undefined
export type Handler = (turn: Turn) => Result | Promise<Result>

export interface Total {
  readonly total: number
}

const outcome = (result: Result): Outcome => ({
  changed: false,
  state: undefined,
  tags: null,
  response: undefined,
  checkpoint: false,
  workflow: null,
  ...result,
})

/** The turn of an envelope, with its payload as its action reads it. */
function read(turn: Turn): Turn {
  if (!(turn.payload instanceof Packed)) return turn
  const payload = turn.action.payload.accept(turn.payload)
  return Object.create(turn, { payload: { value: payload } }) as Turn
}

/** Sets the total and answers with it. */
export function setTotal(total: number): Result {
  return { changed: true, state: { total }, response: total }
}

export const totalOf = (turn: Turn): number => (turn.state as Total).total

/** add: adds the payload, answers the new total. read: answers the total. fail: throws. */
const counterActions: Record<string, Handler> = {
  add: (turn) => setTotal(totalOf(turn) + Number(turn.payload ?? 1)),
  read: (turn) => ({ response: totalOf(turn) }),
  fail: () => {
    throw new SpawnError('ACTION_FAILED', 'it fails')
  },
}

export interface CounterOptions extends Partial<Omit<Definition, 'actions' | 'initAction' | 'host'>> {
  /** Beside add, read and fail. */
  readonly handlers?: Record<string, Handler>
  readonly timeouts?: Record<string, number>
  readonly timers?: Record<string, number>
  readonly init?: string
  /** The names of the actions that are queries. */
  readonly queries?: readonly string[]
}

/** A definition of counters, unnamed unless told otherwise. */
export function counter(name: string, options: CounterOptions = {}): Definition {
  const { handlers, init, queries, timeouts, timers, ...settings } = options
  const all: Record<string, Handler> = { ...counterActions, ...handlers }
  const actions = new Map(
    Object.keys(all).map((action) => [
      action,
      {
        name: action,
        timeoutMs: timeouts?.[action] ?? null,
        timerMs: timers?.[action] ?? null,
        query: queries?.includes(action) ?? false,
        payload: jsonCodec,
        response: jsonCodec,
      },
    ]),
  )
  return {
    name,
    kind: 'unnamed',
    stateful: true,
    durability: 'turn',
    snapshotTimeoutMs: 2_000,
    idleTimeoutMs: 600_000,
    mailboxLimit: 100,
    tags: {},
    history: { revisions: 0, durationMs: 0 },
    state: { codec: jsonCodec, stored: jsonCodec, initial: () => ({ total: 0 }) },
    initAction: init === undefined ? null : (actions.get(init) ?? null),
    channels: new Map(),
    reentrancy: 'none',
    pool: null,
    ...settings,
    actions,
    host: {
      run(turn) {
        const result = all[turn.action.name]?.(read(turn))
        return result instanceof Promise ? result.then(outcome) : outcome(result)
      },
    },
  }
}

/** A memory store whose commits wait while `held`, and whose next request can be told to fail. */
export class GatedStore extends MemoryStore {
  readonly groups: (readonly Commit[])[] = []
  loads = 0
  /** How often outcomes were looked up, and the keys of an actor asked for. */
  lookups = 0
  keysAsked = 0
  /** What each pruning dropped. */
  readonly pruned: number[] = []
  failCommit: 'before' | 'after' | null = null
  failLoad = false
  private gate: PromiseWithResolvers<void> | null = null

  hold(): void {
    this.gate ??= Promise.withResolvers()
  }

  release(): void {
    this.gate?.resolve()
    this.gate = null
  }

  override async prune(...args: Parameters<Statestore['prune']>): Promise<number> {
    const dropped = await super.prune(...args)
    this.pruned.push(dropped)
    return dropped
  }

  override async load(...args: Parameters<Statestore['load']>): ReturnType<Statestore['load']> {
    this.loads += args[0].length
    if (this.failLoad) throw new SpawnError('STORE_UNAVAILABLE', 'told to fail')
    return super.load(...args)
  }

  override async loadOutcome(
    ...args: Parameters<Statestore['loadOutcome']>
  ): ReturnType<Statestore['loadOutcome']> {
    this.lookups += 1
    return super.loadOutcome(...args)
  }

  override async outcomeKeys(
    ...args: Parameters<Statestore['outcomeKeys']>
  ): ReturnType<Statestore['outcomeKeys']> {
    this.keysAsked += 1
    return super.outcomeKeys(...args)
  }

  override async commit(group: readonly Commit[]): Promise<Verdict[]> {
    this.groups.push(structuredCloneOf(group))
    const fate = this.failCommit
    this.failCommit = null
    await this.gate?.promise
    if (fate === 'before') throw new SpawnError('STORE_UNAVAILABLE', 'told to fail')
    const verdicts = await super.commit(group)
    if (fate === 'after') throw new SpawnError('STORE_UNAVAILABLE', 'told to fail after it wrote')
    return verdicts
  }
}

function structuredCloneOf(group: readonly Commit[]): readonly Commit[] {
  return group.map(
    ({
      id,
      follows,
      revision,
      birth,
      epoch,
      tags,
      state,
      committedAtMs,
      history,
      outcomes,
      sends,
      takes,
    }) => ({
      id,
      follows,
      revision,
      birth,
      epoch,
      tags,
      state,
      committedAtMs,
      history,
      outcomes,
      sends: [...sends],
      takes: [...takes],
    }),
  )
}

export class RecordingLogger implements Logger {
  readonly lines: { level: string; message: string; fields: LogFields }[] = []
  debug = silentLogger.debug
  info = silentLogger.info

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', message, fields })
  }

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', message, fields })
  }
}

export interface Bench {
  readonly clock: VirtualClock
  readonly store: GatedStore
  readonly runtime: Runtime
  readonly logger: RecordingLogger
  /** Calls an instance and lets virtual time pass until it is answered. */
  readonly call: (name: string, ref: string, action: string, more?: Partial<Call>) => Promise<unknown>
}

export interface BenchOptions {
  readonly definitions?: readonly Definition[]
  readonly limits?: Partial<Limits>
  readonly store?: GatedStore
  readonly clock?: VirtualClock
  readonly systems?: OtherSystems
}

/** A started runtime. Its `counter` definition is there unless others are given. */
export async function bench(options: BenchOptions = {}): Promise<Bench> {
  const clock = options.clock ?? new VirtualClock()
  const store = options.store ?? new GatedStore()
  const logger = new RecordingLogger()
  const definitions = options.definitions ?? [counter('counter')]
  const time: Clock = clock
  const random = seededRandom(1)
  const runtime = new Runtime({
    system: 'test',
    definitions,
    store,
    clock: time,
    random,
    logger,
    limits: options.limits,
    systems: options.systems,
  })
  await clock.run(runtime.start())
  const call: Bench['call'] = (name, ref, action, more = {}) =>
    clock.run(runtime.invoke(name, { ref, action, ...more }))
  return { clock, store, runtime, logger, call }
}

/** The code that a call failed with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof SpawnError ? error.code : String(error)),
  )
}
