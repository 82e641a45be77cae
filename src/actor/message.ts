// One call on its way through an actor: in the mailbox, as the turn that the host sees, waiting for its commit, answered.
// It decides what an answer, a deadline or a cancellation means at each stage. It is answered once; later answers are
// dropped. It is one object for the whole way because it is allocated once per call, on the hot path.

import { assert, Cancellation, type CancelSignal, SpawnError } from '../base/index.ts'
import type { ActionDefinition, Call, Definition, Metadata, Tags, Turn } from '../ports/index.ts'
import { type ActorId, addressText } from '../protocol/index.ts'
import type { Activation } from './life/activation.ts'
import type { Watch } from './deadlines.ts'
import type { Cause } from './away/foreign-turn.ts'
import type { Inflight } from './inflight.ts'
import type { Parcel } from './post/parcel.ts'
import type { Waiter } from './pending-commit.ts'
import { Specials } from './specials.ts'
import { type Arrived, NO_METADATA, type Terms } from './terms.ts'
import { TurnReceipt } from './turn-receipt.ts'

/**
 * queued: in a mailbox, has not run. running: its turn is on. committing: its turn is done, what it rests on is not yet
 * durable. routed: its turn is durable, and another actor answers. away: it was brought to another member or system, which
 * answers.
 * settled: answered.
 */
export type Stage = 'queued' | 'running' | 'committing' | 'routed' | 'away' | 'settled'

/** The answer of a turn that has passed its call on: another actor's will be its own. */
export const PASSED_ON: unique symbol = Symbol('passed on')

/** The way in for calls that a turn makes. */
export type Send = (name: string, call: Call, cause: Message) => Promise<unknown>

export class Message implements Turn, Waiter {
  activation!: Activation
  /** As its definition had it when the call came; as the next definition has it, when the call had to wait for that. */
  action: ActionDefinition
  readonly payload: unknown
  readonly metadata: Metadata
  readonly caller: ActorId | null
  /** The turn that waits for this call; null: nobody does, or the outside. */
  readonly cause: Cause | null
  readonly idempotencyKey: string | undefined
  private readonly timeoutMs: number
  /** On the clock that does not jump; null: nobody has asked yet. */
  private ends: number | null = null
  stage: Stage = 'queued'
  next: Message | null = null

  /** Whether anybody waits for the answer; if not, a failure is logged. */
  readonly heard: boolean
  /** The envelope that it delivers; null: it is a call. */
  parcel: Parcel | null = null
  /** The revision that its answer rests on. */
  private restsOn = 0

  /** Where its deadline is watched; null: not (yet). */
  watch: Watch | null = null

  private readonly inflight: Inflight
  /** The promise of a caller who waits. */
  private promised: PromiseWithResolvers<unknown> | null = null
  /** What `committed` will answer with, or what there is for an `answer` still to be asked for. */
  private reply: unknown = undefined
  private error: SpawnError | null = null
  private specials: Specials | null = null

  constructor(
    inflight: Inflight,
    action: ActionDefinition,
    call: Terms & Partial<Pick<Arrived, 'arrived'>>,
    caller: ActorId | null,
    cause: Cause | null,
    timeoutMs: number,
    heard: boolean,
  ) {
    this.inflight = inflight
    this.action = action
    this.payload = call.payload
    this.metadata = call.metadata ?? NO_METADATA
    this.caller = caller
    this.cause = cause
    this.timeoutMs = timeoutMs
    this.heard = heard
    this.idempotencyKey = call.idempotencyKey
    if (call.receipt === true) {
      this.special.wantsReceipt = true
      this.special.arrived = call.arrived === true
    }
    inflight.enter()
  }

  /**
   * When its time is over, by `elapsedMs`: that of what it does now, the call's, or, while its action runs, that of the action
   * if it is sooner. Time runs from when this is first asked for, so that a call which is answered at once never looks at the
   * clock.
   */
  get endsAtMs(): number {
    this.ends ??= this.inflight.clock.elapsedMs() + this.timeoutMs
    return this.ends
  }

