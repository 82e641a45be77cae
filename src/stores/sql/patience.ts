// How long and how often a request is tried again while the database is away. Decides the pauses: short at first, for a
// session that was ended or a lock that was lost, and longer for a server that restarts. What is worth another try is
// the store's affair.

import type { Clock, Random } from '../../base/index.ts'

const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 500

export class Patience {
  readonly #clock: Clock
  readonly #random: Random
  readonly #outageMs: number
  #endsMs: number | null = null
  #pauseMs = FIRST_PAUSE_MS

  /** @param outageMs counted from the first failure. */
  constructor(clock: Clock, random: Random, outageMs: number) {
    this.#clock = clock
    this.#random = random
    this.#outageMs = outageMs
  }

  /** After a failure: waits until the next try; false when the time is up. */
  async again(): Promise<boolean> {
    const nowMs = this.#clock.elapsedMs()
    this.#endsMs ??= nowMs + this.#outageMs
    const leftMs = this.#endsMs - nowMs
    if (leftMs <= 0) return false
    // Cut by a random part, so that many who lost the same server do not come back at the same moment.
    const pauseMs = Math.min(leftMs, this.#pauseMs * (0.5 + this.#random.next() / 2))
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2)
    await new Promise<void>((resolve) => {
      this.#clock.after(pauseMs, resolve)
    })
    return true
  }
}
