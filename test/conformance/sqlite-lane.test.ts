// Groups that are laid in the memory which the store's thread shares, between requests that are posted: with callers that
// call again at once, so that both threads are awake, and with pauses in which one or both of them fall asleep.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Random, seededRandom } from '../../src/base/index.ts'
import type { Commit } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { actorId, commitOf, json, NOON_MS } from '../../src/testing/statestore-fixture.ts'
import { temporaryFolder } from './temporary-store.ts'

let folder = ''
let remove = (): Promise<void> => Promise.resolve()
before(async () => {
  const made = await temporaryFolder()
  folder = made.path
  remove = made.remove
})
after(() => remove())

const ACTORS = 8
const ROUNDS = 1_500

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit)

/** What a store of one owner has to say, for each actor the last revision, and the key of it. */
class Owner {
  readonly #random: Random
  readonly #store: SqliteStore
  readonly #revisions = new Map<string, number>()

  constructor(store: SqliteStore, random: Random) {
    this.#store = store
    this.#random = random
  }

  /** A group of some actors, now and then with a commit that does not follow, or one that is too large to be laid. */
  async commit(): Promise<void> {
    const group: Commit[] = []
    const verdicts: string[] = []
    const count = 1 + below(this.#random, ACTORS)
    for (let at = 0; at < count; at += 1) {
      const name = `actor-${at}`
      const stands = this.#revisions.get(name) ?? 0
      const isStale = stands > 0 && below(this.#random, 40) === 0
      const follows = isStale ? stands - 1 : stands
      const outcomes = [{ key: `${name} ${stands}`, reply: json('said'), expiresAtMs: NOON_MS * 2 }]
      const isLarge = below(this.#random, 60) === 0
      const large = isLarge ? { state: new Packed('t', new Uint8Array(200_000)) } : {}
      group.push(commitOf(name, follows, { outcomes, ...large }))
      verdicts.push(isStale ? 'conflict' : 'committed')
      if (!isStale) this.#revisions.set(name, stands + 1)
    }
    let told = 0
    for (let parts = below(this.#random, 4); parts > 0; parts -= 1) {
      const to = told + below(this.#random, count - told + 1)
      if (to > told) this.#store.expect(group.slice(told, to))
      told = to
      if (below(this.#random, 10) === 0) void this.load()
    }
    assert.deepEqual(await this.#store.commit(group), verdicts)
  }

  async load(): Promise<void> {
    const name = `actor-${below(this.#random, ACTORS)}`
    const least = this.#revisions.get(name) ?? 0
    const [stored] = await this.#store.load([actorId(name)])
    assert.ok((stored?.revision ?? 0) >= least - 1, 'what was committed is seen')
  }

  async verify(): Promise<void> {
    for (const [name, revision] of this.#revisions) {
      const [stored] = await this.#store.load([actorId(name)])
      assert.equal(stored?.revision, revision)
      const outcome = await this.#store.loadOutcome(actorId(name), `${name} ${revision - 1}`, NOON_MS)
      assert.equal(outcome?.expiresAtMs, NOON_MS * 2)
    }
  }
}

for (const seed of [1, 2, 3]) {
  test(`every group is answered, as it was committed, seed ${seed}`, { timeout: 60_000 }, async () => {
    const random = seededRandom(seed)
    const store = new SqliteStore({ file: join(folder, `${seed}.db`) })
    await store.start()
    const owner = new Owner(store, random)
    const loads: Promise<void>[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      await owner.commit()
      const next = below(random, 30)
      if (next === 0) await pause(below(random, 4))
      else if (next < 3) await new Promise(setImmediate)
      else if (next < 5) loads.push(owner.load())
      else if (next === 5) await owner.load()
    }
    await Promise.all(loads)
    await owner.verify()
    await store.stop()
  })
}

test('what is committed is heard before what was asked after it, also where the event loop was busy when both were said', async () => {
  const store = new SqliteStore({ file: join(folder, 'busy.db') })
  await store.start()
  for (let revision = 0; revision < 300; revision += 1) {
    const committed = store.commit([commitOf('a', revision)])
    const loaded = store.load([actorId('a')])
    for (const from = performance.now(); performance.now() - from < (revision % 4) / 2;);
    assert.deepEqual(await committed, ['committed'])
    assert.equal((await loaded)[0]?.revision, revision + 1)
  }
  await store.stop()
})

test('a store that is opened after another one has its thread, and hears its own answers alone', async () => {
  for (let round = 0; round < 6; round += 1) {
    const store = new SqliteStore({ file: join(folder, `next-${round}.db`) })
    await store.start()
    for (let revision = 0; revision < 40; revision += 1)
      assert.deepEqual(await store.commit([commitOf('a', revision)]), ['committed'])
    store.expect([commitOf('a', 40)])
    await store.stop()
  }
})
