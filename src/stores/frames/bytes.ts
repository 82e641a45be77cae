// Whole numbers, text and bytes, one after another in a buffer. Cloning a group of commits as objects costs ten times as
// much as the transaction that stores it; as one buffer it costs next to nothing. What the fields mean is frame.ts's.
//
// A number takes seven bits a byte, low bits first, up to 2^53 - 1. Text and bytes are led by their length in bytes.

import { hashOf, hashOfAscii } from '../../base/index.ts'

const FIRST_CAPACITY = 16 * 1_024
/** The writer's buffer is given back when one use has blown it up beyond this. */
const KEPT_CAPACITY = 1_024 * 1_024
/** Up to so many units or bytes a loop is faster than a call; their number takes one byte. */
const SHORT = 32
/** Of a text: an id or a key, such as a UUID. */
const SHORT_TEXT = 64
/** Of bytes that lie in a buffer already. */
const SHORT_COPY = 64
/** What hexadecimal digits stand for, by their code units; of all others more than a digit may. */
const DIGIT_VALUES = new Uint8Array(0x80).fill(0xff)
for (let value = 0; value < 16; value += 1) DIGIT_VALUES[value.toString(16).charCodeAt(0)] = value
/** The largest number of two bytes. */
const TWO_BYTE_LENGTH = 0x3fff

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
    if (rest > 0x7fff_ffff) {
      // Four bytes at once: beyond 31 bits each step is a division.
      const high = Math.floor(rest / 0x1000_0000)
      let low = rest - high * 0x1000_0000
      for (let count = 0; count < 4; count += 1, low >>>= 7) buffer[at++] = (low & 0x7f) | 0x80
      rest = high
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
    const most = value.length * 3
    if (most > TWO_BYTE_LENGTH) {
      this.#longText(value)
      return
    }
    if (this.#at + 2 + most > this.#buffer.length) this.#grow(2 + most)
    if (value.length <= SHORT_TEXT && this.#shortAscii(value)) return
    // How long it is is known when it stands there: its length takes two bytes, needed or not.
    const written = this.#buffer.write(value, this.#at + 2)
    this.#buffer[this.#at] = (written & 0x7f) | 0x80
    this.#buffer[this.#at + 1] = written >>> 7
    this.#at += 2 + written
  }

  bytes(value: Uint8Array): void {
    const { length } = value
    this.whole(length)
    if (this.#at + length > this.#buffer.length) this.#grow(length)
    if (length > SHORT) this.#buffer.set(value, this.#at)
    else for (let at = 0; at < length; at += 1) this.#buffer[this.#at + at] = value[at] ?? 0
    this.#at += length
  }

  /**
   * The lowercase hexadecimal digits at some places of a text, two at each, as a byte for both; without a length.
   *
   * @returns false when something else stands there; then nothing was written.
   */
  digits(text: string, places: Uint8Array): boolean {
    const { length } = places
    if (this.#at + length > this.#buffer.length) this.#grow(length)
    const buffer = this.#buffer
    const from = this.#at
    for (let at = 0; at < length; at += 1) {
      const place = places[at] ?? 0
      const first = text.charCodeAt(place)
      const second = text.charCodeAt(place + 1)
      const high = DIGIT_VALUES[first & 0x7f] ?? 0
      const low = DIGIT_VALUES[second & 0x7f] ?? 0
      if ((high | low) > 0xf || (first | second) > 0x7f) return false
      buffer[from + at] = (high << 4) | low
    }
    this.#at = from + length
    return true
  }

  /** Writes a number below 128 over one that was written at a place. */
  over(at: number, value: number): void {
    this.#buffer[at] = value
  }

  /** Fields as they stand in another buffer. */
  copy(buffer: Buffer, from: number, to: number): void {
    const length = to - from
    if (this.#at + length > this.#buffer.length) this.#grow(length)
    if (length > SHORT_COPY) buffer.copy(this.#buffer, this.#at, from, to)
    else for (let at = 0; at < length; at += 1) this.#buffer[this.#at + at] = buffer[from + at] ?? 0
    this.#at += length
  }

  /** Forgets what was written. */
  clear(): void {
    this.#at = 0
  }

  /**
   * A copy of what was written, with an ArrayBuffer of its own, so that it can be transferred; the writer starts anew.
   *
   * @param length what it would have been filled up to with zeros.
   * @param from where the copy begins.
   */
  take(length = this.#at, from = 0): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(length - from)
    taken.set(this.#buffer.subarray(from, this.#at))
    this.#at = 0
    if (this.#buffer.length > KEPT_CAPACITY) this.#buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY)
    return taken
  }

  /** A copy of what was written from a place on, likewise; the writer goes on. */
  copyFrom(from: number): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(this.#at - from)
    copy.set(this.#buffer.subarray(from, this.#at))
    return copy
  }

  /** Names, ids: a loop beats the call that encodes. @returns false when it is not ASCII; then nothing was written. */
  #shortAscii(value: string): boolean {
    const buffer = this.#buffer
    const { length } = value
    const from = this.#at + 1
    for (let at = 0; at < length; at += 1) {
      const unit = value.charCodeAt(at)
      if (unit > 0x7f) return false
      buffer[from + at] = unit
    }
    buffer[this.#at] = length
    this.#at = from + length
    return true
  }

  #longText(value: string): void {
    const length = Buffer.byteLength(value)
    this.whole(length)
    if (this.#at + length > this.#buffer.length) this.#grow(length)
    this.#at += this.#buffer.write(value, this.#at)
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
    this.#buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
    const first = this.#buffer[this.#at]
    if (first !== undefined && first < 0x80) {
      this.#at += 1
      return first
    }
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
    const length = this.skip()
    return this.#buffer.toString('utf8', this.#at - length, this.#at)
  }

  /** The hash of a text, which is passed over. */
  textHash(): number {
    const length = this.skip()
    const hash = hashOfAscii(this.#buffer, this.#at - length, this.#at)
    return hash === -1 ? hashOf(this.#buffer.toString('utf8', this.#at - length, this.#at)) : hash
  }

  /** A view: it keeps the whole buffer in memory. */
  bytes(): Uint8Array {
    const length = this.skip()
    return this.#buffer.subarray(this.#at - length, this.#at)
  }

  /** Passes over what stands between two places as well, if it stands here. @returns whether it does. */
  repeats(from: number, to: number): boolean {
    const buffer = this.#buffer
    const ahead = this.#at - from
    if (from === to || ahead + to > buffer.length) return false
    for (let at = from; at < to; at += 1) if (buffer[at] !== buffer[at + ahead]) return false
    this.#at += to - from
    return true
  }

  /** Passes over a text or bytes. @returns how many bytes these are. */
  skip(): number {
    const length = this.whole()
    this.pass(length)
    return length
  }

  /** Passes over so many bytes. @returns where they begin. */
  pass(length: number): number {
    const from = this.#at
    this.#at += length
    if (this.#at > this.#buffer.length) throw cutShort()
    return from
  }
}

/** Where what follows a text or bytes begins. For bytes that were read before. */
export function behindField(bytes: Uint8Array, at: number): number {
  const length = bytes[at] ?? 0
  if (length < 0x80) return at + 1 + length
  const reader = new ByteReader(bytes, at)
  reader.skip()
  return reader.at
}

function cutShort(): RangeError {
  return new RangeError('the bytes end in the middle of a field')
}
