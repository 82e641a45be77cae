// The thread of a store that was closed, kept for the next one: to begin a thread is to load all of its code, which takes far
// longer than to open a file. A command looks at a file before it opens it, and tests open one store after the other. Decides
// how long one is kept.
//
// Invariant: at most one is kept. It has nothing open and nothing to do, and it keeps no process alive.

import type { Worker } from 'node:worker_threads'
import { type Clock, systemClock, type Timer } from '../../base/index.ts'

const KEPT_MS = 1_000

export class SpareThread {
  readonly #clock: Clock
  #worker: Worker | null = null
  #timer: Timer | null = null
  readonly #drop = (): void => void this.take()?.terminate()

  constructor(clock = systemClock) {
    this.#clock = clock
  }

  /** The one that is kept, if there is one; it is the caller's then. */
  take(): Worker | null {
    const worker = this.#worker
    this.#worker = null
    this.#timer?.cancel()
    worker?.off('error', this.#drop).off('exit', this.#drop)
    return worker
  }

  /** From a store that is closed, and listens to it no more. */
  keep(worker: Worker): void {
    this.#drop()
    this.#worker = worker.on('error', this.#drop).on('exit', this.#drop)
    worker.unref()
    this.#timer = this.#clock.after(KEPT_MS, this.#drop, { background: true })
  }
}