  /** How much of it is left, in whole milliseconds. */
  get leftMs(): number {
    return Math.ceil(this.endsAtMs - this.inflight.clock.elapsedMs())
  }

  get deadlineMs(): number {
    return this.inflight.clock.now() + this.leftMs
  }

  /** It has to wait: its time runs from now on. */
  startTime(): void {
    this.ends = this.endsAtMs
  }

  /** Who waits for it waits no longer than that. */
  endBy(endsAtMs: number): void {
    this.ends = Math.min(this.endsAtMs, endsAtMs)
  }

  /** Its answer will be that of `asker`, which began before: with no more time than this one it ends first, whatever the clock says. */
  endWith(asker: Message): void {
    if (this.ends === null && asker.timeoutMs <= this.timeoutMs) this.ends = asker.endsAtMs
    else this.endBy(asker.endsAtMs)
  }

  /** What only some calls have; made if there is none. */
  get special(): Specials {
    this.specials ??= new Specials()
    return this.specials
  }

  get starts(): boolean {
    return this.specials !== null && this.specials.starts
  }

  /** Whether its turn has passed it on. */
  get routed(): boolean {
    return this.reply === PASSED_ON
  }

  get arrived(): boolean {
    return this.specials !== null && this.specials.arrived
  }

  get wantsReceipt(): boolean {
    return this.specials !== null && this.specials.wantsReceipt
  }

  /** Whether it runs beside the turns of its actor. */
  get aside(): boolean {
    return false
  }

  /** The call that the end of this turn's chain answers; null: nobody waits. */
  get asker(): Message | null {
    if (this.parcel !== null) return this.parcel.asker
    return this.heard ? this : null
  }

  /** The answer, for a caller that waits for it. Asked at most once; one that is there already costs no waiting. */
  answer(): Promise<unknown> {
    if (this.stage === 'settled')
      return this.error === null ? Promise.resolve(this.reply) : Promise.reject(this.error)
    this.promised = Promise.withResolvers()
    return this.promised.promise
  }

  /** Gives up when the caller's signal aborts. */
  follow(signal: CancelSignal): void {
    if (this.stage === 'settled') return
    if (signal.aborted) {
      this.inflight.giveUp(this, 'CANCELLED')
      return
    }
    const giveUp = (): void => this.inflight.giveUp(this, 'CANCELLED')
    signal.addEventListener('abort', giveUp, { once: true })
    this.special.unfollow = () => signal.removeEventListener('abort', giveUp)
  }

  // What the host sees of the turn.

  get definition(): Definition {
    return this.activation.residents.definition
  }

  get self(): ActorId {
    return this.activation.id
  }

  get state(): unknown {
    return this.activation.state
  }

  get tags(): Tags {
    return this.activation.tags
  }

  get revision(): number {
    return this.activation.revision
  }

  get signal(): AbortSignal {
    const { special } = this
    special.abort ??= new AbortController()
    const { abort } = special
    if (this.stage === 'settled' && !abort.signal.aborted) abort.abort(this.error ?? this.ended())
    return abort.signal
  }

  /** For who brings it elsewhere: that it was answered otherwise, before an answer came. */
  get cancellation(): CancelSignal {
    const { special } = this
    special.cancellation ??= new Cancellation()
    if (this.stage === 'settled') special.cancellation.abort()
    return special.cancellation
  }

  async call(name: string, call: Call): Promise<unknown> {
    if (this.stage !== 'running') throw this.ended()
    // What this turn has seen may still be uncommitted; nothing that rests on it leaves the actor before it is. What a
    // query has seen is not.
    const { pending } = this.activation
    if (pending !== null && !this.aside) await pending.durable()
    if (this.stage !== 'running') throw this.ended()
    return this.inflight.send(name, call, this)
  }

