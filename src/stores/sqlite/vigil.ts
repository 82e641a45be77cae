// Waiting awake. A thread that sleeps until its next request is woken through the kernel, which takes about as long as a
// small group of commits; under load the next request comes sooner than that. So after an answer the store's thread looks
// for another one for a moment before it sleeps. Decides for how long, and when that is given up; what is received, and
// what time it is, are handed in.
//
// Invariant: with nothing to do it sleeps. Vigils in vain end the watch until requests come close together again.

/** How long the next request is waited for, in milliseconds. */
const WATCH_MS = 1
/** Vigils in vain, one after the other, after which there is no more of them. */
const VAIN_VIGILS = 3

export interface VigilOptions<Item> {
  /** The next request, if it is there. */
  readonly receive: () => Item | undefined
  /** Monotonic, with fractions. */
  readonly nowMs: () => number
}

export class Vigil<Item> {
  readonly #options: VigilOptions<Item>
  #sleptAtMs = Number.NEGATIVE_INFINITY
  #inVain = 0

  constructor(options: VigilOptions<Item>) {
    this.#options = options
  }

  /** A request has ended its sleep. If that was short, others will come soon, too. */
  woken(): void {
    if (this.#options.nowMs() - this.#sleptAtMs < WATCH_MS) this.#inVain = 0
  }

  /** The next request; undefined: it did not come soon enough, sleep. */
  next(): Item | undefined {
    const { nowMs, receive } = this.#options
    const fromMs = nowMs()
    this.#sleptAtMs = fromMs
    if (this.#inVain === VAIN_VIGILS) return undefined
    for (let at = fromMs; at - fromMs < WATCH_MS; at = nowMs()) {
      const item = receive()
      if (item === undefined) continue
      this.#inVain = 0
      return item
    }
    this.#inVain += 1
    return undefined
  }
}
