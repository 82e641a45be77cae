// What becomes of a turn when its action has returned or failed: all of its outcome is taken, or none, and its answer
// leaves when everything that it rests on is durable.
//
// A crash after `take` and before the commit returns loses the turn whole; nobody outside has seen any of it.

import { isSpawnError, type Limits, SpawnError } from '../base/index.ts'
import type { Outcome, OutcomeRecord, Route } from '../ports/index.ts'
import { addressText, type Codec, jsonCodec, type Packed } from '../protocol/index.ts'
import type { Activation } from './life/activation.ts'
import type { Activations } from './life/activations.ts'
import { BuiltinAction } from './builtin.ts'
import { checkEntries } from './checks.ts'
import type { Committer } from './committer.ts'
import { Cargo } from './post/cargo.ts'
import type { Departures } from './post/departures.ts'
import type { Parcel } from './post/parcel.ts'
import type { Inflight } from './inflight.ts'
import type { Membership } from './away/membership.ts'
import { areAlike, markJson, markReply } from './kept-reply.ts'
import { type Message, PASSED_ON } from './message.ts'
import { failureOf } from './perform.ts'
import { refuseChange } from './queries.ts'
import { packRoute } from './post/routed-outcome.ts'
import type { Snapshots } from './life/snapshots.ts'
import type { UseClock } from './life/use-clock.ts'

export interface OutcomesOptions {
  readonly useClock: UseClock
  readonly limits: Limits
  readonly inflight: Inflight
  readonly activations: Activations
  readonly committer: Committer
  readonly snapshots: Snapshots
  readonly departures: Departures
  /** Null: all actors live here. */
  readonly membership: Membership | null
}

export class Outcomes {
  private readonly options: OutcomesOptions

  constructor(options: OutcomesOptions) {
    this.options = options
  }

  /** Takes the outcome of a running turn. One that cannot be encoded or kept fails the turn instead. */
  apply(activation: Activation, message: Message, outcome: Outcome): void {
    try {
      const cargo = this.cargo(message, outcome)
      const answer = routeFrom(outcome) === null ? outcome.response : PASSED_ON
      if (outcome.changed || outcome.tags !== null) this.change(activation, message, outcome, answer, cargo)
      else if (cargo === null) this.reply(activation, message, answer)
      else this.keep(activation, message, answer, cargo)
      message.parcel?.turned()
    } catch (thrown) {
      this.fail(activation, message, notKept(message, thrown))
      return
    }
    if (message.action instanceof BuiltinAction && message.action.ends)
      this.options.activations.retire(activation)
  }

  /** A failed turn leaves no trace. Its error rests on the state that it has seen, like any other answer. */
  fail(activation: Activation, message: Message, thrown: unknown): void {
    if (message.stage !== 'running') return
    const error = failureOf(message, thrown)
    if (this.movesOn(activation, message, error)) return
    if (message.starts) {
      message.fail(error)
      this.options.activations.abandon(activation, notStarted(activation, error))
    } else if (message.action instanceof BuiltinAction && message.action.ends && error.group === 'store') {
      message.fail(error)
      this.options.activations.drop(activation, error)
    } else {
      this.answer(activation, message, undefined, error)
    }
  }

  /**
   * Whether a turn that has not run, because its code is not reached from here, goes to where it is: its actor moves there.
   * An envelope is delivered again by itself.
   */
  private movesOn({ residents }: Activation, message: Message, { code, retryable }: SpawnError): boolean {
    const { membership } = this.options
    const isUnsent = code === 'HOST_UNREACHABLE' && retryable
    if (!isUnsent || membership === null || message.starts || message.parcel !== null) return false
    if (!membership.isOutOfReach(residents)) return false
    message.stage = 'queued'
    membership.remote.forward(message)
    return true
  }

  /** What goes with the commit besides the state; null: nothing. */
  private cargo(message: Message, outcome: Outcome): Cargo | null {
    const { idempotencyKey: key } = message
    const leaving = this.options.departures.of(message, outcome)
    if (leaving === null && key === undefined) return null
    if (message.action.query) refuseChange(message, outcome)
    if (key === undefined) return leaving
    const cargo = leaving ?? new Cargo()
    if (saysItsState(message, outcome)) cargo.state = encode(message.activation, outcome.state, true)
    cargo.outcome = this.record(message, key, outcome, cargo)
    return cargo
  }

