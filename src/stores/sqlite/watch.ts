// Staying awake for an answer. An event loop that has nothing to do sleeps, and to be woken through the kernel takes it about
// as long as a small group of commits takes the disk. So while the store's thread has something to answer the loop goes
// round without sleep, for a moment: what else comes in is served as ever. vigil.ts is the same on the other side. Decides
// for how long, and when that is given up; the loop and the time are handed in.
//
// Invariant: with nothing asked the loop sleeps. Watches in vain, as with a slow disk, end it until answers come soon again,
// and so does a want of processors; see contention.ts.

/** How long an answer is waited for, in milliseconds. */
const WATCH_MS = 1
/** Watches in vain, one after the other, after which there is no more of them. */
const VAIN_WATCHES = 3
/** After which it is tried again, in milliseconds: asleep, answers take longer, and none would show that the disk is quick again. */
const TRIED_AGAIN_MS = 50

export interface WatchOptions {
  /** Runs a task in the next round of the event loop, which does not sleep before that. */
  readonly defer: (task: () => void) => void
  /** Monotonic, with fractions. */
  readonly nowMs: () => number
  /** Whether the loop sleeps whenever it can, as others need the processor. */
  readonly rests: (nowMs: number) => boolean
}

export class Watch {
  readonly #options: WatchOptions
  readonly #look = (): void => this.#lookOut()
  /** When what is due was asked; null: nothing is. */
  #askedAtMs: number | null = null
  #isAwake = false
  #inVain = 0
  #gaveUpAtMs = 0

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Whether the loop goes round without sleep now. */
  get isAwake(): boolean {
    return this.#isAwake
  }

  /** An answer is due. */
  begin(): void {
    const { defer, nowMs, rests } = this.#options
    this.#askedAtMs = nowMs()
    if (this.#isAwake) return
    if (this.#inVain === VAIN_WATCHES && this.#askedAtMs - this.#gaveUpAtMs >= TRIED_AGAIN_MS)
      this.#inVain = 0
    this.#isAwake = this.#inVain < VAIN_WATCHES && !rests(this.#askedAtMs)
    if (this.#isAwake) defer(this.#look)
  }

  /** Nothing is due any more. */
  end(): void {
    if (this.#askedAtMs === null) return
    if (this.#options.nowMs() - this.#askedAtMs < WATCH_MS) this.#inVain = 0
    this.#askedAtMs = null
  }

  #lookOut(): void {
    const { defer, nowMs } = this.#options
    const atMs = nowMs()
    this.#isAwake = this.#askedAtMs !== null && atMs - this.#askedAtMs < WATCH_MS
    if (this.#isAwake) defer(this.#look)
    else if (this.#askedAtMs !== null) this.#lookedInVain(atMs)
  }

  #lookedInVain(atMs: number): void {
    this.#inVain += 1
    if (this.#inVain === VAIN_WATCHES) this.#gaveUpAtMs = atMs
  }
}
