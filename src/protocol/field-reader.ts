// Protobuf fields read one after the other, without an object for each: for the few messages that come with every call. It
// knows the plain forms only; what is rare or wrong makes it throw Unusual, and the library reads the message instead. So it
// never says what malformed bytes mean.

/** The bytes are not as plain as they nearly always are. */
export class Unusual extends Error {}

const VARINT = 0
const LENGTH_DELIMITED = 2

/** Numbers beyond are left to the library. */
const SAFE_SHIFT = 2 ** 46

export class FieldReader {
  private readonly bytes: Buffer
  private at = 0
  private end: number
  private wireType = VARINT

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.end = bytes.length
  }

  /** The number of the next field; 0: there is none. */
  next(): number {
    if (this.at >= this.end) {
      if (this.at > this.end) throw new Unusual()
      return 0
    }
    const tag = this.varint()
    this.wireType = tag & 7
    const field = Math.floor(tag / 8)
    if (field === 0) throw new Unusual()
    return field
  }

  /** Goes into a message. @returns what `leave` takes. */
  enter(): number {
    const { end } = this
    this.end = this.length()
    return end
  }

  /** After the last field of a message: goes on with the one around it. */
  leave(end: number): void {
    this.end = end
  }

  /** The content of a field. It shares its memory with the whole. */
  content(): Buffer {
    const end = this.length()
    const content = this.bytes.subarray(this.at, end)
    this.at = end
    return content
  }

  text(): string {
    const end = this.length()
    const { at, bytes } = this
    this.at = end
    const text = bytes.toString('utf8', at, end)
    if (text.includes('\uFFFD')) throw new Unusual()
    return text
  }

  /** A whole number that is not negative. */
  number(): number {
    if (this.wireType !== VARINT) throw new Unusual()
    return this.varint()
  }

  flag(): boolean {
    return this.number() !== 0
  }

  /** Where the content ends. */
  private length(): number {
    if (this.wireType !== LENGTH_DELIMITED) throw new Unusual()
    const end = this.varint() + this.at
    if (end > this.end) throw new Unusual()
    return end
  }

  private varint(): number {
    let value = 0
    let weight = 1
    for (;;) {
      const byte = this.at < this.end ? this.bytes[this.at] : undefined
      if (byte === undefined) throw new Unusual()
      this.at += 1
      value += (byte & 0x7f) * weight
      if (byte < 0x80) return value
      if (weight > SAFE_SHIFT / 128) throw new Unusual()
      weight *= 128
    }
  }
}
