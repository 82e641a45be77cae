// Brings what turns have sent to those who take it: which envelopes are in memory for delivery, and which wait in the store.
// In what order a lane hands over is lane.ts's, what a failure means delivery.ts's.
//
// An envelope that was just committed is handed over at once, from memory. When there are more than memory has room for,
// and after a start, there is a backlog: then envelopes are read from the store in order, and new ones join behind. Those
// for a later time are only read when it has come.
//
// Invariants: what is held is bounded: LIMITS.deliveries, and as many that were committed while the store was read. One that is held is not held twice. A crash at any time loses
// nothing: the store has every envelope until its turn is durable.

import { type Clock, type Limits, LIMITS, messageOf, type SpawnError, type Timer } from '../../base/index.ts'
import type { EnvelopePosition, Logger, StandingEnvelope, Statestore } from '../../ports/index.ts'
import type { AwayPost } from '../away/away-post.ts'
import type { GroupedCommit } from '../committer.ts'
import type { Delivery } from './delivery.ts'
import { Doubts } from './doubts.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Held } from './held.ts'
import type { Lane, LaneOwner } from './lane.ts'
import { Lanes } from './lanes.ts'
import type { Message } from '../message.ts'
import { Parcel } from './parcel.ts'

export interface CourierOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  readonly delivery: Delivery
  /** Hands a parcel to its actor as a call. */
  readonly hand: (parcel: Parcel) => void
  /** Whether it is for a pooled actor. */
  readonly toPool: (parcel: Parcel) => boolean
  /** What is not this member's to deliver; null: all is. */
  readonly away: AwayPost | null
}

/** When to look into the store again after it could not be read, in milliseconds. */
const RETRY_MS = 1_000
/** And after a commit of unknown outcome. */
const UNCERTAIN_MS = 100
/** How often it is looked into for what nobody told of: a commit that was applied long after it had failed. */
const CHECK_MS = 60_000
/** Behind all envelopes that are due at once. */
const SCHEDULED: EnvelopePosition = { dueAtMs: 0, place: Number.MAX_SAFE_INTEGER }

export class Courier implements LaneOwner {
  private readonly options: CourierOptions
  private readonly held: Held
  private readonly lanes = new Lanes(this)
  private readonly doubts: Doubts
  /** Calls that wait for the answer of an envelope which is not held yet. */
  private readonly askers = new Map<string, Message>()
  /** What was committed while there is a backlog, in order; null: there is none. */
  private backlog: Parcel[] | null = []
  /** More was committed than the backlog has room for: it is read from the store. */
  private overflowed = false
  private reading = false
  /** Something came up while the store was being read. */
  private readAgain = false
  /** A read that began before this time may have come too early to end the backlog. */
  private afreshMs = 0
  /** What is due was left in the store for want of room. */
  private crowded = false
  /** What left, or was replaced, while the store is being read: its answer may still have it as it was. */
  private readonly left = new Set<string>()
  private timer: Timer | null = null
  private wakeMs = Number.POSITIVE_INFINITY
  /** Lanes of which something was left in the store, once no more is taken in; null: all is taken in. */
  private closed: Set<string> | null = null
  private stopped = false

  constructor(options: CourierOptions) {
    this.options = options
    this.held = new Held(options.limits)
    this.doubts = new Doubts(options.clock, options.limits.deliveries)
  }

  /** Begins with what stands in the store. */
  start(): void {
    this.wakeAt(0)
    this.check()
  }

  /** Takes in no more than what calls wait for; the rest stays in the store. */
  drain(): void {
    this.closed = new Set()
    this.timer?.cancel()
  }

  stop(): void {
    this.stopped = true
    this.timer?.cancel()
  }

  /** A commit is durable: what it sends is on its way. */
  committed(commit: GroupedCommit): void {
    const { away, clock } = this.options
    if (this.doubts.touch(commit)) {
      this.readAfresh(clock.now())
      away?.poke(commit.sends)
    }
    for (const parcel of commit.sends) {
      if (parcel.box === 'dead') continue
      if (away !== null && !away.cares(parcel)) away.add(parcel)
      else this.come(parcel)
    }
    away?.send()
  }

