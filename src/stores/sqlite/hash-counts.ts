// How often hashes were counted, in buckets: each hash in several buckets of one block, which is a line of a processor's cache. So it
// takes one look at memory to know that one was never counted. What is counted, and why, is key-filter.ts's.
//
// Invariant: a bucket that is full stays so, as nobody knows by how much; any other one goes up and down with what is in it.

const BLOCK_BYTES = 64
const BUCKET_BITS = 7
/** Buckets of one hash. */
const COUNTS = 3
/** A bucket that has come this far stays there: what is more than that cannot be counted. */
const FULL = 15

export class HashCounts {
  /** Two buckets share a byte. A page of it that is never written takes no memory. */
  readonly #counts: Uint8Array
  readonly #lastBlock: number

  /** @param bytes a power of two. */
  constructor(bytes: number) {
    this.#counts = new Uint8Array(bytes)
    this.#lastBlock = bytes / BLOCK_BYTES - 1
  }

  get bytes(): number {
    return this.#counts.length
  }

  /** False: it surely was never added. */
  has(hash: number): boolean {
    const mixed = mixedOf(hash)
    const block = (mixed & this.#lastBlock) * BLOCK_BYTES
    let buckets = bucketsOf(mixed)
    for (let left = COUNTS; left > 0; left -= 1, buckets >>>= BUCKET_BITS)
      if (countIn(this.#counts[placeIn(block, buckets)] ?? 0, buckets) === 0) return false
    return true
  }

  /** Something of the block that `has` looks at. @param low of the hash its lower 32 bits, with a sign; high: what is above. */
  lookAhead(high: number, low: number): number {
    return this.#counts[(mix(high, low) & this.#lastBlock) * BLOCK_BYTES] ?? 0
  }

  add(hash: number, by: 1 | -1): void {
    const mixed = mixedOf(hash)
    const block = (mixed & this.#lastBlock) * BLOCK_BYTES
    let buckets = bucketsOf(mixed)
    for (let left = COUNTS; left > 0; left -= 1, buckets >>>= BUCKET_BITS) {
      const place = placeIn(block, buckets)
      const both = this.#counts[place] ?? 0
      const count = countIn(both, buckets)
      if (count < FULL && count + by >= 0) this.#counts[place] = both + (by << shiftOf(buckets))
    }
  }
}

/** Of a whole number below 2^53: 32 bits. */
function mixedOf(hash: number): number {
  const high = Math.floor(hash / 2 ** 32)
  return mix(high, (hash - high * 2 ** 32) | 0)
}

function mix(high: number, low: number): number {
  const mixed = low ^ Math.imul(high, 0x9e37_79b1)
  return mixed ^ (mixed >>> 15)
}

/** Which of its block, the first in the lowest bits. */
function bucketsOf(mixed: number): number {
  return Math.imul(mixed ^ (mixed >>> 13), 0x85eb_ca6b) >>> (32 - COUNTS * BUCKET_BITS)
}

function placeIn(block: number, buckets: number): number {
  return block + ((buckets & (2 * BLOCK_BYTES - 1)) >>> 1)
}

function countIn(both: number, buckets: number): number {
  return (both >>> shiftOf(buckets)) & FULL
}

function shiftOf(buckets: number): number {
  return (buckets & 1) * 4
}
