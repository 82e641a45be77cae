// Staying awake for an answer. An event loop that has nothing to do sleeps, and to be woken through the kernel takes it about
// as long as a small group of commits takes the disk. So while the store's thread has something to answer the loop goes
// round without sleep, for a moment: what else comes in is served as ever. vigil.ts is the same on the other side. Decides
// for how long, and whether at all; the loop and the time are handed in.
//
// Who is answered sooner gains by it only when the next request waits for that. So it is done while the loop has lately
// had hardly any sleep between an answer and the next request, as with callers that call again as soon as they are answered;
// where it sleeps there, the service is not saturated, and would pay a processor for a few hundredths of a millisecond.
//
// Invariant: with nothing asked the loop sleeps. Watches in vain, as with a slow disk, end it until answers come soon again,
// and so do sleep between the requests, and a want of processors; see contention.ts.

import { RecentMean } from './recent-mean.ts'

/** How long an answer is waited for, in milliseconds. */
const WATCH_MS = 1
/** Watches in vain, one after the other, after which there is no more of them. */
const VAIN_WATCHES = 3
/** After which it is tried again, in milliseconds: asleep, answers take longer, and none would show that the disk is quick again. */
const TRIED_AGAIN_MS = 50
/** How long the loop may sleep between an answer and the next request, in the mean. */
const HARDLY_ASLEEP_MS = 0.02
/** A longer sleep counts as one of so much. */
const LONG_SLEEP_MS = 1

export interface WatchOptions {
  /** Runs a task in the next round of the event loop, which does not sleep before that. */
  readonly defer: (task: () => void) => void
  /** Monotonic, with fractions. */
  readonly nowMs: () => number
  /** How long the loop has slept since it began. */
  readonly asleepMs: () => number
  /** Whether the loop sleeps whenever it can, as others need the processor. */
  readonly rests: (nowMs: number) => boolean
  /** Takes the answer if it is there: each time round, and once more when it is told that the loop sleeps. */
  readonly look: () => void
  /** Hears whether the loop is awake, when that changes. */
  readonly turned: (isAwake: boolean) => void
}

export class Watch {
  readonly #options: WatchOptions
  readonly #look = (): void => this.#lookOut()
  /** When what is due was asked; null: nothing is. */
  #askedAtMs: number | null = null
  #isAwake = false
  #inVain = 0
  #gaveUpAtMs = 0
  /** Between an answer and the next request. */
  readonly #sleepMs = new RecentMean(LONG_SLEEP_MS)
  /** How long the loop had slept at the last answer; null: there was none. */
  #asleepAtAnswerMs: number | null = null

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Whether the loop goes round without sleep now. */
  get isAwake(): boolean {
    return this.#isAwake
  }

  /** An answer is due. */
  begin(): void {
    const { asleepMs, defer, nowMs } = this.#options
    this.#askedAtMs = nowMs()
    if (this.#asleepAtAnswerMs !== null) this.#sleepMs.add(asleepMs() - this.#asleepAtAnswerMs)
    if (this.#isAwake) return
    this.#isAwake = this.#pays(this.#askedAtMs)
    if (!this.#isAwake) return
    this.#options.turned(true)
    defer(this.#look)
  }

  /** Nothing is due any more. */
  end(): void {
    if (this.#askedAtMs === null) return
    const { asleepMs, nowMs } = this.#options
    if (nowMs() - this.#askedAtMs < WATCH_MS) this.#inVain = 0
    this.#askedAtMs = null
    this.#asleepAtAnswerMs = asleepMs()
  }

  #pays(nowMs: number): boolean {
    if (this.#sleepMs.value >= HARDLY_ASLEEP_MS) return false
    if (this.#inVain === VAIN_WATCHES && nowMs - this.#gaveUpAtMs >= TRIED_AGAIN_MS) this.#inVain = 0
    return this.#inVain < VAIN_WATCHES && !this.#options.rests(nowMs)
  }

  #lookOut(): void {
    const { defer, look, nowMs, turned } = this.#options
    look()
    const atMs = nowMs()
    this.#isAwake = this.#askedAtMs !== null && atMs - this.#askedAtMs < WATCH_MS
    if (this.#isAwake) {
      defer(this.#look)
      return
    }
    if (this.#askedAtMs !== null) this.#lookedInVain(atMs)
    turned(false)
    look()
  }

  #lookedInVain(atMs: number): void {
    this.#inVain += 1
    if (this.#inVain === VAIN_WATCHES) this.#gaveUpAtMs = atMs
  }
}
