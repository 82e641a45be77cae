// Whole numbers, text and bytes, one after another in a buffer. Cloning a group of commits as objects costs ten times as
// much as the transaction that stores it; as one buffer it costs next to nothing. What the fields mean is frame.ts's.
//
// A number takes seven bits a byte, low bits first, up to 2^53 - 1. Text and bytes are led by their length in bytes.

const FIRST_CAPACITY = 16 * 1_024
/** The writer's buffer is given back when one use has blown it up beyond this. */
const KEPT_CAPACITY = 1_024 * 1_024

export class ByteWriter {
  #buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** @throws RangeError for what is no whole number from 0 to 2^53 - 1: it could not be read again. */
  whole(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${value} is no whole number from 0 to 2^53 - 1`)
    if (this.#at + 8 > this.#buffer.length) this.#grow(8)
    const buffer = this.#buffer
    let at = this.#at
    let rest = value
    while (rest > 0x7fff_ffff) {
      buffer[at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at++] = rest
    this.#at = at
  }

  text(value: string): void {
    // A UTF-16 unit takes at most three bytes.
    if (value.length <= 42) {
      if (this.#at + 127 > this.#buffer.length) this.#grow(127)
      const written = this.#buffer.write(value, this.#at + 1)
      this.#buffer[this.#at] = written
      this.#at += 1 + written
      return
    }
    const length = Buffer.byteLength(value)
    this.whole(length)
    if (this.#at + length > this.#buffer.length) this.#grow(length)
    this.#at += this.#buffer.write(value, this.#at)
  }

  bytes(value: Uint8Array): void {
    this.whole(value.length)
    if (this.#at + value.length > this.#buffer.length) this.#grow(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /** Forgets what was written. */
  clear(): void {
    this.#at = 0
  }

  /** A copy of what was written, with an ArrayBuffer of its own, so that it can be transferred; the writer starts anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#at)
    taken.set(this.#buffer.subarray(0, this.#at))
    this.#at = 0
    if (this.#buffer.length > KEPT_CAPACITY) this.#buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY)
    return taken
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + bytes))
    grown.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = grown
  }
}

export class ByteReader {
  readonly #buffer: Buffer
  #at: number

  /** Reads from `at` on. */
  constructor(bytes: Uint8Array, at = 0) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = at
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at
  }

  /** All that it reads of. */
  get buffer(): Buffer {
    return this.#buffer
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length
  }

  whole(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#buffer[this.#at]
      if (byte === undefined) throw cutShort()
      this.#at += 1
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  text(): string {
    const [from, to] = this.#take()
    return this.#buffer.toString('utf8', from, to)
  }

  /** A view: it keeps the whole buffer in memory. */
  bytes(): Uint8Array {
    const [from, to] = this.#take()
    return this.#buffer.subarray(from, to)
  }

  /** Passes over a text or bytes. */
  skip(): void {
    const length = this.whole()
    this.#at += length
    if (this.#at > this.#buffer.length) throw cutShort()
  }

  #take(): [from: number, to: number] {
    const length = this.whole()
    const from = this.#at
    this.#at += length
    if (this.#at > this.#buffer.length) throw cutShort()
    return [from, this.#at]
  }
}

function cutShort(): RangeError {
  return new RangeError('the bytes end in the middle of a field')
}
