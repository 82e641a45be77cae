// Whether facts may have come since somebody looked: at once for those that this member commits; those of other members are
// found by looking again, ever more rarely as long as none come. Reads nothing itself.
//
// Invariant: a fact that is committed between a look and the wait for news ends that wait. Nobody waits for ever: not
// longer than POLL_MS, and not once the system takes no calls any more.

import type { Clock } from '../../base/index.ts'

/** The first and the longest wait, in milliseconds. */
const FIRST_MS = 50
const POLL_MS = 2_000

export class FactNews {
  private readonly clock: Clock
  private readonly waiting = new Set<() => void>()
  /** How many facts this member has committed. */
  private count = 0
  private ended = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** A fact is durable. */
  came(): void {
    this.count += 1
    if (this.waiting.size > 0) this.wake()
  }

  /** Nobody waits from now on: nothing can be read any more. */
  end(): void {
    this.ended = true
    this.wake()
  }

  get isOver(): boolean {
    return this.ended
  }

  /** To be taken before a look. */
  get mark(): number {
    return this.count
  }

  /**
   * Resolves when looking again may be worth it.
   *
   * @param mark as it was before the last look.
   * @param looks how often in a row nothing was found.
   * @param mostMs the longest that it waits.
   */
  since(mark: number, looks: number, signal: AbortSignal | undefined, mostMs = POLL_MS): Promise<void> {
    if (mark !== this.count || this.ended || signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const go = (): void => {
        timer.cancel()
        this.waiting.delete(go)
        signal?.removeEventListener('abort', go)
        resolve()
      }
      const timer = this.clock.after(Math.min(FIRST_MS * 2 ** looks, POLL_MS, mostMs), go)
      this.waiting.add(go)
      signal?.addEventListener('abort', go)
    })
  }

  /** All who wait look again. */
  private wake(): void {
    for (const go of this.waiting) go()
    this.waiting.clear()
  }
}
