// Groups of commits on MariaDB as large, and with values as large, as its statement has texts for, and larger: each against
// the memory store, which has no texts. What comes back is what was stored, byte for byte.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { below, type Random, seededRandom } from '../../src/base/index.ts'
import type { Commit } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { ANSWER } from '../../src/stores/mariadb/block.ts'
import { partsOf } from '../../src/stores/mariadb/commit-parts.ts'
import { commitStatement } from '../../src/stores/mariadb/commit-statement.ts'
import { Connection } from '../../src/stores/mariadb/connection.ts'
import { MariadbStore } from '../../src/stores/mariadb/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { planGroup } from '../../src/stores/sql/group-plan.ts'
import { settledOptions } from '../../src/stores/sql/options.ts'
import {
  actorId,
  BIRTH,
  commitOf,
  envelopeOf,
  LATEST_ONLY,
  NOON_MS,
  plainActor,
  SYSTEM,
  TYPE_URL,
} from '../../src/testing/statestore-fixture.ts'
import { endMariadb, mariadbServer, type TestDatabase } from '../servers/mariadb.ts'

const KIBIBYTE = 1_024
const ACTORS = 300
/** As many as the engine sends at once. */
const MOST = 1_024
/** A packet in which there is room for one row. */
const PACKET_OF_ONE = 34 * KIBIBYTE

let database: TestDatabase
let store: MariadbStore
const model = new MemoryStore()
before(async () => {
  database = await (await mariadbServer()).takeDatabase()
  store = new MariadbStore(database.options)
  await store.start()
  await model.start()
})
after(async () => {
  await store.stop()
  await database.release()
  await endMariadb()
})

const names = Array.from({ length: ACTORS }, (_none, at) => `é'"\\ ${at}`)
const revisions = new Map<string, number>()

/** All values of a byte, in no order. */
function bytesOf(length: number, random: Random): Packed {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at += 1)
    bytes[at] = at < 4_096 ? below(random, 256) : (bytes[at - 4_096] ?? 0) + 1
  return new Packed(TYPE_URL, bytes)
}

function commitBy(name: string, random: Random): Commit {
  const stands = revisions.get(name) ?? 0
  // One in twenty follows what does not stand, and one in ten is of two turns.
  const follows = below(random, 20) === 0 ? stands + 1 : stands
  const revision = follows + (below(random, 10) === 0 ? 2 : 1)
  const state = below(random, 8) === 0 ? null : bytesOf(below(random, 200), random)
  const tags = below(random, 3) === 0 ? { ключ: name } : {}
  const history = below(random, 5) === 0 ? { revisions: 2, durationMs: 0 } : LATEST_ONLY
  return commitOf(name, follows, { revision, state, tags, history })
}

async function commitBoth(group: readonly Commit[]): Promise<void> {
  const verdicts = await model.commit(group)
  assert.deepEqual(await store.commit(group), verdicts)
  for (const [at, { id, revision }] of group.entries())
    if (verdicts[at] === 'committed') revisions.set(id.name, revision)
}

async function compare(some: readonly string[]): Promise<void> {
  const ids = some.map((name) => actorId(name))
  const plain = async (from: MariadbStore | MemoryStore): Promise<unknown[]> =>
    (await from.load(ids)).map((actor) => actor && plainActor(actor))
  assert.deepEqual(await plain(store), await plain(model))
  for (const id of ids.slice(0, 20))
    assert.deepEqual(await store.revisions(id, 9), await model.revisions(id, 9), id.name)
}

test('groups of all sizes leave behind what they would in memory', async () => {
  const random = seededRandom(11)
  for (const size of [1, 2, 3, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 255, 256, 257, 300]) {
    const from = below(random, ACTORS)
    const chosen = Array.from({ length: size }, (_none, at) => names[(from + at) % ACTORS] ?? '')
    await commitBoth(chosen.map((name) => commitBy(name, random)))
  }
  await compare(names)
})

test('so do those of calls alone, of one type of state or of several', async () => {
  const random = seededRandom(13)
  const types = (count: number): string => `${TYPE_URL}${below(random, count)}`
  for (const count of [1, 3])
    for (const size of [1, 2, 3, 5, 17, 64, 65, 200, 256, 257]) {
      const from = below(random, ACTORS)
      const chosen = Array.from({ length: size }, (_none, at) => names[(from + at) % ACTORS] ?? '')
      const isWrong = below(random, 3) === 0
      await commitBoth(
        chosen.map((name, at) => {
          const stands = revisions.get(name) ?? 0
          // In every third group one follows what does not stand.
          const follows = isWrong && at === size >> 1 ? stands + 1 : stands
          const { value } = bytesOf(below(random, 100), random)
          const state = below(random, 9) === 0 && count > 1 ? null : new Packed(types(count), value)
          return commitOf(name, follows, {
            state,
            committedAtMs: NOON_MS + size,
            tags: at === 2 ? { name } : {},
          })
        }),
      )
    }
  await compare(names)
})

