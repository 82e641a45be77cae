// The authentication of GCM (NIST SP 800-38D, GHASH): a polynomial over the bound bytes and the encrypted ones, evaluated at
// a point that only the key knows. By byte tables, which are made once for a key. Decides nothing: for the same bytes it has
// the same tag as OpenSSL, which opens all that is sealed.

const BLOCK_BYTES = 16
/** x^128 + x^7 + x^2 + x + 1, as GCM writes its bits. */
const REDUCTION = 0xe1000000

/** The multiples of one key's point. */
export class GhashTable {
  /** Four words for each byte. */
  readonly multiples = new Int32Array(1_024)
  /** What a byte that is shifted out comes back as. */
  readonly carries = new Int32Array(256)

  /** @param point a block of zeros, encrypted with the key. */
  constructor(point: Buffer) {
    this.#double(point)
    for (let byte = 1; byte < 256; byte += 1) {
      const lowest = byte & -byte
      for (let word = 0; word < 4; word += 1) {
        if (byte !== lowest)
          this.multiples[byte * 4 + word] = this.#word(lowest, word) ^ this.#word(byte ^ lowest, word)
      }
      let carry = 0
      for (let bit = 0; bit < 8; bit += 1) if ((byte >> bit) & 1) carry ^= REDUCTION >>> (7 - bit)
      this.carries[byte] = carry
    }
  }

  /** The bytes with one bit: the highest is the point itself, and each lower one is it times x. */
  #double(point: Buffer): void {
    const words = [0, 4, 8, 12].map((at) => point.readInt32BE(at))
    let [a = 0, b = 0, c = 0, d = 0] = words
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      this.multiples.set([a, b, c, d], bit * 4)
      const carry = (d & 1) === 0 ? 0 : REDUCTION
      d = (d >>> 1) | (c << 31)
      c = (c >>> 1) | (b << 31)
      b = (b >>> 1) | (a << 31)
      a = (a >>> 1) ^ carry
    }
  }

  #word(byte: number, word: number): number {
    return this.multiples[byte * 4 + word] ?? 0
  }
}

/** Evaluates, one tag at a time. */
export class Ghash {
  readonly #multiples: Int32Array
  readonly #carries: Int32Array
  readonly #lengths = new Uint8Array(BLOCK_BYTES)
  readonly #view = new DataView(this.#lengths.buffer)
  // What it has come to: four words.
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  constructor({ carries, multiples }: GhashTable) {
    this.#multiples = multiples
    this.#carries = carries
  }

  begin(): void {
    this.#a = this.#b = this.#c = this.#d = 0
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

  /** Adds a block and multiplies by the point, from the last byte to the first. */
  #block(w0: number, w1: number, w2: number, w3: number): void {
    const multiples = this.#multiples
    const carries = this.#carries
    const words = [this.#d ^ w3, this.#c ^ w2, this.#b ^ w1, this.#a ^ w0]
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (const given of words) {
      for (let shift = 0; shift < 32; shift += 8) {
        const out = d & 0xff
        const row = ((given >>> shift) & 0xff) << 2
        d = ((d >>> 8) | (c << 24)) ^ (multiples[row + 3] ?? 0)
        c = ((c >>> 8) | (b << 24)) ^ (multiples[row + 2] ?? 0)
        b = ((b >>> 8) | (a << 24)) ^ (multiples[row + 1] ?? 0)
        a = (a >>> 8) ^ (carries[out] ?? 0) ^ (multiples[row] ?? 0)
      }
    }
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
  }
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
