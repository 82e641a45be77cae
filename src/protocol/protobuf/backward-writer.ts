// Protobuf fields written from the end of a buffer to its beginning: a message is there before its length is needed, so
// nothing is measured or moved. It decides nothing about which fields there are. The buffer is kept between messages.
//
// Invariant: text that holds nothing is not written, as proto3 has it, but in maps; and what `finish` gave stays as it is.

import { SpawnError } from '../../base/index.ts'
import type { Packed } from '../packed.ts'

const FIRST_BYTES = 4_096

/** After a larger message the buffer is let go. */
const KEPT_BYTES = 65_536

const LENGTH_DELIMITED = 2

/** Up to here a loop beats the encoder's call. */
const SHORT_CHARS = 32

export class BackwardWriter {
  private buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** How many bytes there are, at the end of the buffer. */
  private size = 0

  /** What is written from now on stands before what there is; its length is what `wrap` takes the mark for. */
  get mark(): number {
    return this.size
  }

  /** Makes all that was written since the mark the content of a field. */
  wrap(field: number, mark: number): void {
    const length = this.size - mark
    this.grow(10)
    // Backwards, too, in their own order: the length after the tag.
    this.varint(length)
    this.varint((field << 3) | LENGTH_DELIMITED)
  }

  text(field: number, text: string): void {
    if (text === '') return
    const { mark } = this
    this.characters(text)
    this.wrap(field, mark)
  }

  /** A message that is there as bytes. */
  message(field: number, bytes: Uint8Array): void {
    const { mark } = this
    this.grow(bytes.length)
    this.size += bytes.length
    this.buffer.set(bytes, this.buffer.length - this.size)
    this.wrap(field, mark)
  }

  /** A whole number, from 1. */
  number(field: number, value: number): void {
    this.grow(20)
    this.varint(value)
    this.varint(field << 3)
  }

  any(field: number, { typeUrl, value }: Packed): void {
    const { mark } = this
    if (value.length > 0) {
      this.grow(value.length)
      this.size += value.length
      this.buffer.set(value, this.buffer.length - this.size)
      this.wrap(2, mark)
    }
    this.text(1, typeUrl)
    this.wrap(field, mark)
  }

  entries(field: number, entries: Readonly<Record<string, string>>): void {
    for (const name in entries) {
      const { mark } = this
      this.characters(entries[name] ?? '')
      this.wrap(2, mark)
      const before = this.mark
      this.characters(name)
      this.wrap(1, before)
      this.wrap(field, mark)
    }
  }

  /** What was written. It shares its memory with others, as small Buffers do: to be sent, not to be kept. */
  finish(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.size)
    this.buffer.copy(bytes, 0, this.buffer.length - this.size)
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
    this.size = 0
    return bytes
  }

  /** Drops what there is: an error has ended the message. */
  reset(): void {
    this.size = 0
  }

  private characters(text: string): void {
    const { length } = text
    // A UTF-16 unit takes at most three bytes.
    this.grow(length * 3)
    if (length <= SHORT_CHARS && this.shortAscii(text)) return
    if (!text.isWellFormed()) {
      throw new SpawnError('INVALID_ARGUMENT', 'a text has half a surrogate pair and is no valid text')
    }
    const bytes = Buffer.byteLength(text)
    this.size += bytes
    this.buffer.write(text, this.buffer.length - this.size, bytes)
  }

  private shortAscii(text: string): boolean {
    const { buffer } = this
    const { length } = text
    const start = buffer.length - this.size - length
    for (let at = 0; at < length; at += 1) {
      const unit = text.charCodeAt(at)
      if (unit > 0x7f) return false
      buffer[start + at] = unit
    }
    this.size += length
    return true
  }

  private varint(value: number): void {
    let bytes = 1
    for (let rest = value; rest > 0x7f; rest >>>= 7) bytes += 1
    this.size += bytes
    const { buffer } = this
    let at = buffer.length - this.size
    let rest = value
    for (; rest > 0x7f; rest >>>= 7) buffer[at++] = (rest & 0x7f) | 0x80
    buffer[at] = rest
  }

  /** Makes room before what there is. */
  private grow(bytes: number): void {
    const { buffer, size } = this
    if (size + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, size + bytes))
    buffer.copy(larger, larger.length - size, buffer.length - size)
    this.buffer = larger
  }
}
