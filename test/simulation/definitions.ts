// The actors of a simulation and the code that runs in them. An actor keeps every add that it ever took, by unique id, in
// order: what it holds in the end is the whole truth about which turns happened, and when.
//
//  - counter: unnamed, durable at every turn.  - journal: unnamed, `snapshot`; some adds ask for a checkpoint.
//  - ledger: named, durable at every turn.  Counters and the ledger leave facts.
// The tags repeat the number of entries, so that tags and state that were not committed together show.

import { assert, type Clock, SpawnError } from '../../src/base/index.ts'
import type {
  ActionDefinition,
  Call,
  Definition,
  FactsPolicy,
  Host,
  Outcome,
  Turn,
} from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import {
  type Answer,
  type Entry,
  type History,
  type Op,
  type Sight,
  type Target,
  targetText,
} from './history.ts'
import type { Plan } from './plan.ts'

export interface State {
  readonly entries: readonly Entry[]
}

/** What every payload of a simulation says. */
export interface Order {
  /** The number of the call in the history. */
  readonly number: number
  readonly id: string
  /** How long the turn takes, in milliseconds. */
  readonly delayMs: number
  readonly from: Sight | null
  /** The actors that a relayed add visits next. */
  readonly route: readonly Target[]
  /** Whether the turn waits for the next one, or only tells it. */
  readonly waits: boolean
}

export const UNNAMED = ['counter', 'journal'] as const

/** Whose turns leave facts. */
export const SOURCEABLE: readonly string[] = ['counter', 'ledger']

const FOR_EVER: FactsPolicy = { durationMs: null }

const ACTIONS = ['add', 'addNow', 'fail', 'hang', 'relay', 'read'] as const

export function definitionsOf(plan: Plan, host: Host): Definition[] {
  const base = {
    stateful: true,
    snapshotTimeoutMs: plan.snapshotTimeoutMs,
    idleTimeoutMs: plan.idleTimeoutMs,
    mailboxLimit: plan.mailboxLimit,
    tags: { count: '0' },
    history: { revisions: plan.historyRevisions, durationMs: 0 },
    state: { codec: jsonCodec, stored: jsonCodec, initial: (): State => ({ entries: [] }) },
    actions: new Map(ACTIONS.map((name) => [name, action(name)])),
    initAction: plan.initActions ? action('init') : null,
    channels: new Map(),
    reentrancy: 'none',
    pool: null,
    host,
  } as const
  const facts = plan.leavesFacts ? FOR_EVER : undefined
  return [
    { ...base, name: 'counter', kind: 'unnamed', durability: 'turn', facts },
    { ...base, name: 'journal', kind: 'unnamed', durability: 'snapshot' },
    { ...base, name: 'ledger', kind: 'named', durability: 'turn', facts },
  ]
}

function action(name: string): ActionDefinition {
  const timeoutMs = name === 'hang' ? 500 : null
  return { name, timeoutMs, timerMs: null, query: false, payload: jsonCodec, response: jsonCodec }
}

export function sightOf(target: Target, state: State): Sight {
  return { actor: targetText(target), count: state.entries.length, last: state.entries.at(-1)?.id ?? '' }
}

/** How far the init action of an actor's present activation has come. */
type Waking = 'begun' | 'done' | 'failed'

/** The code of all actors in one life of the system. */
export class SimulatedHost implements Host {
  readonly #life: number
  readonly #initFails: () => boolean
  readonly #waking = new Map<string, Waking>()
  readonly #clock: Clock
  readonly #history: History
  /** The turn that is on, for each actor: a second one is a broken promise. */
  readonly #running = new Map<string, Turn>()

  constructor(life: number, clock: Clock, history: History, initFails: () => boolean) {
    this.#life = life
    this.#initFails = initFails
    this.#clock = clock
    this.#history = history
  }

  run(turn: Turn): Outcome | Promise<Outcome> {
    const self = targetOf(turn)
    this.#begin(targetText(self), turn)
    if (turn.action.name === 'init') return this.#wake(turn, self)
    const waking = this.#waking.get(targetText(self)) ?? 'done'
    if (waking !== 'done')
      this.#history.alarms.push(`a turn of ${targetText(self)} ran, its init action: ${waking}`)
    const order = turn.payload
    assert(isOrder(order), 'a call carries what was sent with it')
    this.#history.started(this.#life, order.number)
    const result = this.#act(turn, self, order)
    if (!(result instanceof Promise)) this.#running.delete(targetText(self))
    return result
  }

