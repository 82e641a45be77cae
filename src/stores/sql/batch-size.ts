// How many rows are asked for at once, when nobody knows how large they are: few at first, then as many as come to some
// mebibytes.

const FIRST = 16
const BATCH_BYTES = 4 * 1_024 * 1_024

export class BatchSize {
  readonly #most: number
  #rows = FIRST

  constructor(most: number) {
    this.#most = most
  }

  get rows(): number {
    return this.#rows
  }

  /** So many rows came to so many bytes. */
  note(rows: number, bytes: number): void {
    if (rows === 0) return
    // Grows little by little: the next ones may be larger.
    const fitting = Math.floor(BATCH_BYTES / Math.max(1, bytes / rows))
    this.#rows = Math.max(1, Math.min(this.#most, fitting, this.#rows * 2))
  }
}
