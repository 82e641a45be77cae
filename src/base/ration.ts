// How often something is told that may happen a thousand times a second: of one kind, the first few in a second, and with the
// next one how many were left out. It decides no more than that; who tells says what a kind is.

import type { Clock } from './clock.ts'

/** Told of one kind, in one second. */
const MOST = 10
const SECOND_MS = 1_000

interface Told {
  fromMs: number
  count: number
  leftOut: number
}

export class Ration<Kind extends object> {
  readonly #clock: Pick<Clock, 'now'>
  readonly #told = new WeakMap<Kind, Told>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** One more of a kind. @returns how many were left out since the last that was told; null: it is left out, too. */
  take(kind: Kind): number | null {
    const nowMs = this.#clock.now()
    const told = this.#told.get(kind)
    if (told === undefined) {
      this.#told.set(kind, { fromMs: nowMs, count: 1, leftOut: 0 })
      return 0
    }
    // A clock that was set back begins anew.
    if (nowMs < told.fromMs || nowMs >= told.fromMs + SECOND_MS) {
      told.fromMs = nowMs
      told.count = 0
    }
    if (told.count === MOST) {
      told.leftOut += 1
      return null
    }
    const { leftOut } = told
    told.count += 1
    told.leftOut = 0
    return leftOut
  }
}
