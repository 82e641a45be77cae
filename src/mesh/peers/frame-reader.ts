// Bytes as values: what FrameWriter wrote. Decides when bytes make no sense; nothing is read beyond what it was given.
//
// Invariant: whatever the bytes are, each method answers a value or throws MalformedFrame.

export class MalformedFrame extends Error {}

export class FrameReader {
  private readonly buffer: Buffer
  private at: number
  private end: number

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = 0
    this.end = bytes.byteLength
  }

  get isAtEnd(): boolean {
    return this.at === this.end
  }

  byte(): number {
    this.need(1)
    return this.buffer[this.at++] ?? 0
  }

  count(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte <= 0x7f) {
        if (!Number.isSafeInteger(value)) break
        return value
      }
    }
    throw new MalformedFrame('a number is too large')
  }

  /** The byte that stands behind so many numbers from here; nothing is read. */
  peekAfterCounts(counts: number): number {
    const { at } = this
    for (let left = counts; left > 0; left -= 1) this.count()
    const byte = this.byte()
    this.at = at
    return byte
  }

  number(): number {
    this.need(8)
    const value = this.buffer.readDoubleLE(this.at)
    this.at += 8
    return value
  }

  fixed(): number {
    this.need(4)
    const value = this.buffer.readUInt32LE(this.at)
    this.at += 4
    return value
  }

  text(): string {
    const length = this.count()
    this.need(length)
    const from = this.at
    this.at += length
    return length === 0 ? '' : this.buffer.toString('utf8', from, this.at)
  }

  /** Bytes that may be kept: a few out of much memory are copied. */
  bytes(): Uint8Array {
    const view = this.view(this.count())
    return view.length * 2 >= view.buffer.byteLength ? view : view.slice()
  }

  /** The next so many bytes, as they lie in what is read. */
  view(length: number): Uint8Array {
    this.need(length)
    const from = this.at
    this.at += length
    return new Uint8Array(this.buffer.buffer, this.buffer.byteOffset + from, length)
  }

  /** Reads no further than so many bytes from here, until `leave` gets what this answers. */
  enter(length: number): number {
    this.need(length)
    const { end } = this
    this.end = this.at + length
    return end
  }

  /** Goes on behind what was entered, whatever of it was read. */
  leave(end: number): void {
    this.at = this.end
    this.end = end
  }

  private need(bytes: number): void {
    if (bytes > this.end - this.at) throw new MalformedFrame('it ends too early')
  }
}
