// Values as bytes, straight into the buffer that is sent. Decides how a number, a text, and bytes are written; what stands
// where is the codecs'. Frames are cut one after the other from a larger piece of memory, which is never written again
// where a frame was: what was sent stays as it is.
//
// Invariant: what FrameReader reads with the methods of the same names, in the same order, is what was written.

import { SpawnError } from '../../base/index.ts'

const FIRST_SLAB_BYTES = 4_096
const SLAB_BYTES = 65_536

/** What is left of a slab below this is not begun. */
const REST_BYTES = 2_048

/** Texts of so many UTF-16 units take at most 127 bytes: their length is one byte. */
const SHORT_UNITS = 42

/** Up to here a loop beats the encoder's call. */
const LOOP_UNITS = 24

const LOW_28 = 0x1000_0000

export class FrameWriter {
  private buffer = Buffer.allocUnsafeSlow(FIRST_SLAB_BYTES)
  private start = 0
  private at = 0

  /** Bytes written since the last `finish`. */
  get size(): number {
    return this.at - this.start
  }

  /** What was written, as a frame of its own. */
  finish(): Uint8Array {
    const frame = this.buffer.subarray(this.start, this.at)
    this.start = this.at
    // A slab that has grown for one large frame is not kept by the small ones after it.
    if (this.buffer.length - this.at < REST_BYTES || this.buffer.length > SLAB_BYTES) {
      this.buffer = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.start = 0
      this.at = 0
    }
    return frame
  }

  /** Takes back what was written from a size on, and answers a copy of it. */
  cut(from: number): Uint8Array {
    const rest = Buffer.from(this.buffer.subarray(this.start + from, this.at))
    this.at = this.start + from
    return rest
  }

  byte(value: number): void {
    this.grow(1)
    this.buffer[this.at++] = value
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(value: number): void {
    this.grow(8)
    let rest = value
    while (rest >= LOW_28) {
      this.buffer[this.at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.buffer[this.at++] = rest
  }

  /** Any number, in eight bytes. */
  number(value: number): void {
    this.grow(8)
    this.at = this.buffer.writeDoubleLE(value, this.at)
  }

  /** A whole number below 2^32, in four bytes. */
  fixed(value: number): void {
    this.grow(4)
    this.at = this.buffer.writeUInt32LE(value, this.at)
  }

  /** The same, over what was written at a size. */
  fixedAt(size: number, value: number): void {
    this.buffer.writeUInt32LE(value, this.start + size)
  }

  /** What was written at a size. */
  byteAt(size: number): number {
    return this.buffer[this.start + size] ?? 0
  }

  bytes(value: Uint8Array): void {
    this.count(value.length)
    this.raw(value)
  }

  /** Without a length. */
  raw(value: Uint8Array): void {
    this.grow(value.length)
    this.buffer.set(value, this.at)
    this.at += value.length
  }

  /** @throws SpawnError INVALID_ARGUMENT: the text is none. */
  text(value: string): void {
    const { length } = value
    // A UTF-16 unit takes at most three bytes; the length of a long text stands in four, as a number that is not the shortest.
    this.grow(4 + length * 3)
    if (length <= LOOP_UNITS && this.shortAscii(value)) return
    if (!value.isWellFormed())
      throw new SpawnError('INVALID_ARGUMENT', 'a text has half a surrogate pair and is no valid text')
    const { at, buffer } = this
    if (length <= SHORT_UNITS) {
      const bytes = buffer.write(value, at + 1)
      buffer[at] = bytes
      this.at = at + 1 + bytes
      return
    }
    const bytes = buffer.write(value, at + 4)
    buffer[at] = (bytes & 0x7f) | 0x80
    buffer[at + 1] = ((bytes >>> 7) & 0x7f) | 0x80
    buffer[at + 2] = ((bytes >>> 14) & 0x7f) | 0x80
    buffer[at + 3] = bytes >>> 21
    this.at = at + 4 + bytes
  }

  private shortAscii(text: string): boolean {
    const { at, buffer } = this
    const { length } = text
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index)
      if (unit > 0x7f) return false
      buffer[at + 1 + index] = unit
    }
    buffer[at] = length
    this.at = at + 1 + length
    return true
  }

  private grow(bytes: number): void {
    const { at, buffer, start } = this
    if (at + bytes <= buffer.length) return
    const size = at - start
    const larger = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, (size + bytes) * 2))
    buffer.copy(larger, 0, start, at)
    this.buffer = larger
    this.start = 0
    this.at = size
  }
}
