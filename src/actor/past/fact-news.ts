// Whether facts may have come since somebody looked: at once for those that this member commits; those of other members are
// found by looking again, ever more rarely as long as none come. One timer tells all who wait: they look together. Reads
// nothing itself.
//
// Invariant: a fact that is committed between a look and the wait for news ends that wait. Nobody waits for ever: not
// longer than POLL_MS, and not once the system takes no calls any more. Where nobody waits there is no timer.

import type { Clock, Timer } from '../../base/index.ts'

/** The first and the longest wait, in milliseconds. */
const FIRST_MS = 50
export const POLL_MS = 2_000

export class FactNews {
  private readonly clock: Clock
  private readonly waiting = new Set<() => void>()
  /** How many facts this member has committed. */
  private count = 0
  /** How often some that stood were taken away. */
  private losses = 0
  private ended = false
  /** Set while somebody waits. */
  private poll: Timer | null = null
  /** How often in a row it was time to look. */
  private polls = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** A fact is durable. */
  came(): void {
    this.count += 1
    if (this.waiting.size > 0) this.wake()
  }

  /** Somebody has found some: more may follow soon, whoever commits them. */
  found(): void {
    this.polls = 0
  }

  /** Some that stood are erased. */
  went(): void {
    this.losses += 1
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

  /** What was read before it changed may be gone. */
  get gone(): number {
    return this.losses
  }

  /**
   * Resolves when looking again may be worth it.
   *
   * @param mark as it was before the last look.
   * @param mostMs the longest that it waits.
   */
  since(mark: number, signal: AbortSignal | undefined, mostMs = Infinity): Promise<void> {
    if (mark !== this.count || this.ended || signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const go = (): void => {
        limit?.cancel()
        this.waiting.delete(go)
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        go()
        if (this.waiting.size === 0) this.rest()
      }
      const limit = mostMs === Infinity ? null : this.clock.after(mostMs, leave)
      this.waiting.add(go)
      signal?.addEventListener('abort', leave)
      this.poll ??= this.clock.after(Math.min(FIRST_MS * 2 ** this.polls, POLL_MS), () => {
        this.polls += 1
        this.wake()
      })
    })
  }

  /** All who wait look again. */
  private wake(): void {
    this.poll?.cancel()
    this.poll = null
    for (const go of this.waiting) go()
  }

  /** The last who waited has left. */
  private rest(): void {
    this.poll?.cancel()
    this.poll = null
    this.polls = 0
  }
}
