// What is due at a time, read from the store page by page. Decides how large a page is, and that each begins behind the
// last envelope of those before it; not when there have been enough.

import { LIMITS } from '../../base/index.ts'
import type { DuePage, EnvelopePosition, Statestore } from '../../ports/index.ts'

export class DueReading {
  private readonly store: Statestore
  private readonly system: string
  private after: EnvelopePosition | undefined

  /** @param after where to begin; absent: before all of them. */
  constructor(store: Statestore, system: string, after?: EnvelopePosition) {
    this.store = store
    this.system = system
    this.after = after
  }

  /** Whether the next page begins behind an envelope. */
  get isUnderWay(): boolean {
    return this.after !== undefined
  }

  /** Also after one that was the last: what was committed since stands behind that. */
  async next(untilMs: number): Promise<DuePage> {
    const page = await this.store.due(this.system, untilMs, LIMITS.pageSize, this.after)
    this.after = page.envelopes.at(-1) ?? this.after
    return page
  }
}
