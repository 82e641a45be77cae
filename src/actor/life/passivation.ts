// Who leaves memory, and when: actors that were idle for their definition's time, counted from the last use; and, when
// all residents together take more than the budget, the (nearly) least recently used idle ones. An actor that has a turn
// running, a message waiting or a commit under way is never taken.

import type { Clock } from '../../base/index.ts'
import type { Activation } from './activation.ts'
import type { Budget } from './budget.ts'
import type { Residents } from './residents.ts'

/** Actors looked at in one go, so that a million idle ones do not stop the process. */
const STEPS = 1_000
/** Actors looked at per newcomer, when the budget is used up. */
const EVICTION_STEPS = 16
/** When to try again if the budget is exceeded and nobody was idle, in milliseconds. */
const RETRY_MS = 50

export interface PassivationOptions {
  readonly clock: Clock
  readonly budget: Budget
  readonly residents: readonly Residents[]
  readonly passivate: (activation: Activation) => void
}

export class Passivation {
  private readonly options: PassivationOptions
  private readonly watched = new Set<Residents>()
  private retrying = false
  private stopped = false

  constructor(options: PassivationOptions) {
    this.options = options
    options.budget.onExceeded = () => this.evictLater()
  }

  /** Makes room for a newcomer. */
  admit(residents: Residents): void {
    if (!this.watched.has(residents)) this.watch(residents, residents.definition.idleTimeoutMs)
    if (this.options.budget.full) this.evict(EVICTION_STEPS)
  }

  stop(): void {
    this.stopped = true
  }

  private watch(residents: Residents, delayMs: number): void {
    if (this.stopped) return
    this.watched.add(residents)
    const sweep = (): void => {
      this.watched.delete(residents)
      if (!this.stopped) this.sweep(residents)
    }
    this.options.clock.after(delayMs, sweep, { background: true })
  }

  /** Passivates who has been idle long enough, and comes back when the next one may have been. */
  private sweep(residents: Residents): void {
    const { idleTimeoutMs } = residents.definition
    const nowMs = this.options.clock.now()
    for (let step = 0; step < STEPS; step += 1) {
      const activation = residents.first()
      if (activation === null) return
      if (activation.placedMs + idleTimeoutMs > nowMs) {
        this.watch(residents, activation.placedMs + idleTimeoutMs - nowMs)
        return
      }
      if (activation.lastUsedMs + idleTimeoutMs > nowMs) residents.moveBack(activation, activation.lastUsedMs)
      else if (activation.idle) this.options.passivate(activation)
      else residents.moveBack(activation, nowMs)
    }
    this.watch(residents, 0)
  }

  private evict(steps: number): void {
    const { budget, clock } = this.options
    const nowMs = clock.now()
    for (let step = 0; step < steps && budget.full; step += 1) {
      const activation = this.oldest()
      if (activation === null) return
      const { residents } = activation
      if (!activation.idle) residents.moveBack(activation, nowMs)
      else if (activation.lastUsedMs > activation.placedMs)
        residents.moveBack(activation, activation.lastUsedMs)
      else this.options.passivate(activation)
    }
    if (budget.full) this.evictLater()
  }

  private evictLater(): void {
    if (this.retrying || this.stopped) return
    this.retrying = true
    const again = (): void => {
      this.retrying = false
      if (!this.stopped && this.options.budget.exceeded) this.evict(STEPS)
    }
    this.options.clock.after(RETRY_MS, again, { background: true })
  }

  private oldest(): Activation | null {
    let oldest: Activation | null = null
    for (const residents of this.options.residents) {
      const candidate = residents.first()
      if (candidate !== null && (oldest === null || candidate.placedMs < oldest.placedMs)) oldest = candidate
    }
    return oldest
  }
}
