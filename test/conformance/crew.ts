// Actors that commit together, a turn of each in every group and nothing else, as fast as a store lets them: for tests that do
// something to its database meanwhile. A group that is done twice, or not at all, or in part, shows in the next one.

import assert from 'node:assert/strict'
import type { Statestore } from '../../src/ports/index.ts'
import { until } from '../../src/testing/index.ts'
import { actorId, assertStored, commitOf } from '../../src/testing/statestore-fixture.ts'

const ACTORS = 64

export class Crew {
  readonly #store: Statestore
  readonly #names: readonly string[]
  #groups = 0
  #isOver = false
  readonly #all: Promise<void>

  constructor(store: Statestore, name: string) {
    this.#store = store
    this.#names = Array.from({ length: ACTORS }, (_none, at) => `${name} ${at}`)
    this.#all = this.#run()
  }

  /** Resolves when so many more groups are acknowledged. */
  async goOn(groups: number): Promise<void> {
    const target = this.#groups + groups
    const reached = until(`${groups} more groups`, () => this.#groups >= target, { timeoutMs: 60_000 })
    await Promise.race([reached, this.#all])
  }

  /** All that was acknowledged is there, once, and nothing else is. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#all
    const actors = await this.#store.load(this.#names.map((name) => actorId(name)))
    for (const [at, actor] of actors.entries())
      assertStored(actor, commitOf(this.#names[at] ?? '', this.#groups - 1))
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const verdicts = await this.#store.commit(this.#names.map((name) => commitOf(name, this.#groups)))
      assert.deepEqual(new Set(verdicts), new Set(['committed']))
      this.#groups += 1
    }
  }
}
