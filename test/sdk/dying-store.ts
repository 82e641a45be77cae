// A store that dies at a certain commit, as the process before it would: the commit is made or lost, its answer does not
// come, and nothing works any more. What it has kept stays with the store behind it.

import { seededRandom, systemClock } from '../../src/base/index.ts'
import type { Commit, Statestore } from '../../src/ports/index.ts'
import { FaultyStore, NO_FAULTS } from '../../src/testing/index.ts'

export class DyingStore extends FaultyStore {
  /** Resolves when it dies. */
  readonly death: Promise<void>
  isDead = false
  readonly #die: () => void
  readonly #made: boolean
  #left: number

  /** @param left how many commits succeed. @param made whether the next one is made, or lost. */
  constructor(store: Statestore, left: number, made: boolean) {
    super(store, { clock: systemClock, random: seededRandom(1) })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.death = promise
    this.#die = resolve
    this.#left = left
    this.#made = made
  }

  override commit(group: readonly Commit[]): ReturnType<Statestore['commit']> {
    if (this.isDead || (this.#left -= 1) >= 0) return super.commit(group)
    this.isDead = true
    this.faults = { ...NO_FAULTS, ...(this.#made ? { failAfter: 1 } : { failBefore: 1 }) }
    const last = super.commit(group)
    this.faults = { ...NO_FAULTS, failBefore: 1 }
    this.#die()
    return last
  }
}
