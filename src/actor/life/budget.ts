// What all actors in memory take together, and how much they may. It only counts; who leaves is passivation's.

import type { Limits } from '../../base/index.ts'

export class Budget {
  count = 0
  bytes = 0
  /** Told when a state has grown beyond what all may take. */
  onExceeded: (() => void) | null = null
  private readonly limits: Limits

  constructor(limits: Limits) {
    this.limits = limits
  }

  get exceeded(): boolean {
    return this.count > this.limits.residentActors || this.bytes > this.limits.residentBytes
  }

  /** Whether one more actor would be too many. */
  get full(): boolean {
    return this.count >= this.limits.residentActors || this.bytes > this.limits.residentBytes
  }

  /** The state of a resident takes so many bytes more, or less. */
  weigh(bytes: number): void {
    this.bytes += bytes
    if (bytes > 0 && this.exceeded) this.onExceeded?.()
  }
}
