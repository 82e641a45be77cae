// The time of an actor's last use. To look at the clock costs a good part of a small turn, so it is looked at once in a
// few milliseconds, and not at all while nobody calls.
//
// Invariant: as long as the process lets timers through, it is ahead of the clock by at most GRAIN_MS and never behind.

import type { Clock } from '../../base/index.ts'

/** How long one look at the clock counts, in milliseconds. */
const GRAIN_MS = 10

export class UseClock {
  private readonly clock: Clock
  private readonly expire = (): void => void (this.current = false)
  private current = false
  private lastMs = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  get nowMs(): number {
    if (!this.current) this.look()
    return this.lastMs
  }

  private look(): void {
    this.lastMs = this.clock.now() + GRAIN_MS
    this.current = true
    this.clock.after(GRAIN_MS, this.expire, { background: true })
  }
}
