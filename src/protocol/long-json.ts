// JSON of values that have long texts in them, written straight into its bytes. `JSON.stringify` takes ten times as long for a
// character of a long text as for one of a short text, and answers a text of which bytes have to be made again. Decides which
// texts are long, and how they are written; all that stands between them is JSON.stringify's.
//
// Invariant: the bytes are those of what JSON.stringify answers, or it answers null.

/** In UTF-16 units. */
export const LONG_TEXT = 8_192

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LAST_CONTROL = 0x1f

/** What stands behind the backslash, by the character; 0: it stands for itself. Other control characters have four digits. */
const SHORT_ESCAPES = new Uint8Array(BACKSLASH + 1)
for (const [character, escape] of ['""', '\\\\', '\bb', '\ff', '\nn', '\rr', '\tt'].map((pair) =>
  Buffer.from(pair),
))
  SHORT_ESCAPES[character ?? 0] = escape ?? 0
const DIGITS = 0x75

/** What stands in a text as it is has none of these. */
// oxlint-disable-next-line no-control-regex -- they are what has an escape
const ESCAPED = /["\\\u0000-\u001f]/

/** A text, or where something is escaped its UTF-8. */
interface LongText {
  readonly text: string | Buffer
  /** Between its quotes. */
  readonly length: number
}

export class LongJson {
  /** What is between two long texts, and the texts, in order. */
  readonly #pieces: (string | LongText)[] = []
  #between = ''
  #length = 0
  /** All that has a long text somewhere below it. */
  readonly #holders = new Set<object>()

  private constructor() {}

  /** @param value without anything that JSON cannot carry. Null: it has something that only JSON.stringify knows how to write. */
  static of(value: unknown): LongJson | null {
    const json = new LongJson()
    json.#find(value)
    if (!json.#add(value)) return null
    json.#endBetween()
    return json
  }

  /** In bytes. */
  get length(): number {
    return this.#length
  }

  /** @param bytes where there is room for all of it from `start` on. */
  write(bytes: Buffer, start: number): void {
    let at = start
    for (const piece of this.#pieces)
      at = typeof piece === 'string' ? at + bytes.write(piece, at) : writeLong(bytes, at, piece)
  }

  #find(value: unknown): boolean {
    if (typeof value === 'string') return value.length >= LONG_TEXT
    if (typeof value !== 'object' || value === null) return false
    let isHolder = false
    for (const child of Object.values(value)) if (this.#find(child)) isHolder = true
    if (isHolder) this.#holders.add(value)
    return isHolder
  }

  /** False: only JSON.stringify knows how. */
  #add(value: unknown): boolean {
    if (typeof value === 'string' && value.length >= LONG_TEXT) {
      this.#addLong(value)
      return true
    }
    if (typeof value === 'object' && value !== null) {
      // It may depend on the key that it stands under.
      if ('toJSON' in value) return false
      if (this.#holders.has(value))
        return Array.isArray(value) ? this.#addItems(value) : this.#addEntries(value)
    }
    this.#between += JSON.stringify(value)
    return true
  }

  #addItems(items: readonly unknown[]): boolean {
    let lead = '['
    for (const item of items) {
      this.#between += lead
      if (!this.#add(item)) return false
      lead = ','
    }
    this.#between += ']'
    return true
  }

  #addEntries(holder: object): boolean {
    // What JSON.rawJSON makes is one.
    if (Object.getPrototypeOf(holder) === null) return false
    let lead = '{'
    for (const [key, value] of Object.entries(holder)) {
      if (value === undefined) continue
      this.#between += `${lead}${JSON.stringify(key)}:`
      if (!this.#add(value)) return false
      lead = ','
    }
    this.#between += '}'
    return true
  }

  #addLong(text: string): void {
    // What is no half of a pair is an escape.
    if (!text.isWellFormed()) {
      this.#between += JSON.stringify(text)
      return
    }
    this.#endBetween()
    const isPlain = !ESCAPED.test(text)
    const long = isPlain ? { text, length: Buffer.byteLength(text) } : escapedLong(Buffer.from(text))
    this.#pieces.push(long)
    this.#length += long.length + 2
  }

  #endBetween(): void {
    if (this.#between === '') return
    this.#pieces.push(this.#between)
    this.#length += Buffer.byteLength(this.#between)
    this.#between = ''
  }
}

function escapedLong(text: Buffer): LongText {
  let { length } = text
  for (const byte of text) {
    if (byte > BACKSLASH) continue
    if (SHORT_ESCAPES[byte] !== 0) length += 1
    else if (byte <= LAST_CONTROL) length += 5
  }
  return { text, length }
}

/** @returns where it ends. */
function writeLong(bytes: Buffer, start: number, { length, text }: LongText): number {
  const end = start + 1 + length
  bytes[start] = QUOTE
  if (typeof text === 'string') bytes.write(text, start + 1)
  else writeEscaped(bytes, start + 1, text)
  bytes[end] = QUOTE
  return end + 1
}

function writeEscaped(bytes: Buffer, start: number, text: Buffer): void {
  let at = start
  for (const byte of text) {
    const escape = byte > BACKSLASH ? 0 : (SHORT_ESCAPES[byte] ?? 0)
    if (escape === 0 && byte > LAST_CONTROL) {
      bytes[at++] = byte
      continue
    }
    bytes[at++] = BACKSLASH
    bytes[at++] = escape === 0 ? DIGITS : escape
    if (escape === 0) at += bytes.write(`00${byte.toString(16).padStart(2, '0')}`, at)
  }
}