test('and the largest of them, twice', async () => {
  const all = Array.from({ length: MOST }, (_none, at) => `all ${at}`)
  for (const follows of [0, 1])
    await commitBoth(all.map((name) => commitOf(name, follows, { committedAtMs: NOON_MS + follows })))
  await compare(all)
})

test('a group of calls alone drops the past that its actors have from others, and no other', async () => {
  const some = names.slice(100, 110)
  const next = (name: string, more: Partial<Commit> = {}): Commit =>
    commitOf(name, revisions.get(name) ?? 0, { committedAtMs: NOON_MS, ...more })
  for (let turn = 0; turn < 3; turn += 1)
    await commitBoth(some.map((name) => next(name, { history: { revisions: 2, durationMs: 0 } })))
  assert.equal((await store.revisions(actorId(some[0] ?? ''), 9)).length, 3)
  await commitBoth(some.slice(0, 5).map((name) => next(name)))
  assert.equal((await store.revisions(actorId(some[0] ?? ''), 9)).length, 1)
  await compare(some)
})

test('several revisions of an actor in one group, with and without a past', async () => {
  const random = seededRandom(12)
  const some = names.slice(0, 20)
  for (let round = 0; round < 5; round += 1) {
    const standing = new Map(revisions)
    const group: Commit[] = []
    for (const name of some)
      for (let turns = below(random, 4); turns > 0; turns -= 1) {
        const commit = commitBy(name, random)
        group.push(commit)
        revisions.set(name, commit.revision)
      }
    for (const name of some) revisions.set(name, standing.get(name) ?? 0)
    await commitBoth(group)
  }
  await compare(some)
})

for (const lengths of [
  [1_048_577],
  [63, 64, 65].map((size) => size * KIBIBYTE),
  [0, 10, 512 * KIBIBYTE, 1_200_000, 70 * KIBIBYTE],
  // More than are treated as large.
  Array.from({ length: 12 }, (_none, at) => (64 + at) * KIBIBYTE),
])
  test(`values of ${lengths.join(', ')} bytes`, async () => {
    const random = seededRandom(lengths.length)
    const state = lengths.map((length) => bytesOf(length, random))
    const group = lengths.map((_length, at): Commit => {
      const name = names[at] ?? ''
      const follows = revisions.get(name) ?? 0
      const [first = null, second = null] = [state[at], state.at(-1 - at)]
      const outcome = { key: `${lengths.length} ${at}`, reply: second, expiresAtMs: NOON_MS }
      const envelope = envelopeOf(`${lengths.length} ${at}`, { payload: first })
      return commitOf(name, follows, {
        state: first,
        tags: { at: String(at) },
        outcomes: [outcome],
        sends: [envelope],
      })
    })
    const actors = await model.load(group.map(({ id }) => id))
    await commitBoth(group.map((commit, at) => ({ ...commit, birth: actors[at]?.birth ?? BIRTH })))
    await compare(group.map(({ id }) => id.name))
    const ids = group.map(({ sends }) => sends[0]?.id ?? '')
    for (const [at, envelope] of (await store.envelopes(SYSTEM, ids)).entries())
      assert.ok(
        Buffer.compare(envelope?.payload?.value ?? Buffer.of(), state[at]?.value ?? Buffer.of()) === 0,
      )
    for (const [at, { id, outcomes }] of group.entries()) {
      const found = await store.loadOutcome(id, outcomes[0]?.key ?? '', 0)
      assert.ok(
        Buffer.compare(found?.reply?.value ?? Buffer.of(), state.at(-1 - at)?.value ?? Buffer.of()) === 0,
      )
    }
  })

test('a later part does nothing behind a part that is done, but whose transaction has ended', async () => {
  const [one, two] = ['part 1', 'part 2']
  const group = [one, two].map((name) => commitOf(name, 0, { state: bytesOf(5_000, seededRandom(1)) }))
  const parts = partsOf(planGroup(group, null), PACKET_OF_ONE)
  assert.equal(parts.length, 2)
  for (const [writer, end] of ['ROLLBACK', 'COMMIT'].entries()) {
    const session = await Connection.open(settledOptions(database.options))
    try {
      const lane = [writer, 1, 1]
      const done: unknown[] = []
      for (const [at, { form, values }] of parts.entries()) {
        const all = [...lane, at, at === parts.length - 1 ? 1 : 0, ...values]
        done.push(await session.objection(commitStatement(form), all))
        // As a server may do on its own, or who has the session by mistake.
        if (at === 0) await session.define(end)
      }
      assert.deepEqual(done, [undefined, ANSWER.partMissing], end)
      assert.equal((await store.load([actorId(two)]))[0], null, `nothing of the second part, after ${end}`)
    } finally {
      session.destroy()
    }
    const [stored] = await store.load([actorId(one)])
    assert.equal(stored === null, end === 'ROLLBACK')
  }
})
