// The Postgres store over a network that cuts, stalls, and loses answers: at the commits one looks at, and anywhere. What
// was acknowledged stands once; what became of a commit is never guessed.
import assert from 'node:assert/strict'
import { after, beforeEach, afterEach, describe, test } from 'node:test'
import { below, isSpawnError, type Random, seededRandom, type SpawnError } from '../../src/base/index.ts'
import { type DatabaseOptions, PostgresStore } from '../../src/stores/postgres/index.ts'
import {
  actorId,
  BIRTH,
  commitOf,
  envelopeOf,
  json,
  loadOne,
  outsideCommit,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { until } from '../../src/testing/index.ts'
import { LOGIN } from '../faults/framing.ts'
import type { Fate } from '../faults/link.ts'
import { postgresFraming } from '../faults/postgres-framing.ts'
import { TcpProxy } from '../faults/tcp-proxy.ts'
import { endPostgres, postgresServer, type TestDatabase } from '../servers/postgres.ts'

let database: TestDatabase
let proxy: TcpProxy
let store: PostgresStore
beforeEach(async () => {
  database = await (await postgresServer()).takeDatabase()
  proxy = await TcpProxy.start(database.options, postgresFraming)
  store = new PostgresStore(viaProxy())
  await store.start()
})
afterEach(async () => {
  proxy.heal()
  await store.stop()
  await proxy.stop()
  await database.release()
})
after(endPostgres)

function viaProxy(more: Partial<DatabaseOptions> = {}): DatabaseOptions {
  return { ...database.options, ...proxy.address, ...more }
}

/** In place of the store that every test begins with. */
async function restartWith(more: Partial<DatabaseOptions>): Promise<void> {
  await store.stop()
  store = new PostgresStore(viaProxy(more))
  await store.start()
}

const failure = async (promise: Promise<unknown>): Promise<SpawnError> => {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}

describe('a commit whose', () => {
  for (const fate of ['loseAnswer', 'cutBefore'] as const) {
    test(`connection breaks is done once: ${fate}`, async () => {
      proxy.meet('commit', fate, fate, fate)
      const group = [
        commitOf('one', 0, { sends: [envelopeOf('a')] }),
        outsideCommit({ sends: [envelopeOf('b')] }),
      ]
      assert.deepEqual(await store.commit(group), ['committed', 'committed'])
      assert.equal((await loadOne(store, 'one'))?.revision, 1)
      const { envelopes } = await store.due(SYSTEM, 0, 9)
      assert.deepEqual(
        envelopes.map(({ id }) => id),
        ['a', 'b'],
      )
    })
  }

  test('answer is lost, and that of the question what became of it, too', async () => {
    proxy.fate = chancesOf(4)
    assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'])
    assert.deepEqual(await store.commit([commitOf('one', 0)]), ['conflict'])
    assert.equal((await loadOne(store, 'one'))?.revision, 1)
  })

  test('answer is lost is in doubt when nobody waits for the database: it says so', async () => {
    await restartWith({ outageMs: 0 })
    proxy.meet('commit', 'loseAnswer')
    const error = await failure(store.commit([commitOf('one', 0)]))
    assert.equal(error.code, 'STORE_UNAVAILABLE')
    assert.match(error.message, /may have happened/)
    await until('it to be there', async () => (await loadOne(store, 'one')) !== null)
    assert.deepEqual(await store.commit([commitOf('one', 1)]), ['committed'])
  })

  test('request never arrives is not done, and says so when nobody waits', async () => {
    await restartWith({ outageMs: 0 })
    proxy.cut()
    proxy.refuses = true
    const error = await failure(store.commit([commitOf('one', 0)]))
    assert.match(error.message, /nothing was committed|may have happened/)
    proxy.refuses = false
    await until('the database to be reached again', async () => (await loadOne(store, 'one')) === null)
  })

  test('answer comes after the time limit is settled on another connection', async () => {
    await restartWith({ requestMs: 200 })
    proxy.meet('commit', 'stall')
    assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'])
    assert.deepEqual(await store.commit([commitOf('one', 1)]), ['committed'])
    assert.equal((await loadOne(store, 'one'))?.revision, 2)
  })

  test('first copy arrives late is not done twice', async () => {
    await restartWith({ requestMs: 200 })
    await store.commit([outsideCommit({ sends: [envelopeOf('a')] })])
    // It would find what it needs again: the envelope is there at the first time, and at the second.
    proxy.meet('commit', 'held')
    const taking = outsideCommit({ takes: ['a'], sends: [envelopeOf('b')] })
    assert.deepEqual(await store.commit([taking]), ['committed'])
    await store.commit([outsideCommit({ sends: [envelopeOf('a')], takes: ['b'] })])
    assert.equal(proxy.heldCount, 1)
    proxy.deliverHeld()
    await until('the late one to be refused', async () => (await refusals()) > 0)
    const found = await store.envelopes(SYSTEM, ['a', 'b'])
    assert.deepEqual(
      found.map((envelope) => envelope?.id),
      ['a', undefined],
      'what was sent late has taken nothing',
    )
  })

  test('first copy arrives late, when it was told that it is a conflict, is not done', async () => {
    await restartWith({ requestMs: 200 })
    const other = new PostgresStore(database.options)
    await other.start()
    proxy.meet('commit', 'held')
    const told = store.commit([commitOf('one', 0)])
    await until('the first copy to be on its way', () => proxy.heldCount === 1)
    assert.deepEqual(await other.commit([commitOf('one', 0, { birth: 5 })]), ['committed'])
    assert.deepEqual(await told, ['conflict'])
    assert.deepEqual(await other.delete(actorId('one'), 1, 5), 'committed')
    proxy.deliverHeld()
    await until('the late one to be refused', async () => (await refusals()) > 1)
    assert.equal(await loadOne(store, 'one'), null, 'what was a conflict is none later')
    await other.stop()
  })

  test('first copy arrives late, when it was told that it may have happened', async () => {
    await restartWith({ requestMs: 200, outageMs: 0 })
    proxy.meet('commit', 'held')
    const error = await failure(store.commit([commitOf('one', 0, { state: json('late') })]))
    assert.match(error.message, /may have happened/)
    assert.equal(await loadOne(store, 'one'), null)
    assert.deepEqual(await store.commit([commitOf('one', 0, { birth: BIRTH - 1 })]), ['committed'])
    proxy.deliverHeld()
    await until('the late one to be refused', async () => (await refusals()) > 0)
    assert.equal((await loadOne(store, 'one'))?.birth, BIRTH - 1)
  })
})

/** How many transactions were rolled back: the late ones, which nobody hears of. */
async function refusals(): Promise<number> {
  const [row] = (await database.query(
    'SELECT pg_stat_clear_snapshot(), xact_rollback AS refused FROM pg_stat_database WHERE datname = current_database()',
  )) as { refused: string }[]
  return Number(row?.refused ?? 0) - before
}
let before = 0
beforeEach(async () => {
  before = 0
  before = await refusals()
})

test('a delete whose answer is lost is done once', async () => {
  await store.commit([commitOf('one', 0)])
  proxy.meet('delete', 'loseAnswer')
  assert.equal(await store.delete(actorId('one'), 1, BIRTH), 'committed')
  proxy.meet('delete', 'cutBefore')
  assert.equal(await store.delete(actorId('one'), 1, BIRTH), 'conflict')
})

test('reads are asked again', async () => {
  await store.commit([commitOf('one', 0, { sends: [envelopeOf('a')] })])
  proxy.meet('load', 'cutBefore', 'loseAnswer')
  assert.equal((await loadOne(store, 'one'))?.revision, 1)
  proxy.meet('due', 'loseAnswer', 'cutBefore')
  assert.equal((await store.due(SYSTEM, 0, 9)).envelopes.length, 1)
})

test('a database that comes back is served without a restart of the store', async () => {
  proxy.refuses = true
  proxy.cut()
  const asked = store.commit([commitOf('one', 0)])
  const other = loadOne(store, 'two')
  await until('several tries to be in vain', () => proxy.refused > 4)
  proxy.refuses = false
  assert.deepEqual(await asked, ['committed'])
  assert.equal(await other, null)
})

/** About every nth statement that is prepared, of whatever kind, meets something. */
function chancesOf(nth: number, random: Random = seededRandom(7)): (statement: string) => Fate {
  const fates: Fate[] = ['cutBefore', 'loseAnswer']
  return (statement) =>
    /^[a-z_]+$/.test(statement) && statement !== LOGIN && below(random, nth) === 0
      ? (fates[below(random, fates.length)] ?? 'pass')
      : 'pass'
}

for (const seed of [1, 2, 3]) {
  test(`whatever breaks and wherever, each acknowledged commit is there, once and whole: seed ${seed}`, async () => {
    await restartWith({ outageMs: 30_000 })
    proxy.fate = chancesOf(5, seededRandom(seed))
    // Each owner passes a token from one of its commits to the next: a commit that is done twice meets a conflict.
    const owner = async (name: string): Promise<void> => {
      for (let follows = 0; follows < 25; follows += 1) {
        const sends = [envelopeOf(`${name} ${follows + 1}`)]
        const takes = follows === 0 ? [] : [`${name} ${follows}`]
        assert.deepEqual(await store.commit([commitOf(name, follows, { sends, takes })]), ['committed'], name)
      }
    }
    const names = ['a', 'b', 'c', 'd']
    await Promise.all(names.map(owner))
    proxy.fate = () => 'pass'
    const actors = await store.load(names.map((name) => actorId(name)))
    assert.deepEqual(
      actors.map((actor) => actor?.revision),
      names.map(() => 25),
    )
    const { envelopes } = await store.due(SYSTEM, 0, 100)
    assert.deepEqual(
      envelopes.map(({ id }) => id).toSorted(),
      names.map((name) => `${name} 25`),
    )
  })
}
