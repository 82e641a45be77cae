// Brings what turns have sent to those who take it: which envelopes are in memory for delivery. Which wait in the store, and
// when that is read, is backlog.ts's; in what order a lane hands over lane.ts's, what a failure means delivery.ts's.
//
// An envelope that was just committed is handed over from memory, unless there is a backlog: then it joins behind. At once, if
// somebody waits for its answer; if not, when the next group of commits is on its way: the turn runs while the store works.
//
// Invariants: what is held is bounded: LIMITS.deliveries, and as many that were committed while the store was read. One that
// is held is not held twice. A crash at any time loses nothing: the store has every envelope until its turn is durable.

import { type Clock, type Limits, messageOf, Queue, type SpawnError } from '../../base/index.ts'
import type { Logger, Statestore } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { AwayPost } from '../away/away-post.ts'
import type { GroupedCommit, Meanwhile } from '../committer.ts'
import type { Message } from '../message.ts'
import type { FactNews } from '../past/fact-news.ts'
import { Backlog } from './backlog.ts'
import type { Delivery } from './delivery.ts'
import { Doubts } from './doubts.ts'
import { Held } from './held.ts'
import type { Lane, LaneOwner } from './lane.ts'
import { Lanes } from './lanes.ts'
import type { Parcel } from './parcel.ts'

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
  /** Told of facts, which nobody takes. */
  readonly news: FactNews
}

/** When a failed delivery is dealt with again, after the store could not say what had become of it, in milliseconds. */
const RETRY_MS = 1_000
/** And after a commit of unknown outcome. */
const UNCERTAIN_MS = 100

export class Courier implements LaneOwner, Meanwhile {
  private readonly options: CourierOptions
  private readonly held: Held
  private readonly lanes = new Lanes(this)
  private readonly doubts: Doubts
  private readonly backlog: Backlog
  /** Lanes of which something was left in the store, once no more is taken in; null: all is taken in. */
  private closed: Set<string> | null = null
  private stopped = false
  /** Lanes with something that nobody waits for, and that has not been handed over yet. */
  private readonly postponed = new Queue<Lane>()

  constructor(options: CourierOptions) {
    this.options = options
    const { away, limits } = options
    this.held = new Held(limits)
    this.backlog = new Backlog({
      ...options,
      held: this.held,
      takes: (parcel) => away === null || away.takes(parcel),
      hold: (parcel) => this.hold(parcel),
    })
    this.doubts = new Doubts(options.clock, limits.deliveries)
  }

  /** Begins with what stands in the store. */
  start(): void {
    this.backlog.start()
  }

  /** Takes in no more than what calls wait for; the rest stays in the store. */
  drain(): void {
    this.closed = new Set()
    this.backlog.stop()
  }

  stop(): void {
    this.stopped = true
    this.backlog.stop()
  }

  /** A commit is durable: what it sends is on its way. */
  committed(commit: GroupedCommit): void {
    const { away, clock } = this.options
    if (this.doubts.touch(commit)) {
      this.backlog.suspect(commit.id)
      this.backlog.readAfresh(clock.now())
      away?.poke(commit.sends)
    }
    for (const parcel of commit.sends) {
      if (parcel.box === 'dead') continue
      if (parcel.box === 'fact') this.options.news.came()
      else if (away?.leaves(parcel) === true) away.add(parcel)
      else this.come(parcel, parcel.asker === null)
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

  get waits(): boolean {
    return this.postponed.length > 0
  }

  /** Hands over what nobody waits for. */
  run(): void {
    for (let lane = this.postponed.shift(); lane !== undefined; lane = this.postponed.shift()) lane.advance()
  }

  private come(parcel: Parcel, canWait = false): void {
    if (parcel.dueAtMs > 0 && parcel.dueAtMs > this.options.clock.now()) this.comeLater(parcel)
    else this.takeIn(parcel, canWait)
  }

  /** What is in the store may be more than this member knows of. */
  look(asked: readonly Parcel[] = []): void {
    for (const parcel of asked) this.backlog.expect(parcel)
    this.backlog.readAfresh(this.options.clock.now())
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
    this.backlog.expelled(error)
  }

  /** A life of an actor begins. */
  begins(id: ActorId): void {
    this.backlog.begins(id)
  }

  /** A new life of an actor may have had another member before, and what that has sent not be here yet. */
  doubt(id: ActorId): void {
    this.doubts.add(id)
  }

  private comeLater({ dueAtMs, id }: Parcel): void {
    // What is just being read may still be what stood under its id before.
    this.backlog.gone(id)
    this.backlog.wakeAt(dueAtMs)
  }

  /** These commits have an unknown outcome, or were overtaken: what they, or others, have sent is found in the store. */
  uncertain(group: readonly GroupedCommit[]): void {
    for (const { id, sends } of group) {
      if (id.name !== '') this.doubts.add(id)
      for (const sent of sends) this.backlog.gone(sent.id)
    }
    this.backlog.readAfresh(this.options.clock.now() + UNCERTAIN_MS)
  }

  /** It is about to be taken away, or another one to stand under this id. */
  supersede(id: string): void {
    const parcel = this.held.find(id)
    if (parcel !== null) parcel.superseded = true
  }

  hand(parcel: Parcel): void {
    const { retryAtMs } = parcel.letter
    if (retryAtMs === undefined) this.options.hand(parcel)
    else this.handLater(parcel, retryAtMs)
  }

  private handLater(parcel: Parcel, atMs: number): void {
    const { clock, hand, limits } = this.options
    // Never longer than a pause can be, also when the clock was set back meanwhile.
    const waitMs = Math.min(atMs - clock.now(), limits.maxDeliveryBackoffMs)
    // One that was let go of meanwhile is not this member's to hand over any more.
    const later = (): void => void (!this.stopped && this.held.has(parcel) && hand(parcel))
    if (waitMs <= 0) hand(parcel)
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
      if (again !== null) this.backlog.wakeAt(again.dueAtMs)
      // It may stand for its next time already, and may have been passed over as long as it was held.
      else if (parcel.letter.rhythm !== undefined) this.backlog.wakeAt(0)
      lane.resume(null)
    } else {
      this.held.remove(parcel)
      this.held.add(again)
      lane.resume(again)
    }
  }

  private takeIn(parcel: Parcel, canWait: boolean): void {
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
    if (this.backlog.isOver && this.backlog.keeps(parcel)) return
    if (this.backlog.isOver && !this.held.isFull) this.hold(parcel, canWait)
    else this.backlog.add(parcel)
  }

  private hold(parcel: Parcel, canWait = false): void {
    this.held.add(parcel)
    parcel.unordered = this.options.toPool(parcel)
    const lane = this.lanes.of(parcel)
    lane.add(parcel, canWait)
    if (canWait) this.postponed.push(lane)
  }

  private leave(parcel: Parcel): void {
    this.held.remove(parcel)
    this.backlog.gone(parcel.id)
    this.options.away?.left(parcel)
    // What took its place in the store is looked for there.
    if (parcel.superseded) this.backlog.wakeAt(0)
    this.backlog.relieve()
  }
}