  /** Other members have committed these. */
  handed(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      if (this.options.away?.isDoubtful(parcel) === true) this.look([parcel])
      else this.come(parcel)
    }
  }

  private come(parcel: Parcel): void {
    if (parcel.dueAtMs > 0 && parcel.dueAtMs > this.options.clock.now()) this.comeLater(parcel)
    else this.takeIn(parcel)
  }

  /** What is in the store may be more than this member knows of. */
  look(asked: readonly Parcel[] = []): void {
    for (const { asker, id } of asked) if (asker !== null) this.askers.set(id, asker)
    this.readAfresh(this.options.clock.now())
  }

  /** The view has changed: what is not this member's any more is let go, what is new is found in the store. */
  placed(): void {
    const { away, delivery } = this.options
    if (away === null) return
    delivery.placed()
    this.look()
    for (const lane of this.lanes.all()) if (!lane.isBusy && !away.cares(lane.model)) this.letGo(lane)
    away.placed()
  }

  /** Nothing that is held is this member's any more. */
  expelled(error: SpawnError): void {
    for (const lane of this.lanes.all()) {
      for (const parcel of lane.dissolve()) {
        this.held.remove(parcel)
        parcel.asker?.fail(error)
      }
    }
    for (const asker of this.askers.values()) asker.fail(error)
    this.askers.clear()
    this.backlog = []
    this.overflowed = true
  }

  /** A new life of an actor may have had another member before, and what that has sent not be here yet. */
  doubt(id: ActorId): void {
    this.doubts.add(id)
  }

  private comeLater({ dueAtMs, id }: Parcel): void {
    // What is just being read may still be what stood under its id before.
    if (this.reading) this.left.add(id)
    this.wakeAt(dueAtMs)
  }

  /** These commits have an unknown outcome, or were overtaken: what they, or others, have sent is found in the store. */
  uncertain(group: readonly GroupedCommit[]): void {
    for (const { id, sends } of group) {
      if (id.name !== '') this.doubts.add(id)
      if (this.reading) for (const sent of sends) this.left.add(sent.id)
    }
    this.readAfresh(this.options.clock.now() + UNCERTAIN_MS)
  }

  /** Until the store has been read, nothing new is handed over: what stands there may come first. */
  private readAfresh(atMs: number): void {
    this.backlog ??= []
    this.overflowed = true
    this.afreshMs = Math.max(this.afreshMs, atMs)
    this.wakeAt(atMs)
  }

  private check(): void {
    const look = (): void => {
      if (this.stopped) return
      this.readAfresh(this.options.clock.now())
      this.check()
    }
    this.options.clock.after(CHECK_MS, look, { background: true })
  }

  /** It is about to be taken away, or another one to stand under this id. */
  supersede(id: string): void {
    const parcel = this.held.find(id)
    if (parcel !== null) parcel.superseded = true
  }

  hand(parcel: Parcel): void {
    const { clock } = this.options
    const { retryAtMs } = parcel.letter
    const waitMs = retryAtMs === undefined ? 0 : retryAtMs - clock.now()
    // One that was let go of meanwhile is not this member's to hand over any more.
    const later = (): void => void (!this.stopped && this.held.has(parcel) && this.options.hand(parcel))
    if (waitMs <= 0) this.options.hand(parcel)
    else clock.after(waitMs, later, { background: true })
  }

  delivered(parcel: Parcel, by: Message | null, reply: unknown): void {
    this.leave(parcel)
    // A hop that was passed on itself is not the one that answers.
    if (parcel.asker !== null && by !== null && !by.routed) parcel.asker.answered(by, reply)
    if (!parcel.taken) this.options.delivery.remove(parcel)
  }

  failed(lane: Lane, parcel: Parcel, error: SpawnError): void {
    if (error.code === 'NOT_OWNER' && this.options.away !== null) this.letGo(lane)
    else void this.settle(lane, parcel, error)
  }

  /** The actor of these is not here any more: who has it reads them from the store. */
  private letGo(lane: Lane): void {
    const { away } = this.options
    for (const parcel of lane.dissolve()) {
      this.leave(parcel)
      if (away === null || !away.takes(parcel)) continue
      // It is back, or was never looked for under its full address.
      if (away.isUnaddressed(parcel)) void away.readdress(parcel)
      else this.look(parcel.asker === null ? [] : [parcel])
    }
  }

  empty(lane: Lane): void {
    this.lanes.remove(lane)
  }

  /** One that was let go of meanwhile is dealt with by who has it: its lane is no more. */
  private async settle(lane: Lane, parcel: Parcel, error: SpawnError): Promise<void> {
    if (this.stopped || !this.held.has(parcel)) return
    const { clock, delivery, logger } = this.options
    let again: Parcel | null
    try {
      again = await delivery.settle(parcel, error)
    } catch (thrown) {
      logger.warn('an envelope waits for the store', { envelope: parcel.id, error: messageOf(thrown) })
      // What was decided may have been done: before anything else is, the store says whether it still stands.
      parcel.taken = true
      clock.after(RETRY_MS, () => void this.settle(lane, parcel, error), { background: true })
      return
    }
    if (!this.held.has(parcel)) return
    if (parcel.superseded) again = null
    if (again === null || again.dueAtMs > clock.now()) {
      this.leave(parcel)
      if (again !== null) this.wakeAt(again.dueAtMs)
      // It may stand for its next time already, and may have been passed over as long as it was held.
      else if (parcel.letter.rhythm !== undefined) this.wakeAt(0)
      lane.resume(null)
    } else {
      this.held.remove(parcel)
      this.held.add(again)
      lane.resume(again)
    }
  }

  private takeIn(parcel: Parcel): void {
    const held = this.held.find(parcel.id, parcel.hash)
    if (held !== null) {
      // It was read from the store before its commit was known to be done.
      held.asker ??= parcel.asker
      return
    }
    if (this.options.away?.takes(parcel) === false) return
    if (this.closed !== null && (parcel.asker === null || this.closed.has(parcel.lane))) {
      this.closed.add(parcel.lane)
      parcel.asker?.unanswerable()
      return
    }
    if (this.backlog === null && this.held.isFull) this.backlog = []
    if (this.backlog === null) {
      this.hold(parcel)
      return
    }
    if (parcel.asker !== null) this.askers.set(parcel.id, parcel.asker)
    if (!this.overflowed && this.backlog.length < this.options.limits.deliveries) this.backlog.push(parcel)
    else this.overflowed = true
    this.wakeAt(0)
  }

  private hold(parcel: Parcel): void {
    this.held.add(parcel)
    parcel.unordered = this.options.toPool(parcel)
    this.lanes.of(parcel).add(parcel)
  }

  private leave(parcel: Parcel): void {
    this.held.remove(parcel)
    if (this.reading) this.left.add(parcel.id)
    this.options.away?.left(parcel)
    // What took its place in the store is looked for there.
    if (parcel.superseded) this.wakeAt(0)
    if (this.crowded && this.held.isHalfEmpty) this.wakeAt(0)
  }

  private wakeAt(dueMs: number): void {
    if (dueMs >= this.wakeMs || this.stopped || this.closed !== null) return
    this.timer?.cancel()
    this.wakeMs = dueMs
    const { clock } = this.options
    // A call may wait for what is due at once, and nothing else may keep the process alive.
    const background = dueMs > 0
    this.timer = clock.after(dueMs - clock.now(), () => void this.read(), { background })
  }

  /** Reads what is due from the store. */
  private async read(): Promise<void> {
    this.wakeMs = Number.POSITIVE_INFINITY
    if (this.reading) {
      this.readAgain = true
      return
    }
    this.reading = true
    this.readAgain = false
    this.crowded = false
    try {
      await this.readBacklog()
      await this.readScheduled()
    } catch (error) {
      this.options.logger.warn('the outbox could not be read', { error: messageOf(error) })
      this.wakeAt(this.options.clock.now() + RETRY_MS)
    } finally {
      this.reading = false
      this.left.clear()
      if (this.readAgain) this.wakeAt(0)
    }
  }

  private async readBacklog(): Promise<void> {
    const beganMs = this.options.clock.now()
    let after: EnvelopePosition | undefined
    while (this.backlog !== null && this.hasRoom) {
      this.overflowed = false
      this.backlog = []
      const { store, system } = this.options
      const { envelopes, isLast } = await store.due(system, 0, LIMITS.pageSize, after)
      after = envelopes.at(-1) ?? after
      this.holdAll(envelopes)
      // What was committed since stands behind the last of these.
      if (!isLast || this.overflowed) continue
      if (beganMs < this.afreshMs) return this.wakeAt(this.afreshMs)
      this.endBacklog()
    }
  }

  private endBacklog(): void {
    const rest = this.backlog ?? []
    this.backlog = null
    for (const parcel of rest) {
      if (this.isNew(parcel) && this.options.away?.takes(parcel) !== false) this.hold(parcel)
    }
  }

  private async readScheduled(): Promise<void> {
    let after = SCHEDULED
    for (let done = false; !done && this.hasRoom;) {
      const { clock, store, system } = this.options
      const { envelopes, isLast, nextDueMs } = await store.due(system, clock.now(), LIMITS.pageSize, after)
      after = envelopes.at(-1) ?? after
      this.holdAll(envelopes)
      if (nextDueMs !== null) this.wakeAt(nextDueMs)
      done = isLast
    }
  }

  private get hasRoom(): boolean {
    if (this.stopped || this.closed !== null) return false
    this.crowded = this.held.isFull
    return !this.crowded
  }

  private isNew({ id }: { readonly id: string }): boolean {
    return this.held.find(id) === null && !this.left.has(id)
  }

  private standing(envelope: StandingEnvelope): Parcel | null {
    const parcel = Parcel.readable(envelope, this.options.logger)
    if (parcel === null) return null
    parcel.asker = this.askers.get(parcel.id) ?? null
    this.askers.delete(parcel.id)
    return parcel
  }

  private holdAll(page: readonly StandingEnvelope[]): void {
    for (const envelope of page) {
      if (this.stopped || this.closed !== null) return
      if (!this.isNew(envelope)) continue
      const parcel = this.standing(envelope)
      if (parcel !== null && this.options.away?.takes(parcel) !== false) this.hold(parcel)
    }
  }
}
