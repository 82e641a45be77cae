// Entries of the index of outcomes as the bytes of one row, which has a page of the file to itself: which hash leads to which row
// of outcomes, in the order of the hashes. First all hashes, as doubles, then the numbers of their rows, 32 bits each,
// counted from the first row that the run may lead to. Little-endian on every machine.

import { assert } from '../../base/index.ts'

/** So many fill a page. */
export const BLOCK_ENTRIES = 336
const HASH_BYTES = 8
const ROW_BYTES = 4
const ROWS = 2 ** 32

export class KeyBlock {
  readonly length: number
  readonly #view: DataView
  readonly #firstRow: number

  /** @throws RangeError when the bytes are no block. */
  constructor(bytes: Uint8Array, firstRow: number) {
    this.length = bytes.length / (HASH_BYTES + ROW_BYTES)
    if (this.length === 0 || !Number.isInteger(this.length))
      throw new RangeError(`${bytes.length} bytes are no block`)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#firstRow = firstRow
  }

  static pack(
    hashes: Float64Array,
    rows: Float64Array,
    length: number,
    firstRow: number,
  ): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length * (HASH_BYTES + ROW_BYTES))
    const view = new DataView(bytes.buffer)
    for (let place = 0; place < length; place += 1) {
      const row = (rows[place] ?? 0) - firstRow
      assert(row >= 0 && row < ROWS, 'an entry leads to a row of its run')
      view.setFloat64(place * HASH_BYTES, hashes[place] ?? 0, true)
      view.setUint32(length * HASH_BYTES + place * ROW_BYTES, row, true)
    }
    return bytes
  }

  hashAt(place: number): number {
    return this.#view.getFloat64(place * HASH_BYTES, true)
  }

  rowAt(place: number): number {
    return this.#firstRow + this.#view.getUint32(this.length * HASH_BYTES + place * ROW_BYTES, true)
  }

  /** The first place whose hash is not below this one. */
  placeOf(hash: number): number {
    let from = 0
    let to = this.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.hashAt(middle) < hash) from = middle + 1
      else to = middle
    }
    return from
  }
}
