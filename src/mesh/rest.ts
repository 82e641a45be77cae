// How a member's loop waits: until something is heard, or a time has passed; and how others wait for what it does. Decides
// nothing.

import type { CancelSignal, Clock, Timer } from '../base/index.ts'

export class Rest {
  readonly #clock: Clock
  readonly #looks = new Set<() => void>()
  #end: (() => void) | null = null
  /** Something was heard while nobody rested. */
  #isOver = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Rests so long, or until `end`. */
  for(ms: number): Promise<void> {
    if (this.#isOver) {
      this.#isOver = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const timer: Timer = this.#clock.after(ms, () => this.#end?.())
      this.#end = () => {
        this.#end = null
        timer.cancel()
        resolve()
      }
    })
  }

  /** Ends the rest, or the next one. */
  end(): void {
    if (this.#end === null) this.#isOver = true
    else this.#end()
  }

  /** Something has changed: who waits for it looks. */
  changed(): void {
    for (const look of this.#looks) look()
  }

  /**
   * Whether something comes to be within a time, before it is hopeless or given up.
   *
   * @param limitMs may be Infinity.
   */
  until(
    check: () => boolean,
    limitMs: number,
    isHopeless: () => boolean,
    signal?: CancelSignal,
  ): Promise<boolean> {
    if (check()) return Promise.resolve(true)
    if (isHopeless() || signal?.aborted === true) return Promise.resolve(false)
    return new Promise((resolve) => {
      const end = (): void => {
        this.#looks.delete(look)
        timer?.cancel()
        signal?.removeEventListener('abort', end)
        resolve(check())
      }
      const look = (): void => {
        if (check() || isHopeless()) end()
      }
      const timer = limitMs === Infinity ? null : this.#clock.after(limitMs, end)
      signal?.addEventListener('abort', end)
      this.#looks.add(look)
    })
  }
}
