// Ctrl-C and SIGTERM for a command that goes on until it is told to stop: it then ends in order. The second one ends the
// process, as it does any other.

import { systemClock } from '../base/index.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export class StopSignal {
  #isGiven = false
  #wake: (() => void) | null = null
  readonly #given: () => void
  readonly #stop = (): void => {
    this.#isGiven = true
    this.#wake?.()
    this.release()
    this.#given()
  }

  /** @param given what is under way is given up by it. */
  constructor(given: () => void) {
    this.#given = given
    for (const signal of SIGNALS) process.on(signal, this.#stop)
  }

  get isGiven(): boolean {
    return this.#isGiven
  }

  /** Until the time is over, or the signal comes. */
  pause(ms: number): Promise<void> {
    if (this.#isGiven) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#wake = null
        resolve()
      }
      const timer = systemClock.after(ms, end)
      this.#wake = end
    })
  }

  /** Signals mean what they meant before. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#stop)
  }
}
