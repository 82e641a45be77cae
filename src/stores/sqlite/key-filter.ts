// Which outcomes may stand in the table, so that fresh keys, of which there are many, need not be looked for there. It may
// say "perhaps" of one that does not stand; it never says "no" of one that does.
//
// It counts (hash-counts.ts). Of as many keys as it is made for it lets six in a thousand through that do not stand: each is a look into
// every run of the index. It is filled in the order of the hashes, little by little, once it is first asked;
// beyond what it has seen it says "perhaps". When there are more keys, one of twice the size is filled beside it, and takes its place.
//
// It may be told of keys before they are written (`count`), as those of a generation of the journal are; the next one hears of keys as they
// are written. So it takes its place when all that were counted are: one generation is not, and when that is all there is besides, it does.
//
// Invariant: every outcome of the table with a hash below `to` is counted there, or a bucket of it is full and stays so. One may be
// counted twice, after a fold that failed; it is never taken out twice.

import { HashCounts } from './hash-counts.ts'

const FIRST_BYTES = 8 * 1_024 * 1_024
/** The largest is for sixteen millions of keys: of more it lets more through. */
const LAST_BYTES = 128 * 1_024 * 1_024
/** For each key that it is made for. */
const KEY_BYTES = 8
const ALL = Number.POSITIVE_INFINITY

/** Counts, and up to which hash everything is counted. */
interface Filling {
  readonly counts: HashCounts
  to: number
}

export class KeyFilter {
  readonly #firstBytes: number
  /** Null: nobody has asked yet. */
  #current: Filling | null = null
  /** The one that will take its place; null: none will. */
  #next: Filling | null = null
  /** Whether the last generation was not counted, so that it may. */
  #isAwaited = false
  #keys = 0
  /** Of what was looked at ahead: were it not kept, nobody would look. */
  near = 0

  /** @param firstBytes a power of two. */
  constructor(firstBytes = FIRST_BYTES) {
    this.#firstBytes = firstBytes
  }

  /** Where filling goes on; null: there is nothing to fill. */
  get fillsFrom(): number | null {
    const to = this.#filling?.to ?? ALL
    return to === ALL ? null : to
  }

  /** Whether it knows of all that stands, and goes by that. */
  get isFilled(): boolean {
    return this.#current?.to === ALL
  }

  mayHave(hash: number): boolean {
    const { counts, to } = (this.#current ??= { counts: new HashCounts(this.#firstBytes), to: 0 })
    return hash >= to || counts.has(hash)
  }

  /** All hashes from `fillsFrom` on and below `to`, in no order. @param to absent: these were the last. */
  see(hashes: Iterable<number>, to: number = ALL): void {
    const filling = this.#filling
    if (filling === null) return
    filling.to = to
    for (const hash of hashes) {
      filling.counts.add(hash, 1)
      if (filling === this.#current) this.#keys += 1
    }
    this.#growIfFull()
  }

  /**
   * A generation of keys begins, and all before the last one are written.
   *
   * @returns whether `count` may be told of them.
   */
  beginGeneration(): boolean {
    const next = this.#next
    if (next?.to !== ALL) return this.isFilled
    this.#isAwaited = !this.#isAwaited
    if (this.#isAwaited) return false
    ;[this.#current, this.#next] = [next, null]
    return true
  }

  /** Brings near the processor what `mayHave` looks at. @param low of the hash its lower 32 bits, with a sign; high: what is above. */
  lookAhead(high: number, low: number): void {
    this.near ^= this.#current?.counts.lookAhead(high, low) ?? 0
  }

  /** It will be written, or will not be after all. */
  count(hash: number, by: 1 | -1 = 1): void {
    if (this.#add(this.#current, hash, by)) this.#keys += by
    this.#growIfFull()
  }

  /** @param isCounted whether it was counted before. */
  write(hash: number, isCounted = false): void {
    if (!isCounted) this.count(hash)
    this.#add(this.#next, hash, 1)
  }

  /** One that was written is gone. */
  remove(hash: number): void {
    this.count(hash, -1)
    this.#add(this.#next, hash, -1)
  }

  get #filling(): Filling | null {
    return this.#current?.to === ALL ? this.#next : this.#current
  }

  /** @returns whether it is for this one. */
  #add(filling: Filling | null, hash: number, by: 1 | -1): boolean {
    if (filling === null || hash >= filling.to) return false
    filling.counts.add(hash, by)
    return true
  }

  #growIfFull(): void {
    if (this.#next !== null || this.#current?.to !== ALL) return
    const { bytes } = this.#current.counts
    if (this.#keys * KEY_BYTES > bytes && bytes < LAST_BYTES)
      this.#next = { counts: new HashCounts(2 * bytes), to: 0 }
  }
}