  private change(
    activation: Activation,
    message: Message,
    outcome: Outcome,
    answer: unknown,
    cargo: Cargo | null,
  ): void {
    if (message.action.query) refuseChange(message, outcome)
    const { durability, facts, stateful } = activation.residents.definition
    const state = outcome.changed ? outcome.state : activation.state
    if (outcome.tags !== null) checkEntries('tags', outcome.tags)
    const leavesFact = facts !== undefined && outcome.changed
    const isDue = durability === 'turn' || outcome.checkpoint || cargo !== null || leavesFact
    const packed = stateful ? (cargo?.state ?? encode(activation, state, isDue)) : null
    activation.advance(state, outcome.tags ?? activation.tags)
    if (!stateful) {
      if (cargo === null) this.reply(activation, message, answer)
      else this.keep(activation, message, answer, cargo)
      return
    }
    activation.revision += 1
    if (isDue) {
      this.hold(message, answer, null)
      const all = leavesFact ? this.options.departures.withFact(cargo, message, packed, facts) : cargo
      this.options.committer.submit(activation, packed, message, all)
    } else {
      this.options.snapshots.owe(activation, packed)
      this.reply(activation, message, answer)
    }
  }

  /** Commits the cargo alone, of a turn that changed nothing. */
  private keep(activation: Activation, message: Message, response: unknown, cargo: Cargo): void {
    this.hold(message, response, null)
    if (activation.snapshotOwed) {
      this.options.committer.submit(activation, encode(activation, activation.state, true), message, cargo)
    } else {
      this.options.committer.keep(activation, message, cargo)
    }
  }

  /** A `snapshot` actor's answers wait for nothing; all others for what they rest on. */
  private reply(activation: Activation, message: Message, response: unknown): void {
    const free = activation.pending === null || activation.residents.definition.durability === 'snapshot'
    if (free) message.succeed(response)
    else this.answer(activation, message, response, null)
  }

  private answer(
    activation: Activation,
    message: Message,
    response: unknown,
    error: SpawnError | null,
  ): void {
    this.hold(message, response, error)
    if (activation.pending === null) message.committed()
    else activation.pending.wait(message)
  }

  private hold(message: Message, response: unknown, error: SpawnError | null): void {
    message.hold(response, error)
    // That of an envelope is not given up from here on.
    if (message.parcel === null) this.options.inflight.watch(message)
  }

  private record(message: Message, key: string, outcome: Outcome, { sends, state }: Cargo): OutcomeRecord {
    message.activation.keys?.add(key)
    const reply =
      state === null
        ? markReply(message.action, keptOf(message, outcome, sends))
        : markJson(message.action, state.value)
    return { key, reply, expiresAtMs: this.options.useClock.nowMs + this.options.limits.outcomeRetentionMs }
  }
}

/** What is kept of its answer; null: nothing was answered. */
function keptOf({ action }: Message, outcome: Outcome, sends: readonly Parcel[]): Packed | null {
  const { response } = outcome
  // A store copies what it keeps of it, as of a state.
  const answer = response === undefined ? null : action.response.pack(response, true)
  const route = routeFrom(outcome)
  const hop = route === null ? undefined : sends.find(({ letter }) => letter.kind === 'hop')
  return route === null || hop === undefined ? answer : packRoute(route, hop.id)
}

/** Whether the reply is the JSON text of the state, which need not be written twice then. */
function saysItsState({ action, activation }: Message, outcome: Outcome): boolean {
  const { state, stateful } = activation.residents.definition
  if (!outcome.changed || !stateful || state === null || routeFrom(outcome) !== null) return false
  return (
    isWrittenAsJson(action.response) &&
    isWrittenAsJson(state.codec) &&
    areAlike(outcome.state, outcome.response)
  )
}

/** Whether the plain codec of JSON writes its values; a validator only reads them. */
function isWrittenAsJson(codec: Codec): boolean {
  return codec.pack === jsonCodec.pack
}

/** Where another actor answers; null: this turn does. */
function routeFrom({ workflow }: Outcome): Route | null {
  return workflow === null ? null : workflow.route
}

/**
 * The state as the store takes it.
 *
 * @param isDue whether it goes there now: one that is owed for long must not keep the bytes of others in memory.
 */
function encode(activation: Activation, state: unknown, isDue: boolean): Packed | null {
  const { definition } = activation.residents
  return definition.state === null || state === undefined ? null : definition.state.stored.pack(state, isDue)
}

/** What an action gave and nobody can take is its own fault, not its caller's. */
function notKept(message: Message, thrown: unknown): unknown {
  if (!isSpawnError(thrown) || thrown.group !== 'caller' || thrown.code === 'CALL_CYCLE') return thrown
  const text = `${message.label} gave an outcome that cannot be kept: ${thrown.message}`
  return new SpawnError('ACTION_FAILED', text, { cause: thrown })
}

function notStarted(activation: Activation, cause: SpawnError): SpawnError {
  const actor = addressText(activation.id)
  return new SpawnError(cause.code, `"${actor}" does not start, its init action failed: ${cause.message}`, {
    cause,
  })
}
