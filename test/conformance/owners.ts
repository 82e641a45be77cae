// Owners of actors that commit as fast as a store lets them, for tests that do something to its database meanwhile.
// Each of their commits takes what the one before has sent: so one that is done twice, or not at all, shows.

import assert from 'node:assert/strict'
import type { Statestore } from '../../src/ports/index.ts'
import { until } from '../../src/testing/index.ts'
import { actorId, assertStored, commitOf, envelopeOf, SYSTEM } from '../../src/testing/statestore-fixture.ts'

const NAMES = ['a', 'b', 'c', 'd']

export class Owners {
  readonly #store: Statestore
  readonly #revisions = new Map<string, number>()
  #isOver = false
  readonly #all: Promise<unknown>

  constructor(store: Statestore) {
    this.#store = store
    this.#all = Promise.all(NAMES.map((name) => this.#run(name)))
  }

  get acknowledged(): number {
    return [...this.#revisions.values()].reduce((sum, revision) => sum + revision, 0)
  }

  /** Resolves when so many more are acknowledged. */
  async goOn(count: number): Promise<void> {
    const target = this.acknowledged + count
    const reached = until(`${count} more commits`, () => this.acknowledged >= target, { timeoutMs: 60_000 })
    await Promise.race([reached, this.#all])
  }

  /** All that was acknowledged is there, once, and nothing else is. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#all
    const actors = await this.#store.load(NAMES.map((name) => actorId(name)))
    for (const [at, actor] of actors.entries()) {
      const name = NAMES[at] ?? ''
      assertStored(actor, commitOf(name, (this.#revisions.get(name) ?? 0) - 1))
    }
    const { envelopes } = await this.#store.due(SYSTEM, 0, 100)
    assert.deepEqual(
      envelopes.map(({ id }) => id).toSorted(),
      NAMES.map((name) => `${name} ${this.#revisions.get(name)}`),
    )
  }

  async #run(name: string): Promise<void> {
    for (let follows = 0; ; follows += 1) {
      if (this.#isOver) return
      const sends = [envelopeOf(`${name} ${follows + 1}`)]
      const takes = follows === 0 ? [] : [`${name} ${follows}`]
      assert.deepEqual(await this.#store.commit([commitOf(name, follows, { sends, takes })]), ['committed'])
      this.#revisions.set(name, follows + 1)
    }
  }
}
