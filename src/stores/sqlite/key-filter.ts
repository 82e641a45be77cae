// Which outcomes may stand in the table, so that fresh keys, of which there are many, need not be looked for there. It may
// say "perhaps" of one that does not stand; it never says "no" of one that does.
//
// Counts, in buckets by hash. It is filled in the order of the hashes, little by little, once it is first asked; beyond
// what it has seen it says "perhaps". Invariant: every row of the table's index below `#to` is counted in its bucket, or the
// bucket is full. A row may be counted twice, after a fold that failed; it is never taken out twice.

const BUCKETS = 4 * 1_024 * 1_024
/** A bucket that has come this far stays there: what is more than that cannot be counted. */
const FULL = 255
const ALL = Number.POSITIVE_INFINITY

export class KeyFilter {
  /** Null: nobody has asked yet. A page of it that is never written takes no memory. */
  #buckets: Uint8Array | null = null
  #to = 0

  /** Where filling goes on; null: there is nothing to fill. */
  get fillsFrom(): number | null {
    return this.#buckets === null || this.#to === ALL ? null : this.#to
  }

  mayHave(hash: number): boolean {
    this.#buckets ??= new Uint8Array(BUCKETS)
    return hash >= this.#to || this.#buckets[bucketOf(hash)] !== 0
  }

  /** All hashes from `fillsFrom` on and below `to`, in order. @param to absent: these were the last. */
  see(hashes: Iterable<number>, to: number = ALL): void {
    this.#to = to
    for (const hash of hashes) this.add(hash)
  }

  add(hash: number): void {
    if (this.#buckets === null || hash >= this.#to) return
    const bucket = bucketOf(hash)
    const count = this.#buckets[bucket] ?? FULL
    if (count < FULL) this.#buckets[bucket] = count + 1
  }

  /** One that was added is gone. */
  remove(hash: number): void {
    if (this.#buckets === null || hash >= this.#to) return
    const bucket = bucketOf(hash)
    const count = this.#buckets[bucket] ?? FULL
    if (count > 0 && count < FULL) this.#buckets[bucket] = count - 1
  }
}

/** Of a whole number below 2^53. */
function bucketOf(hash: number): number {
  const high = Math.floor(hash / 2 ** 32)
  const mixed = ((hash % 2 ** 32) | 0) ^ Math.imul(high, 0x9e37_79b1)
  return (mixed ^ (mixed >>> 15)) & (BUCKETS - 1)
}
