// A member's own lease: until when it may serve. Decides it anew each time it is asked, not by a timer: a process that was
// frozen, and wakes, must see it before anything else. When and how it is renewed is membership.ts's.
//
// Invariants: it holds for `leaseMs` from before the renewal was sent, by both clocks: the one that never jumps, and wall
// time, which goes on while a machine sleeps; and only while its grounds stand, if it was given any. Once found to be over it
// stays so until it is begun anew. The first clock is read each time; the rest, which costs more, once in a millisecond of it:
// only a machine that slept, or a process that stood still, finds it changed, and not for long.

import type { Clock } from '../base/index.ts'

/** A moment by both clocks. */
export interface Moment {
  readonly elapsedMs: number
  readonly wallMs: number
}

const REST_EVERY_MS = 1

export class Lease {
  readonly #clock: Clock
  readonly #leaseMs: number
  #untilMs = 0
  #untilWallMs = 0
  /** From when on wall time is read again, and the grounds are looked at. */
  #restDueMs = 0
  #renewedMs = 0
  #holds = false
  readonly #ended: () => void
  readonly #stands: () => boolean

  /**
   * @param ended is told, within the question that found it, that it is over; once for each time it was begun.
   * @param stands the grounds: what else must be true for it to hold.
   */
  constructor(clock: Clock, leaseMs: number, ended: () => void, stands: () => boolean = () => true) {
    this.#clock = clock
    this.#leaseMs = leaseMs
    this.#ended = ended
    this.#stands = stands
  }

  get holds(): boolean {
    if (!this.#holds) return false
    const nowMs = this.#clock.elapsedMs()
    if (nowMs < this.#untilMs && nowMs < this.#restDueMs) return true
    this.#restDueMs = nowMs + REST_EVERY_MS
    if (nowMs < this.#untilMs && this.#clock.now() < this.#untilWallMs && this.#stands()) return true
    this.end()
    return false
  }

  /** Since the last renewal was sent. */
  get ageMs(): number {
    return this.#clock.elapsedMs() - this.#renewedMs
  }

  /** Until it is over, if it is not renewed. */
  get leftMs(): number {
    return this.#holds ? Math.max(0, this.#untilMs - this.#clock.elapsedMs()) : 0
  }

  now(): Moment {
    return { elapsedMs: this.#clock.elapsedMs(), wallMs: this.#clock.now() }
  }

  /** It was renewed by a request sent at a moment. @returns false: it had ended before; it does not hold. */
  renew(sent: Moment): boolean {
    if (!this.holds) return false
    this.#extend(sent)
    return true
  }

  /** It begins, or begins again after all that was served under the one before is dropped. */
  begin(sent: Moment): void {
    this.#holds = true
    this.#restDueMs = 0
    this.#extend(sent)
  }

  end(): void {
    if (!this.#holds) return
    this.#holds = false
    this.#ended()
  }

  #extend(sent: Moment): void {
    this.#renewedMs = sent.elapsedMs
    this.#untilMs = sent.elapsedMs + this.#leaseMs
    this.#untilWallMs = sent.wallMs + this.#leaseMs
  }
}
