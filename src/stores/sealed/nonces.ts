// The nonces of all that one store seals. A key that sees a nonce twice gives away what both sealed, so none comes twice:
// 64 random bits that are drawn when the store is made, and 32 that count. Random bits alone would be good for 2^32
// messages of a key, which a busy store has sealed in a day; counted, only two draws may meet, and with a million starts
// under one key the chance of that is below 2^-25. See docs/decisions/0012-sealed-where-the-commit-is-made.md.

import { type RandomBytes, systemRandomBytes } from '../../base/index.ts'

export const NONCE_BYTES = 12

const PREFIX_BYTES = 8
const COUNTS = 2 ** 32

export class Nonces {
  readonly #drawBytes: RandomBytes
  readonly #nonce = new Uint8Array(NONCE_BYTES)
  readonly #view = new DataView(this.#nonce.buffer)
  #count: number

  /** @param count where the counting of the first prefix begins; for tests. */
  constructor(drawBytes: RandomBytes = systemRandomBytes, count = 0) {
    this.#drawBytes = drawBytes
    this.#count = count
    this.#draw()
  }

  /** One that has never been: valid until the next is asked for. */
  next(): Uint8Array {
    if (this.#count === COUNTS) {
      this.#draw()
      this.#count = 0
    }
    this.#view.setUint32(PREFIX_BYTES, this.#count)
    this.#count += 1
    return this.#nonce
  }

  #draw(): void {
    this.#nonce.set(this.#drawBytes(PREFIX_BYTES))
  }
}
