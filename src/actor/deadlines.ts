// When a call has waited long enough. Calls that are not answered at once stand in slots of a few milliseconds each, so
// that ten thousand waiting calls cost one timer, whatever the clock on the wall says. A deadline is never early, and late by at most one slot; that of a call
// whose turn began at once, also by as long as this turn kept the process from everything else before it had to wait.

import type { Clock, Timer } from '../base/index.ts'
import type { Message } from './message.ts'

/** The width of a slot, in milliseconds. */
const SLOT_MS = 5

/** A call whose deadline is watched, and its neighbours in its slot. */
export class Watch {
  readonly message: Message
  slot: DeadlineSlot
  earlier: Watch | null = null
  later: Watch | null = null

  constructor(message: Message, slot: DeadlineSlot) {
    this.message = message
    this.slot = slot
    slot.add(this)
  }

  move(slot: DeadlineSlot): void {
    this.slot.remove(this)
    this.slot = slot
    slot.add(this)
  }

  end(): void {
    this.message.watch = null
    this.slot.remove(this)
  }
}

/** The calls whose deadline falls into the same few milliseconds: a list through `earlier` and `later`. */
class DeadlineSlot {
  readonly index: number
  private readonly deadlines: Deadlines
  private first: Watch | null = null

  constructor(index: number, deadlines: Deadlines) {
    this.index = index
    this.deadlines = deadlines
  }

  add(watch: Watch): void {
    watch.later = this.first
    if (this.first !== null) this.first.earlier = watch
    this.first = watch
  }

  remove(watch: Watch): void {
    if (watch.earlier === null) this.first = watch.later
    else watch.earlier.later = watch.later
    if (watch.later !== null) watch.later.earlier = watch.earlier
    watch.earlier = null
    watch.later = null
    if (this.first === null) this.deadlines.dropSlot(this)
  }

  messages(): Message[] {
    const messages: Message[] = []
    for (let watch = this.first; watch !== null; watch = watch.later) messages.push(watch.message)
    return messages
  }
}

export class Deadlines {
  private readonly slots = new Map<number, DeadlineSlot>()
  private readonly clock: Clock
  private readonly expire: (message: Message) => void
  /** The slot that was added to last: what comes in the same few milliseconds mostly goes there too. */
  private last: DeadlineSlot | null = null
  private timer: Timer | null = null
  private timerMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, expire: (message: Message) => void) {
    this.clock = clock
    this.expire = expire
  }

  /** Watches the deadline of a call; watching it again follows a deadline that has moved. */
  watch(message: Message): void {
    const index = Math.ceil(message.endsAtMs / SLOT_MS)
    const { watch } = message
    if (watch !== null && watch.slot.index === index) return
    const slot = this.slotOf(index)
    if (watch === null) message.watch = new Watch(message, slot)
    else watch.move(slot)
    if (index * SLOT_MS < this.timerMs) this.wakeAt(index * SLOT_MS)
  }

  dropSlot(slot: DeadlineSlot): void {
    this.slots.delete(slot.index)
    if (this.last === slot) this.last = null
  }

  private slotOf(index: number): DeadlineSlot {
    if (this.last !== null && this.last.index === index) return this.last
    let slot = this.slots.get(index)
    if (slot === undefined) {
      slot = new DeadlineSlot(index, this)
      this.slots.set(index, slot)
    }
    this.last = slot
    return slot
  }

  /** All that are watched now. */
  watched(): Message[] {
    return [...this.slots.values()].flatMap((slot) => slot.messages())
  }

  stop(): void {
    this.timer?.cancel()
    this.timer = null
    this.timerMs = Number.POSITIVE_INFINITY
  }

  private wakeAt(dueMs: number): void {
    this.timer?.cancel()
    this.timerMs = dueMs
    this.timer = this.clock.after(dueMs - this.clock.elapsedMs(), () => this.sweep(), { background: true })
  }

  private sweep(): void {
    this.stop()
    const due = this.clock.elapsedMs() / SLOT_MS
    let nextIndex = Number.POSITIVE_INFINITY
    const expired: Message[] = []
    for (const [index, slot] of this.slots) {
      if (index <= due) expired.push(...slot.messages())
      else if (index < nextIndex) nextIndex = index
    }
    // The next wake-up first: what expires may well bring new deadlines, and remove this one.
    if (nextIndex !== Number.POSITIVE_INFINITY) this.wakeAt(nextIndex * SLOT_MS)
    for (const message of expired) this.expire(message)
  }
}
