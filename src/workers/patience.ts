// When a worker that ended is started again, and when that has no sense any more. Pure: what ended, and when, it is told.
//
// Invariant: workers that end right after their start, one after the other, are started again ever later, and a bounded number
// of times.

/** One that has not served for so long ended quickly, in milliseconds: however long its start took. */
const QUICK_MS = 10_000
/** So many quick ends in a row are too many. */
export const QUICK_ENDS = 5
const FIRST_REST_MS = 100
const LONGEST_REST_MS = 2_000

export class Patience {
  #quickEnds = 0

  /**
   * @param servedMs for how long that worker served; 0: not at all.
   * @returns how long to wait before it is started again, in milliseconds; null: give up.
   */
  ended(servedMs: number): number | null {
    this.#quickEnds = servedMs < QUICK_MS ? this.#quickEnds + 1 : 0
    if (this.#quickEnds === 0) return 0
    if (this.#quickEnds >= QUICK_ENDS) return null
    return Math.min(FIRST_REST_MS * 2 ** (this.#quickEnds - 1), LONGEST_REST_MS)
  }
}
