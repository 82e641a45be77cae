// Large values of a statement, one behind the other, in pieces that nobody copies: each piece is a parameter of its own.
// Decides which values are large, and how many of them there may be. The server puts the pieces together in a variable of the
// session, which it does not write down for its logs as it does with other values; but it copies all of them for each
// row that has one, so there are few, and nothing else of the row is among them.

/** What is smaller is as quick beside the others. */
const LEAST_BYTES = 64 * 1_024
const MOST_VALUES = 8
/** The driver copies a parameter into a buffer: of 128 KiB where that is enough, then of 1 MiB, then of 16. */
const PIECE_BYTES = 112 * 1_024
/** A statement has a text for each of these. */
const PIECES: readonly number[] = [0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160]
const MOST_PIECES = PIECES.at(-1) ?? 0
const NONE = Buffer.alloc(0)

export class LargeBytes {
  readonly #pieces: Buffer[] = []
  #values = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Whether there is room for a value of such a length, and it is large. */
  takes(length: number): boolean {
    if (length < LEAST_BYTES || this.#values === MOST_VALUES) return false
    return this.#pieces.length + Math.ceil(length / PIECE_BYTES) <= MOST_PIECES
  }

  /** Behind `takes`. */
  add(value: Uint8Array): void {
    this.#values += 1
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      this.#pieces.push(bytes.subarray(at, at + PIECE_BYTES))
    this.#length += bytes.length
  }

  /** As many as a statement has a text for; those behind the last have nothing in them. */
  get pieces(): readonly Buffer[] {
    const count = PIECES.find((most) => most >= this.#pieces.length) ?? MOST_PIECES
    return [...this.#pieces, ...Array.from({ length: count - this.#pieces.length }, () => NONE)]
  }
}
