// What stands in the store and is not in memory: when the store is read, what of its answer is new, and what waits behind it.
// Which parcels are handed over is courier.ts's.
//
// There is a backlog after a start, when more was sent than memory has room for, and when the store may know more than this
// process does. Until it is over, the store is read in order, and what is committed meanwhile joins behind. What is for a
// later time is only read when that has come.
//
// Invariants: what waits here is bounded as what is held is, by `deliveries` and `deliveryBytes`; the rest is read from the
// store. What has left memory while the store was being read is not taken from that answer again.

import {
  type Clock,
  isSpawnError,
  type Limits,
  messageOf,
  type SpawnError,
  type Timer,
} from '../../base/index.ts'
import type { EnvelopePosition, Logger, StandingEnvelope, Statestore } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { Message } from '../message.ts'
import { DueReading } from './due-reading.ts'
import type { Held } from './held.ts'
import { Parcel, senderText } from './parcel.ts'
import { Unopened } from './unopened.ts'

export interface BacklogOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  readonly held: Held
  /** Whether it is this member's to deliver, and can be now. */
  readonly takes: (parcel: Parcel) => boolean
  /** Whether it is for a pooled actor. */
  readonly toPool: (parcel: Parcel) => boolean
  /** Takes one into memory that is not held. */
  readonly hold: (parcel: Parcel) => void
}

/** When to look into the store again after it could not be read, in milliseconds. */
const RETRY_MS = 1_000
/** Askers remembered before those that are settled are forgotten. */
const ASKERS = 64
/** How often it is looked into for what nobody told of: a commit that was applied long after it had failed. */
const CHECK_MS = 60_000
/** Behind all envelopes that are due at once. */
const SCHEDULED: EnvelopePosition = { dueAtMs: 0, place: Number.MAX_SAFE_INTEGER }

export class Backlog {
  private readonly options: BacklogOptions
  /** Calls that wait for the answer of an envelope which is not held yet. */
  private readonly askers = new Map<string, Message>()
  private askersAtMost = ASKERS
  /** What was committed while the store is being read, in order; null: there is no backlog. */
  private waiting: Parcel[] | null = []
  /** Of their payloads. */
  private waitingBytes = 0
  /** More was committed than that: it is read from the store. */
  private overflowed = false
  private reading = false
  /** Something came up while the store was being read. */
  private readAgain = false
  /** A reading that began before this time may have come too early to end the backlog. */
  private afreshMs = 0
  /** How often that was asked for. */
  private afreshCount = 0
  /** What is due was left in the store for want of room. */
  private crowded = false
  /** What left, or was replaced, while the store is being read: its answer may still have it as it was. */
  private readonly left = new Set<string>()
  private readonly unopened: Unopened
  /** Of the last of them. */
  private whyUnopened = ''
  private timer: Timer | null = null
  private wakeMs = Number.POSITIVE_INFINITY
  private stopped = false

  constructor(options: BacklogOptions) {
    this.options = options
    const { clock, limits } = options
    const again = (): void => this.readAfresh(clock.now())
    this.unopened = new Unopened({ clock, limit: limits.deliveries, again })
  }

  /** Begins with what stands in the store. */
  start(): void {
    this.wakeAt(0)
    this.check()
  }

  /** Nothing more is read. */
  stop(): void {
    this.stopped = true
    this.timer?.cancel()
    this.unopened.stop()
  }

  /** Whether nothing stands in the store, as far as is known, that should come first. */
  get isOver(): boolean {
    return this.waiting === null
  }

  /** Puts one behind what stands in the store. */
  add(parcel: Parcel): void {
    const waiting = (this.waiting ??= [])
    this.expect(parcel)
    if (this.hasRoomFor(parcel)) {
      // For who takes it at once: here that would be its payload a second time.
      parcel.live = undefined
      waiting.push(parcel)
      this.waitingBytes += parcel.bytes
    } else {
      if (this.reading || this.options.held.isFull) this.unopened.suspect(null)
      this.overflow()
    }
    this.wakeAt(0)
  }

  /** Whether it stays in the store, as it may have to come behind one that does not open now. Who waits for it waits on. */
  keeps(parcel: Parcel): boolean {
    if (!this.unopened.some) return false
    parcel.unordered = this.options.toPool(parcel)
    if (!this.unopened.keeps(parcel)) return false
    this.expect(parcel)
    return true
  }

  /** What this one has sent may stand in the store, and not be known here. */
  suspect({ name, parent }: ActorId): void {
    this.unopened.suspect(senderText([parent, name]))
  }

  /** A life of an actor begins: what it has sent before may be among what does not open now. */
  begins(id: ActorId): void {
    if (this.unopened.some) this.suspect(id)
  }

  /** While nobody reads the store, the next reading finds it there. */
  private hasRoomFor({ bytes }: Parcel): boolean {
    const { deliveries, deliveryBytes } = this.options.limits
    if (!this.reading || this.overflowed || this.waiting === null) return false
    return this.waiting.length < deliveries && this.waitingBytes + bytes <= deliveryBytes
  }

  /** All of what waits is read from the store. */
  private overflow(): void {
    this.overflowed = true
    this.waiting = []
    this.waitingBytes = 0
  }

  /** When it is read from the store, somebody waits for its answer. */
  expect({ asker, id }: Parcel): void {
    if (asker === null) return
    if (this.askers.size >= this.askersAtMost) this.forgetSettled()
    this.askers.set(id, asker)
  }

