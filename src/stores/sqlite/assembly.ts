// Committing together. Every process has one group under way at a time, and sends the next when that is answered: so two
// that come in turns would each have a transaction, and a sync, of its own, and wait for the other's. Decides how long groups
// that are there wait for those who have just had one and are about to send the next; what time it is, is handed in. Where
// that is in vain, as with a disk that is quicker than the others' turns, it is given up for a while.
//
// Invariant: nobody waits for who had no group in the last two transactions, nor longer than half of what the last one took.

/** As a part of what the last transaction took, and in milliseconds. */
const PATIENCE = 0.5
const LONGEST_MS = 2
/** Waits in vain, one after the other, after which there are none in so many transactions. */
const VAIN_WAITS = 3
const REST = 32

export class Assembly {
  readonly #nowMs: () => number
  #here = new Set<unknown>()
  #last: ReadonlySet<unknown> = new Set()
  #before: ReadonlySet<unknown> = new Set()
  #sinceMs = 0
  #tookMs = 0
  #waited: 'no' | 'for somebody' | 'in vain' = 'no'
  #inVain = 0
  #rest = 0

  /** @param nowMs monotonic, with fractions. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** A group of theirs is there. */
  came(who: unknown): void {
    if (this.#here.size === 0) this.#sinceMs = this.#nowMs()
    this.#here.add(who)
  }

  /** Whether those who are there wait a little longer. */
  get waits(): boolean {
    if (this.#here.size === 0 || this.#rest > 0) return false
    if (!this.#isMissing(this.#last) && !this.#isMissing(this.#before)) return false
    const isOver = this.#nowMs() - this.#sinceMs >= Math.min(this.#tookMs * PATIENCE, LONGEST_MS)
    this.#waited = isOver ? 'in vain' : 'for somebody'
    return !isOver
  }

  /** Those who were there have had their transaction. */
  committed(tookMs: number): void {
    this.#before = this.#last
    this.#last = this.#here
    this.#here = new Set()
    this.#tookMs = tookMs
    if (this.#rest > 0) this.#rest -= 1
    else if (this.#waited === 'for somebody') this.#inVain = 0
    else if (this.#waited === 'in vain' && (this.#inVain += 1) >= VAIN_WAITS) {
      this.#rest = REST
      // After that one more is enough.
      this.#inVain = VAIN_WAITS - 1
    }
    this.#waited = 'no'
  }

  /** They will send nothing more. */
  left(who: unknown): void {
    const others = (those: ReadonlySet<unknown>): ReadonlySet<unknown> =>
      new Set([...those].filter((one) => one !== who))
    this.#last = others(this.#last)
    this.#before = others(this.#before)
  }

  #isMissing(those: ReadonlySet<unknown>): boolean {
    for (const who of those) if (!this.#here.has(who)) return true
    return false
  }
}