  private ended(): SpawnError {
    return new SpawnError(
      'CANCELLED',
      `the turn of ${this.label} has ended; its context can no longer be used`,
    )
  }

  /** Who answers when it is away. */
  get answerer(): string {
    return 'another member'
  }

  /** The actor and the action, for messages. */
  get label(): string {
    return `"${addressText(this.self)}" action "${this.action.name}"`
  }

  // How it runs and is answered.

  /** Its turn may take so many milliseconds from now on, at most. */
  limit(timeoutMs: number): void {
    this.special.callEndsAtMs ??= this.endsAtMs
    this.endBy(this.inflight.clock.elapsedMs() + timeoutMs)
  }

  /** The turn is done; the answer waits until `committed` or `failed`. */
  hold(reply: unknown, error: SpawnError | null): void {
    assert(this.stage === 'running', 'only a running turn has an answer to hold')
    this.stage = 'committing'
    this.reply = reply
    this.error = error
    this.restsOn = this.revision
  }

  /** What the turn rests on is durable. */
  committed(): void {
    if (this.error !== null) this.fail(this.error)
    else if (this.routed && this.asker === this) this.passOn()
    else this.succeed(this.reply)
  }

  /** Its turn is done, and another actor answers: within the time of the call, not of its own action. */
  passOn(): void {
    if (this.stage === 'settled') return
    this.stage = 'routed'
    this.ends = this.specials?.callEndsAtMs ?? this.ends
    this.inflight.watch(this)
  }

  /** The answer of the actor that it was passed on to. */
  answered(by: Message, reply: unknown): void {
    if (this.stage !== 'settled') this.succeedWith(this.result(by, reply))
  }

  /** It is brought to another member, and has not run here. */
  goAway(): void {
    if (this.stage === 'settled') return
    this.stage = 'away'
    this.inflight.watch(this)
  }

  /** The answer of who was asked elsewhere; null: there is nothing to say, it stands in the mailbox there. */
  answeredAway(receipt: TurnReceipt | null): void {
    if (this.stage !== 'settled')
      this.succeedWith(this.wantsReceipt ? (receipt ?? undefined) : receipt?.response)
  }

  /** It was passed on, and is delivered after the next start: its answer goes nowhere then. */
  unanswerable(): void {
    const advice =
      'it was passed on to another actor, which takes it after the next start; it may have happened'
    this.fail(new SpawnError('DRAINING', `${this.label}: ${advice}`))
  }

  /** What the turn rests on is lost. */
  failed(error: SpawnError): void {
    this.fail(error)
  }

  succeed(reply: unknown): void {
    if (this.stage === 'settled') return
    if (this.stage === 'running') this.restsOn = this.revision
    this.succeedWith(this.wantsReceipt ? this.result(this, reply) : reply)
    this.parcel?.delivered(this, reply)
  }

  private succeedWith(result: unknown): void {
    const { promised } = this
    this.settle()
    if (promised === null) this.reply = result
    else promised.resolve(result)
  }

  /** What the caller gets for the reply of a turn. */
  private result(by: Message, reply: unknown): unknown {
    return this.wantsReceipt ? new TurnReceipt(by.action, by.self, by.restsOn, by.definition, reply) : reply
  }

  fail(error: SpawnError): void {
    if (this.stage === 'settled') return
    const { promised } = this
    this.error = error
    this.settle()
    this.specials?.abort?.abort(error)
    this.specials?.cancellation?.abort()
    if (promised !== null) promised.reject(error)
    else if (this.parcel !== null) this.parcel.undelivered(error)
    else if (!this.heard) this.inflight.unheard(this, error)
  }

  private settle(): void {
    this.stage = 'settled'
    this.promised = null
    this.reply = undefined
    if (this.watch !== null) this.watch.end()
    if (this.specials !== null) this.unfollow(this.specials)
    this.inflight.leave()
  }

  private unfollow(specials: Specials): void {
    specials.unfollow?.()
    specials.unfollow = null
  }
}
