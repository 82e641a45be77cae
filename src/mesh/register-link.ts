// A member's questions to the register: each ends within a time, and says that it was heard. Decides when a member was so long
// out of touch, by its own pause or by the register's, that it must not blame others for what it has not heard.

import { type Clock, SpawnError } from '../base/index.ts'
import type { Register } from '../ports/index.ts'

export interface RegisterLinkOptions {
  readonly register: Register
  readonly clock: Clock
  readonly requestMs: number
  readonly silenceMs: number
  /** It is in touch again, after a silence. */
  readonly resumed: () => void
}

export class RegisterLink {
  readonly #options: RegisterLinkOptions
  #heardMs: number

  constructor(options: RegisterLinkOptions) {
    this.#options = options
    this.#heardMs = options.clock.elapsedMs()
  }

  /** @throws SpawnError of the register; MEMBER_UNAVAILABLE when it takes too long: whether it was done is not known. */
  async ask<T>(question: (register: Register) => Promise<T>): Promise<T> {
    const answer = await this.#inTime(question(this.#options.register))
    this.heard()
    return answer
  }

  heard(): void {
    const { clock, resumed, silenceMs } = this.#options
    const nowMs = clock.elapsedMs()
    const silentMs = nowMs - this.#heardMs
    this.#heardMs = nowMs
    if (silentMs > silenceMs) resumed()
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    const { clock, requestMs } = this.#options
    return new Promise((resolve, reject) => {
      const timer = clock.after(requestMs, () => {
        reject(new SpawnError('MEMBER_UNAVAILABLE', `the register has not answered within ${requestMs} ms`))
      })
      work.then(resolve, reject).finally(() => timer.cancel())
    })
  }
}
