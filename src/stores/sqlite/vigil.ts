// Waiting awake. A thread that sleeps until its next request is woken through the kernel, which takes about as long as a
// small group of commits; under load the next request comes sooner than that. So after an answer the store's thread looks
// for another one for a moment before it sleeps. Decides for how long, and whether at all; what is received, and what time it
// is, are handed in.
//
// Invariant: with nothing to do it sleeps. It waits awake only while requests have lately come soon after the answer before,
// whether it was awake for them or slept.

import { RecentMean } from './recent-mean.ts'

/** How long the next request is waited for, in milliseconds. */
const WATCH_MS = 1
/**
 * How soon requests have to come, in the mean. The turns of a group of 64 take the event loop 0.2 to 0.3 ms where it has a
 * processor to itself, and twice that on a slower machine.
 */
const SOON_MS = 0.7
/** Between two looks at the clock. */
const LOOKS = 16
/** A longer pause counts as one of so much. */
const LONG_MS = 2

export interface VigilOptions<Item> {
  /** Another number each time when there is one. */
  readonly bell: () => number
  /** The next request, if it is there. */
  readonly receive: () => Item | undefined
  /** Monotonic, with fractions. */
  readonly nowMs: () => number
}

export class Vigil<Item> {
  readonly #options: VigilOptions<Item>
  /** Between an answer and the next request. */
  readonly #pauseMs = new RecentMean(LONG_MS)
  /** When that began which it sleeps through; null: it does not, or not for want of a request. */
  #answeredAtMs: number | null = null

  constructor(options: VigilOptions<Item>) {
    this.#options = options
  }

  /** A request has ended its sleep. */
  woken(): void {
    if (this.#answeredAtMs === null) return
    this.#pauseMs.add(this.#options.nowMs() - this.#answeredAtMs)
    this.#answeredAtMs = null
  }

  /** The next request; undefined: it did not come soon enough, sleep. */
  next(): Item | undefined {
    const { bell, nowMs, receive } = this.#options
    const fromMs = nowMs()
    const watchMs = this.#pauseMs.value < SOON_MS ? WATCH_MS : 0
    // Before the first look for an item, none was there.
    let heard = bell() - 1
    for (let at = fromMs; at - fromMs < watchMs; at = nowMs()) {
      for (let looks = 0; looks < LOOKS; looks += 1) {
        const rung = bell()
        if (rung === heard) continue
        heard = rung
        const item = receive()
        if (item === undefined) continue
        this.#pauseMs.add(nowMs() - fromMs)
        return item
      }
    }
    this.#answeredAtMs = fromMs
    return undefined
  }
}
