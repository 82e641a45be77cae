// Protobuf fields read one after the other, without an object for each and without the library: for the few messages that
// come with every call, and for JSON. It knows the plain forms only; what is rare or wrong makes it throw Unusual, and its
// caller says what that means: mostly, that the library reads the message instead.

/** The bytes are not as plain as they nearly always are. */
export class Unusual extends Error {}

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const GROUP = 3
const GROUP_END = 4
const FIXED_32 = 5

/** The last number that a field can have: a tag has 32 bits. */
const LAST_FIELD = 2 ** 29 - 1

/** Groups in groups; the library goes no deeper either. */
const DEPTH_LIMIT = 100

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

  /** Goes past the content of a field that nobody reads. */
  skip(field: number, depth = 0): void {
    if (field > LAST_FIELD) throw new Unusual()
    switch (this.wireType) {
      case VARINT:
        return this.skipVarint()
      case FIXED_64:
        this.at += 8
        return
      case LENGTH_DELIMITED:
        this.at = this.length()
        return
      case FIXED_32:
        this.at += 4
        return
      case GROUP:
        return this.skipGroup(field, depth)
      default:
        throw new Unusual()
    }
  }

  /** One of a number may be longer than `varint` takes. */
  private skipVarint(): void {
    while ((this.bytes[this.at] ?? 0) >= 0x80) this.at += 1
    this.at += 1
  }

  private skipGroup(group: number, depth: number): void {
    if (depth === DEPTH_LIMIT) throw new Unusual()
    for (let field = this.next(); field !== 0; field = this.next()) {
      if (this.wireType !== GROUP_END) this.skip(field, depth + 1)
      else if (field === group) return
      else break
    }
    throw new Unusual()
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
