// Which outcomes may stand in the table, so that fresh keys, of which there are many, need not be looked for there. It may
// say "perhaps" of one that does not stand; it never says "no" of one that does.
//
// Counts, in buckets by hash: each hash in several buckets of one block, which is a line of a processor's cache. So it takes one
// look at memory, and of a million keys lets one in a hundred through that does not stand (a search of the table's index each). It is
// filled in the order of the hashes, little by little, once it is first asked; beyond what it has seen it says "perhaps".
// Invariant: every row of the table's index below `#to` is counted in its buckets, or a bucket of them is full and stays so. A row may be
// counted twice, after a fold that failed, and before it is written; it is never taken out twice.

/** Eight mebibytes in all. Two buckets share a byte. */
const BLOCKS = 128 * 1_024
const BLOCK_BYTES = 64
const BUCKET_BITS = 7
/** Buckets of one hash. */
const COUNTS = 3
/** A bucket that has come this far stays there: what is more than that cannot be counted. */
const FULL = 15
const ALL = Number.POSITIVE_INFINITY

export class KeyFilter {
  /** Null: nobody has asked yet. A page of it that is never written takes no memory. */
  #counts: Uint8Array | null = null
  #to = 0
  /** Of what was looked at ahead: were it not kept, nobody would look. */
  near = 0

  /** Where filling goes on; null: there is nothing to fill. */
  get fillsFrom(): number | null {
    return this.#counts === null || this.#to === ALL ? null : this.#to
  }

  /** Whether it knows of all that stands, and goes by that. */
  get isFilled(): boolean {
    return this.#to === ALL
  }

  mayHave(hash: number): boolean {
    const counts = (this.#counts ??= new Uint8Array(BLOCKS * BLOCK_BYTES))
    if (hash >= this.#to) return true
    const mixed = mixedOf(hash)
    const block = blockOf(mixed)
    let buckets = bucketsOf(mixed)
    for (let left = COUNTS; left > 0; left -= 1, buckets >>>= BUCKET_BITS)
      if (countIn(counts[placeIn(block, buckets)] ?? 0, buckets) === 0) return false
    return true
  }

  /** Brings near the processor what `mayHave` looks at. @param low of the hash its lower 32 bits, with a sign; high: what is above. */
  lookAhead(high: number, low: number): void {
    this.near ^= this.#counts?.[blockOf(mix(high, low))] ?? 0
  }

  /** All hashes from `fillsFrom` on and below `to`, in order. @param to absent: these were the last. */
  see(hashes: Iterable<number>, to: number = ALL): void {
    this.#to = to
    for (const hash of hashes) this.add(hash)
  }

  add(hash: number): void {
    this.#count(hash, 1)
  }

  /** One that was added is gone. */
  remove(hash: number): void {
    this.#count(hash, -1)
  }

  #count(hash: number, by: 1 | -1): void {
    const counts = this.#counts
    if (counts === null || hash >= this.#to) return
    const mixed = mixedOf(hash)
    const block = blockOf(mixed)
    let buckets = bucketsOf(mixed)
    for (let left = COUNTS; left > 0; left -= 1, buckets >>>= BUCKET_BITS) {
      const place = placeIn(block, buckets)
      const both = counts[place] ?? 0
      const count = countIn(both, buckets)
      if (count < FULL && count + by >= 0) counts[place] = both + (by << shiftOf(buckets))
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

/** Where its block begins. */
function blockOf(mixed: number): number {
  return (mixed & (BLOCKS - 1)) * BLOCK_BYTES
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
