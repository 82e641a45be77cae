// Keeping a store from growing for ever: outcomes and revisions of the past that have expired are dropped in the background,
// a few at a time. Once for each store, whatever systems share it: whoever opens a store prunes it. (Of several members on one
// database each does; what one has dropped, the next does not find.)
//
// Invariant: while there is more to drop, it takes at most a share of the store's time, so that turns find it free.

import { type Clock, messageOf, type Timer } from '../../base/index.ts'
import type { Logger, Statestore } from '../../ports/index.ts'

/** How often it looks, in milliseconds, and how many rows go at once: what a commit that comes just then waits for. */
const EVERY_MS = 60_000
const AT_ONCE = 1_000
/** The pause when there was more, in milliseconds, at least, and as a multiple of the time that the last rows took. */
const PAUSE_MS = 20
const PAUSE_FACTOR = 4

export interface PruningOptions {
  readonly store: Pick<Statestore, 'prune'>
  readonly clock: Clock
  readonly logger: Logger
}

export class Pruning {
  readonly #options: PruningOptions
  #timer: Timer | null = null
  #running = false

  constructor(options: PruningOptions) {
    this.#options = options
  }

  /** The store is open. */
  start(): void {
    this.#running = true
    this.#later(EVERY_MS)
  }

  /** The store is about to close; a request that is under way ends by itself. */
  stop(): void {
    this.#running = false
    this.#timer?.cancel()
  }

  #later(delayMs: number): void {
    this.#timer = this.#options.clock.after(delayMs, () => void this.#prune(), { background: true })
  }

  async #prune(): Promise<void> {
    const { clock, logger, store } = this.#options
    const begunMs = clock.elapsedMs()
    let dropped = 0
    try {
      dropped = await store.prune(clock.now(), AT_ONCE)
    } catch (error) {
      if (this.#running) logger.warn('the store could not be pruned', { error: messageOf(error) })
    }
    const tookMs = clock.elapsedMs() - begunMs
    if (this.#running) this.#later(dropped < AT_ONCE ? EVERY_MS : Math.max(PAUSE_MS, PAUSE_FACTOR * tookMs))
  }
}
