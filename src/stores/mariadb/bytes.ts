// Bytes one behind the other, in a buffer that grows. Decides nothing about what they mean.

const FIRST_CAPACITY = 4_096

export class Bytes {
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** All of them; a view. */
  get written(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  add(value: Uint8Array): void {
    this.#makeRoom(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  /** @returns how many bytes it takes as UTF-8. */
  addText(value: string): number {
    // A UTF-16 unit takes at most three bytes.
    const most = value.length * 3
    this.#makeRoom(most > FIRST_CAPACITY ? Buffer.byteLength(value) : most)
    const length = this.#buffer.write(value, this.#length)
    this.#length += length
    return length
  }

  #makeRoom(length: number): void {
    const needed = this.#length + length
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, needed))
    grown.set(this.written)
    this.#buffer = grown
  }
}
