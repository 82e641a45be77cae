// Whether threads are short of processors. Who waits awake takes a processor, and where none is free it takes the one of
// the thread that is to answer: a call of 64 callers then takes twice as long as with all asleep. Decides it by what the
// event loop's thread asked of its processor and was not given; what it was given is handed in.
//
// Invariant: it is found within a tenth of a second of work, and looked at again soon, for threads move; less often each time.

import type { ThreadTime } from '../../base/thread-time.ts'

/** Time awake after which the thread is judged: the kernel's figures are up to a tick old, four milliseconds of it. */
const JUDGED_MS = 50
/** The share of its time awake that was not given to it, above which processors are short. */
const SHORT_SHARE = 1 / 6
/** After which it is looked at again, and at most when it was so each time. */
const AGAIN_AFTER_MS = 250
const AGAIN_AFTER_MAX_MS = 4_000

export class Contention {
  readonly #spent: () => ThreadTime
  /** What is judged begins here; null: nothing is being judged. */
  #from: ThreadTime | null = null
  /** When to look again, at what has been judged or is being judged. */
  #nextAtMs = Number.NEGATIVE_INFINITY
  #againAfterMs = AGAIN_AFTER_MS
  #isShort = false

  constructor(spent: () => ThreadTime) {
    this.#spent = spent
  }

  /** Whether they are, as found last. To be asked whenever the thread is about to wait awake: most times it compares two numbers. */
  isShort(nowMs: number): boolean {
    if (nowMs >= this.#nextAtMs) this.#decide()
    return this.#isShort
  }

  #decide(): void {
    const to = this.#spent()
    const from = this.#from
    if (from === null) return this.#judge(to)
    const awakeMs = to.nowMs - from.nowMs - (to.asleepMs - from.asleepMs)
    if (awakeMs < JUDGED_MS) {
      this.#nextAtMs = to.nowMs + JUDGED_MS - awakeMs
      return
    }
    const lostMs = awakeMs - (to.runningMs - from.runningMs)
    if (lostMs < awakeMs * SHORT_SHARE) {
      this.#againAfterMs = AGAIN_AFTER_MS
      return this.#judge(to)
    }
    this.#isShort = true
    this.#from = null
    this.#nextAtMs = to.nowMs + this.#againAfterMs
    this.#againAfterMs = Math.min(2 * this.#againAfterMs, AGAIN_AFTER_MAX_MS)
  }

  /** From now on, and with all awake: or it would not be seen whether they can be. */
  #judge(from: ThreadTime): void {
    this.#isShort = false
    this.#from = from
    this.#nextAtMs = from.nowMs + JUDGED_MS
  }
}
