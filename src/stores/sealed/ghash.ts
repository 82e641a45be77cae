// The authentication of GCM (NIST SP 800-38D, GHASH): a polynomial over the bound bytes and the encrypted ones, evaluated at
// a point that only the key knows. By tables, which are made once for a key. Decides nothing: for the same bytes it has the
// same tag as OpenSSL, which opens all that is sealed.

const BLOCK_BYTES = 16
/** x^128 + x^7 + x^2 + x + 1, as GCM writes its bits. */
const REDUCTION = 0xe1000000
/** Of the multiples of all bytes at one place. */
const PLACE_WORDS = 1_024

/** The multiples of one key's point: of each byte at each of a block's sixteen places, 64 KiB. */
export class GhashTable {
  /** Four words for each byte, 256 of these for each place. */
  readonly multiples = new Int32Array(BLOCK_BYTES * PLACE_WORDS)

  /** @param point a block of zeros, encrypted with the key. */
  constructor(point: Buffer) {
    this.#multiply(point)
    for (let place = 0; place < this.multiples.length; place += PLACE_WORDS) this.#add(place)
  }

  /** The bytes with one bit: the highest of the first place is the point itself, and each that follows is the one before times x. */
  #multiply(point: Buffer): void {
    let [a = 0, b = 0, c = 0, d = 0] = [0, 4, 8, 12].map((at) => point.readInt32BE(at))
    for (let bit = 0; bit < BLOCK_BYTES * 8; bit += 1) {
      const byte = 0x80 >>> (bit & 7)
      this.multiples.set([a, b, c, d], (bit >>> 3) * PLACE_WORDS + byte * 4)
      const carry = (d & 1) === 0 ? 0 : REDUCTION
      d = (d >>> 1) | (c << 31)
      c = (c >>> 1) | (b << 31)
      b = (b >>> 1) | (a << 31)
      a = (a >>> 1) ^ carry
    }
  }

  /** The bytes with several bits at a place are the sums of those with one. */
  #add(place: number): void {
    const { multiples } = this
    for (let byte = 1; byte < 256; byte += 1) {
      const lowest = byte & -byte
      if (byte === lowest) continue
      for (let word = 0; word < 4; word += 1) {
        const [one = 0, rest = 0] = [
          multiples[place + lowest * 4 + word],
          multiples[place + (byte ^ lowest) * 4 + word],
        ]
        multiples[place + byte * 4 + word] = one ^ rest
      }
    }
  }
}

/** What a tag has come to, before its end: four words. */
export type GhashState = readonly [a: number, b: number, c: number, d: number]

/** Evaluates, one tag at a time. */
export class Ghash {
  readonly #multiples: Int32Array
  readonly #lengths = new Uint8Array(BLOCK_BYTES)
  readonly #view = new DataView(this.#lengths.buffer)
  // What it has come to: four words.
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  constructor({ multiples }: GhashTable) {
    this.#multiples = multiples
  }

  begin(): void {
    this.#a = this.#b = this.#c = this.#d = 0
  }

  state(): GhashState {
    return [this.#a, this.#b, this.#c, this.#d]
  }

  /** Goes on with a tag that was begun before. */
  resume([a, b, c, d]: GhashState): void {
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
  }

  /** Takes in bytes, filled up with zeros to whole blocks. */
  absorb(bytes: Uint8Array, from: number, to: number): void {
    let at = from
    for (; at + BLOCK_BYTES <= to; at += BLOCK_BYTES)
      this.#block(word(bytes, at), word(bytes, at + 4), word(bytes, at + 8), word(bytes, at + 12))
    if (at === to) return
    this.#block(
      lastWord(bytes, at, to),
      lastWord(bytes, at + 4, to),
      lastWord(bytes, at + 8, to),
      lastWord(bytes, at + 12, to),
    )
  }

  /** Takes in how many bytes were bound and how many encrypted, and writes the tag, which a block of keystream hides. */
  end(
    bound: number,
    encrypted: number,
    mask: Uint8Array,
    maskAt: number,
    tag: Uint8Array,
    tagAt: number,
  ): void {
    this.#view.setUint32(4, bound * 8)
    this.#view.setUint32(12, encrypted * 8)
    this.absorb(this.#lengths, 0, BLOCK_BYTES)
    putWord(tag, tagAt, this.#a ^ word(mask, maskAt))
    putWord(tag, tagAt + 4, this.#b ^ word(mask, maskAt + 4))
    putWord(tag, tagAt + 8, this.#c ^ word(mask, maskAt + 8))
    putWord(tag, tagAt + 12, this.#d ^ word(mask, maskAt + 12))
  }

  /** Adds a block and multiplies by the point. */
  #block(w0: number, w1: number, w2: number, w3: number): void {
    const multiples = this.#multiples
    const x0 = this.#a ^ w0
    const x1 = this.#b ^ w1
    const x2 = this.#c ^ w2
    const x3 = this.#d ^ w3
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    // One byte of each word at a time: the look-ups of four do not wait for each other.
    for (let byte = 0; byte < 4; byte += 1) {
      const shift = 24 - byte * 8
      const r0 = rowOf(byte, x0 >>> shift)
      const r1 = rowOf(byte + 4, x1 >>> shift)
      const r2 = rowOf(byte + 8, x2 >>> shift)
      const r3 = rowOf(byte + 12, x3 >>> shift)
      a ^= (multiples[r0] ?? 0) ^ (multiples[r1] ?? 0) ^ (multiples[r2] ?? 0) ^ (multiples[r3] ?? 0)
      b ^=
        (multiples[r0 + 1] ?? 0) ^
        (multiples[r1 + 1] ?? 0) ^
        (multiples[r2 + 1] ?? 0) ^
        (multiples[r3 + 1] ?? 0)
      c ^=
        (multiples[r0 + 2] ?? 0) ^
        (multiples[r1 + 2] ?? 0) ^
        (multiples[r2 + 2] ?? 0) ^
        (multiples[r3 + 2] ?? 0)
      d ^=
        (multiples[r0 + 3] ?? 0) ^
        (multiples[r1 + 3] ?? 0) ^
        (multiples[r2 + 3] ?? 0) ^
        (multiples[r3 + 3] ?? 0)
    }
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
  }
}

/** Where the multiples of a byte at a place stand. */
function rowOf(place: number, value: number): number {
  return place * PLACE_WORDS + (value & 0xff) * 4
}

function word(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  )
}

/** The same, with zeros from `to` on. */
function lastWord(bytes: Uint8Array, at: number, to: number): number {
  let value = 0
  for (let byte = 0; byte < 4; byte += 1)
    value = (value << 8) | (at + byte < to ? (bytes[at + byte] ?? 0) : 0)
  return value
}

function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}