  #begin(actor: string, turn: Turn): void {
    const other = this.#running.get(actor)
    if (other !== undefined && !other.signal.aborted) {
      this.#history.alarms.push(`two turns of ${actor} at once: ${other.action.name} and ${turn.action.name}`)
    }
    this.#running.set(actor, turn)
  }

  /** The init action: it waits a little and changes nothing. */
  async #wake(turn: Turn, self: Target): Promise<Outcome> {
    const actor = targetText(self)
    this.#waking.set(actor, 'begun')
    await this.#pause(1)
    this.#end(turn, self)
    const fails = this.#initFails()
    this.#waking.set(actor, fails ? 'failed' : 'done')
    if (fails) throw new SpawnError('ACTION_FAILED', `"${actor}" does not wake, as it was told to`)
    return unchanged(null)
  }

  #act(turn: Turn, self: Target, order: Order): Outcome | Promise<Outcome> {
    const name = turn.action.name
    if (order.delayMs > 0 || name === 'relay' || name === 'hang') return this.#actLater(turn, self, order)
    if (name === 'fail') this.#refuse(turn, self)
    return name === 'read' ? unchanged(sightOf(self, stateOf(turn))) : added(turn, self, order)
  }

  async #actLater(turn: Turn, self: Target, order: Order): Promise<Outcome> {
    try {
      if (order.delayMs > 0) await this.#pause(order.delayMs)
      if (turn.action.name === 'hang') await new Promise<never>(() => {})
      if (turn.action.name === 'relay') await this.#relay(turn, self, order)
      if (turn.action.name === 'fail') this.#refuse(turn, self)
      return turn.action.name === 'read' ? unchanged(sightOf(self, stateOf(turn))) : added(turn, self, order)
    } finally {
      this.#end(turn, self)
    }
  }

  #end(turn: Turn, self: Target): void {
    if (this.#running.get(targetText(self)) === turn) this.#running.delete(targetText(self))
  }

  #refuse(turn: Turn, self: Target): never {
    this.#running.delete(targetText(self))
    throw new SpawnError(
      'ACTION_FAILED',
      `"${turn.self.name}" action "${turn.action.name}" failed, as it was told to`,
    )
  }

  async #relay(turn: Turn, self: Target, order: Order): Promise<void> {
    const [next, ...route] = order.route
    if (next === undefined) return
    const from = sightOf(self, stateOf(turn))
    // A turn that runs again, under an idempotency key, makes its calls again: those are new ones.
    const id = `${order.id}.${order.number}>`
    const op = this.#history.sent({
      id,
      kind: 'add',
      action: 'relay',
      target: next,
      life: this.#life,
      by: this.#history.op(order.number),
      keyed: false,
      async: !order.waits,
      durable: next.definition !== 'journal',
      deadlineMs: turn.deadlineMs,
    })
    const payload: Order = { number: op.number, id, delayMs: 0, from, route, waits: order.waits }
    const call: Call = { action: 'relay', payload, async: !order.waits, ...refOf(next) }
    const answer = await recorded(this.#history, op, turn.call(next.name, call))
    // A failure of the next one is this one's failure, but for a call that was only told.
    if (!answer.ok && order.waits) {
      throw new SpawnError('ACTION_FAILED', `the relayed call failed: ${answer.code}`)
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(delayMs, resolve))
  }
}

/** Follows a call to its answer. Never rejects. */
export async function recorded(history: History, op: Op, reply: Promise<unknown>): Promise<Answer> {
  let answer: Answer
  try {
    const value = await reply
    // Adds and reads answer with a sight, all other calls with what nobody looks at.
    answer = { ok: true, sight: op.async ? null : asSight(op, value) }
  } catch (thrown) {
    if (thrown instanceof SpawnError) answer = { ok: false, code: thrown.code, message: thrown.message }
    else answer = { ok: false, code: 'NOT A SPAWN ERROR', message: String(thrown) }
  }
  history.answered(op, answer)
  return answer
}

function asSight(op: Op, value: unknown): Sight | null {
  if (op.kind === 'spawn' || op.kind === 'delete') return null
  if (op.kind === 'get') return sightOf(op.target, asState(value))
  if (op.kind === 'inspect') return sightOf(op.target, asState(has(value, 'state') ? value.state : null))
  assert(isSight(value), `an ${op.action} answers with a sight`)
  return value
}

export function refOf(target: Target): { readonly ref?: string } {
  return target.definition === target.name ? {} : { ref: target.definition }
}

function targetOf(turn: Turn): Target {
  return { definition: turn.definition.name, name: turn.self.name }
}

function stateOf(turn: Turn): State {
  return asState(turn.state)
}

export function asState(value: unknown): State {
  assert(isState(value), 'a state is what was stored')
  return value
}

function isState(value: unknown): value is State {
  return has(value, 'entries') && Array.isArray(value.entries)
}

function isOrder(value: unknown): value is Order {
  return has(value, 'number') && has(value, 'route')
}

function isSight(value: unknown): value is Sight {
  return has(value, 'count') && has(value, 'last')
}

function has<Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> {
  return typeof value === 'object' && value !== null && key in value
}

function unchanged(response: Sight | null): Outcome {
  return {
    changed: false,
    state: undefined,
    tags: null,
    response: response ?? undefined,
    checkpoint: false,
    workflow: null,
  }
}

function added(turn: Turn, self: Target, order: Order): Outcome {
  const entries = [...stateOf(turn).entries, { id: order.id, from: order.from }]
  const state: State = { entries }
  const tags = { count: String(entries.length) }
  const checkpoint = turn.action.name === 'addNow'
  return { changed: true, state, tags, response: sightOf(self, state), checkpoint, workflow: null }
}
