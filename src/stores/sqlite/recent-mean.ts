// The mean of what was measured lately: the newest value counts an eighth, and each counts an eighth less with every one after it.
//
// Invariant: no single value moves it by more than an eighth of the largest that counts, so that one long pause does not make
// up for many short ones, and is soon forgotten.

const SHARE_OF_NEWEST = 1 / 8

export class RecentMean {
  readonly #atMost: number
  #value = 0

  /** @param atMost what a larger value counts as. */
  constructor(atMost: number) {
    this.#atMost = atMost
  }

  /** Zero when nothing has been measured. */
  get value(): number {
    return this.#value
  }

  add(measured: number): void {
    this.#value += (Math.min(measured, this.#atMost) - this.#value) * SHARE_OF_NEWEST
  }
}
