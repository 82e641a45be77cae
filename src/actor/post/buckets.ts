// A hash table for what comes and goes with every delivery: parcels by their ids, lanes by their correspondents. It decides
// where an entry stands; what a hash is taken from, and which of the entries with that hash is meant, is its user's.
//
// A Map would do the same. But a Map whose entries live as long as one commit is made anew every few dozen of them, and
// what it was before, once old, keeps dead entries from being collected: that cost a fifth of the time of an effect. This
// table is kept, and forgets an entry when it is removed.

/** What stands in such a table: in one at a time. */
export interface Entry<Self> {
  readonly hash: number
  /** The next one in its bucket. */
  next: Self | null
}

const FIRST_BUCKETS = 64

export class Buckets<Item extends Entry<Item>> {
  size = 0
  private buckets: (Item | null)[] = emptyBuckets(FIRST_BUCKETS)

  /** The first of those that may have this hash; the others follow by `next`. */
  first(hash: number): Item | null {
    return this.buckets[hash & (this.buckets.length - 1)] ?? null
  }

  add(item: Item): void {
    if (this.size >= this.buckets.length) this.grow()
    this.put(item)
    this.size += 1
  }

  /** @returns false when the entry is not there. */
  remove(item: Item): boolean {
    const at = item.hash & (this.buckets.length - 1)
    let before: Item | null = null
    for (let each = this.buckets[at] ?? null; each !== null; each = each.next) {
      if (each === item) {
        if (before === null) this.buckets[at] = item.next
        else before.next = item.next
        item.next = null
        this.size -= 1
        return true
      }
      before = each
    }
    return false
  }

  /** All of them, as they are now. */
  all(): Item[] {
    const items: Item[] = []
    for (const first of this.buckets) for (let item = first; item !== null; item = item.next) items.push(item)
    return items
  }

  private put(item: Item): void {
    const at = item.hash & (this.buckets.length - 1)
    item.next = this.buckets[at] ?? null
    this.buckets[at] = item
  }

  private grow(): void {
    const old = this.buckets
    this.buckets = emptyBuckets(old.length * 2)
    for (const first of old) {
      for (let item = first; item !== null;) {
        const { next } = item
        this.put(item)
        item = next
      }
    }
  }
}

/** Odd, and of many bits. */
const FACTOR = 0x5bd1_e995

/**
 * Over all of the text, so that names which differ anywhere fall apart; and so that those of a pair do, of which each has the
 * name of the other, as a user and the cart of that user.
 */
export function hashOf(text: string, seed = 0): number {
  let hash = seed
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), FACTOR)
  return hash ^ (hash >>> 15)
}

function emptyBuckets<Item>(count: number): (Item | null)[] {
  return new Array<Item | null>(count).fill(null)
}
