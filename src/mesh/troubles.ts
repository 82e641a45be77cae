// What of the failures of the register is told: the first at once, and while they go on, one in a while with how many there
// were. A register that is away for an hour is asked ten thousand times.

import { type Clock, messageOf } from '../base/index.ts'
import type { Logger } from '../ports/index.ts'

/** One in so many milliseconds. */
const TOLD_EVERY_MS = 10_000

export class Troubles {
  readonly #clock: Clock
  readonly #logger: Logger
  #tellAtMs = Number.NEGATIVE_INFINITY
  /** Since the last that was told. */
  #untold = 0

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** @param task what the register was asked for. */
  failed(task: string, thrown: unknown): void {
    const nowMs = this.#clock.elapsedMs()
    this.#untold += 1
    if (nowMs < this.#tellAtMs) return
    const fields = { task, error: messageOf(thrown), ...(this.#untold > 1 && { times: this.#untold }) }
    this.#logger.warn('the register of the cluster did not do what a member asked', fields)
    this.#tellAtMs = nowMs + TOLD_EVERY_MS
    this.#untold = 0
  }
}
