// Which envelope ids may stand in the outbox's table, so that the ids of new envelopes, of which there are many, need not
// be looked for there. It may say "perhaps" of an id that does not stand; it never says "no" of one that does.
//
// Counts, in buckets by the hash of the id. Invariant: every row of the table is counted in its bucket, or the bucket is
// full. A row may be counted twice, after a fold that failed; it is never taken out twice.

const BUCKETS = 1_024 * 1_024
/** A bucket that has come this far stays there: what is more than that cannot be counted. */
const FULL = 255
/** Ids are hashed by their length and this much of their end. */
const HASHED_UNITS = 48

export class IdFilter {
  /** Null: nothing was ever added. A page of it that is never written takes no memory. */
  #buckets: Uint8Array | null = null

  add(id: string): void {
    const buckets = (this.#buckets ??= new Uint8Array(BUCKETS))
    const bucket = bucketOf(id)
    const count = buckets[bucket] ?? FULL
    if (count < FULL) buckets[bucket] = count + 1
  }

  /** One row with this id, which was added, is gone. */
  remove(id: string): void {
    const bucket = bucketOf(id)
    const count = this.#buckets?.[bucket] ?? FULL
    if (this.#buckets !== null && count > 0 && count < FULL) this.#buckets[bucket] = count - 1
  }

  mayHave(id: string): boolean {
    return this.#buckets !== null && this.#buckets[bucketOf(id)] !== 0
  }
}

/** FNV-1a. */
function bucketOf(id: string): number {
  let hash = 0x811c9dc5 ^ id.length
  for (let at = Math.max(0, id.length - HASHED_UNITS); at < id.length; at += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(at), 0x0100_0193)
  }
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1)
}