  /** What they waited for may have been taken by another member, and then is not found. */
  private forgetSettled(): void {
    for (const [id, { stage }] of this.askers) if (stage === 'settled') this.askers.delete(id)
    this.askersAtMost = Math.max(ASKERS, 2 * this.askers.size)
  }

  /** Nothing that is read is this member's any more. */
  expelled(error: SpawnError): void {
    for (const asker of this.askers.values()) asker.fail(error)
    this.askers.clear()
    this.overflow()
  }

  /** It is not in memory any more, or something else stands under its id. */
  gone(id: string): void {
    if (this.reading) this.left.add(id)
  }

  /** There may be room again. */
  relieve(): void {
    if (this.crowded && this.options.held.isHalfEmpty) this.wakeAt(0)
  }

  /** Until the store has been read, nothing new is handed over: what stands there may come first. */
  readAfresh(atMs: number): void {
    this.overflow()
    this.afreshMs = Math.max(this.afreshMs, atMs)
    this.afreshCount += 1
    this.wakeAt(atMs)
  }

  /** Something is due then. */
  wakeAt(dueMs: number): void {
    if (dueMs >= this.wakeMs || this.stopped) return
    this.timer?.cancel()
    this.wakeMs = dueMs
    const { clock } = this.options
    // A call may wait for what is due at once, and nothing else may keep the process alive.
    const background = dueMs > 0
    this.timer = clock.after(dueMs - clock.now(), () => void this.read(), { background })
  }

  private check(): void {
    const look = (): void => {
      if (this.stopped) return
      // The clock may have been set past the moment that a timer is to come at, and that one come in an hour.
      if (this.wakeMs > 0) this.wakeMs = Number.POSITIVE_INFINITY
      this.readAfresh(this.options.clock.now())
      this.check()
    }
    this.options.clock.after(CHECK_MS, look, { background: true })
  }

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
      this.unopened.begin()
      await this.readWhatIsDue()
      const atOnce = this.unopened.count
      this.unopened.begin()
      await this.readScheduled()
      this.planUnopened(atOnce + this.unopened.count)
    } catch (error) {
      this.options.logger.warn('the outbox could not be read', { error: messageOf(error) })
      this.wakeAt(this.options.clock.now() + RETRY_MS)
    } finally {
      this.reading = false
      this.left.clear()
      if (this.readAgain) this.wakeAt(0)
    }
  }

  private async readWhatIsDue(): Promise<void> {
    const beganMs = this.options.clock.now()
    const { afreshCount } = this
    const reading = this.readingOf()
    while (this.waiting !== null && this.hasRoom) {
      this.overflowed = false
      this.waiting = []
      this.waitingBytes = 0
      const { isUnderWay } = reading
      const { envelopes, isLast } = await reading.next(0)
      // What was passed over on a page before may be this member's by now, and stands before all of these.
      if (isUnderWay && afreshCount !== this.afreshCount) return this.wakeAt(0)
      this.takeIn(envelopes, false)
      // What was committed since stands behind the last of these.
      if (!isLast || this.overflowed) continue
      if (beganMs < this.afreshMs || afreshCount !== this.afreshCount) return this.wakeAt(this.afreshMs)
      this.end()
    }
  }

  private planUnopened(count: number): void {
    if (!this.unopened.plan(count > 0)) return
    const text = 'envelopes cannot be opened now; they are tried again later'
    this.options.logger.warn(text, { envelopes: count, error: this.whyUnopened })
  }

  private end(): void {
    this.unopened.end()
    const rest = this.waiting ?? []
    this.waiting = null
    this.waitingBytes = 0
    const { hold, takes } = this.options
    for (const parcel of rest) {
      if (!this.isNew(parcel) || !takes(parcel) || this.keeps(parcel)) continue
      this.askers.delete(parcel.id)
      hold(parcel)
    }
  }

  private async readScheduled(): Promise<void> {
    const reading = this.readingOf(SCHEDULED)
    for (let done = false; !done && this.hasRoom;) {
      const { envelopes, isLast, nextDueMs } = await reading.next(this.options.clock.now())
      this.takeIn(envelopes, true)
      if (nextDueMs !== null) this.wakeAt(nextDueMs)
      done = isLast
    }
  }

  private readingOf(after?: EnvelopePosition): DueReading {
    return new DueReading(this.options.store, this.options.system, after)
  }

  private get hasRoom(): boolean {
    if (this.stopped) return false
    this.crowded = this.options.held.isFull
    if (this.crowded) this.unopened.suspect(null)
    return !this.crowded
  }

  private takeIn(page: readonly StandingEnvelope[], isDelayed: boolean): void {
    const { hold, takes, toPool } = this.options
    for (const envelope of page) {
      if (this.stopped) return
      if (!this.isNew(envelope)) continue
      const parcel = this.standing(envelope)
      if (parcel === null || !takes(parcel)) continue
      parcel.unordered = toPool(parcel)
      if (this.unopened.keepsRead(parcel, isDelayed)) this.expect(parcel)
      else hold(parcel)
    }
  }

  private isNew({ id }: { readonly id: string }): boolean {
    return this.options.held.find(id) === null && !this.left.has(id)
  }

  private standing(envelope: StandingEnvelope): Parcel | null {
    let parcel: Parcel | null
    try {
      parcel = Parcel.readable(envelope, this.options.logger)
    } catch (thrown) {
      if (!isSpawnError(thrown)) throw thrown
      this.unopened.met()
      this.whyUnopened = thrown.message
      return null
    }
    if (parcel === null) return null
    parcel.asker = this.askers.get(parcel.id) ?? null
    this.askers.delete(parcel.id)
    return parcel
  }
}
