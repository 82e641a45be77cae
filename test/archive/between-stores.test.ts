// From store to store: SQLite, Postgres, MariaDB, memory, and an encrypted one. What comes out at the end is what went in, and
// each of them goes on from it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { FileSource, RestoreSource, takeIn } from '../../src/archive/index.ts'
import { LIMITS } from '../../src/base/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import { MariadbStore } from '../../src/stores/mariadb/index.ts'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { plainRows, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import {
  actorId,
  allFacts,
  commitOf,
  envelopeOf,
  factOf,
  NOON_MS,
  outsideCommit,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { temporarySqlite } from '../conformance/temporary-store.ts'
import { endMariadb, mariadbServer } from '../servers/mariadb.ts'
import { endPostgres, postgresServer } from '../servers/postgres.ts'
import { chunksOf, clock, emptyMemory, exportedBytes, manyRows } from './fixture.ts'

interface Opened extends AsyncDisposable {
  readonly store: Statestore
}

type Opening = () => Promise<Opened>

const keys = [{ id: 'one', secret: new Uint8Array(32).map((_zero, at) => at) }] as const

const OPENINGS: readonly (readonly [name: string, open: Opening])[] = [
  ['memory', async () => opened(await emptyMemory(), async () => {})],
  [
    'SQLite',
    async () => {
      const { dispose, store } = await temporarySqlite()
      return { store, [Symbol.asyncDispose]: dispose }
    },
  ],
  [
    'encrypted SQLite',
    async () => {
      const { dispose, store } = await temporarySqlite()
      return { store: new SealedStore(store, { keys, readsPlain: false }), [Symbol.asyncDispose]: dispose }
    },
  ],
  [
    'Postgres',
    async () => {
      const database = await (await postgresServer()).takeDatabase()
      return opened(new PostgresStore(database.options), database.release)
    },
  ],
  [
    'MariaDB',
    async () => {
      const database = await (await mariadbServer()).takeDatabase()
      return opened(new MariadbStore(database.options), database.release)
    },
  ],
]

async function opened(store: Statestore, release: () => Promise<void>): Promise<Opened> {
  await store.start()
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.stop()
      await release()
    },
  }
}

const into = (target: Statestore) => ({ target, targetName: 'target', merges: false, clock })

after(async () => {
  await endPostgres()
  await endMariadb()
})

test('a file goes around through every store, and comes back with the same rows', async () => {
  const source = await manyRows()
  const expected = plainRows(await readAll(source))
  let bytes = await exportedBytes(source)
  const facts = (await allFacts(source)).map(({ id }) => id)
  assert.ok(facts.length > 3)
  let places: readonly number[] | null = null
  for (const [name, open] of OPENINGS) {
    await using there = await open()
    const file = await FileSource.open(chunksOf(bytes, 65_536), 'backup.ndjson')
    const { leftOut } = await takeIn({ ...into(there.store), source: file })
    assert.equal(leftOut, 0, name)
    bytes = await exportedBytes(there.store)
    const back = await emptyMemory()
    await takeIn({ ...into(back), source: await FileSource.open(chunksOf(bytes), 'backup.ndjson') })
    assert.deepEqual(plainRows(await readAll(back)), expected, name)
    const stand = await allFacts(there.store)
    assert.deepEqual(
      stand.map(({ id }) => id),
      facts,
      name,
    )
    // Two systems of one memory get other places at first, which they keep from then on.
    assert.deepEqual(
      stand.map(({ place }) => place),
      (places ??= stand.map(({ place }) => place)),
      name,
    )
    // It goes on as if all had been committed here.
    const again = [
      commitOf('long', 1_199),
      commitOf('long', 1_200),
      outsideCommit({ sends: [envelopeOf('next')] }),
    ]
    assert.deepEqual(await there.store.commit(again), ['conflict', 'conflict', 'committed'], name)
    assert.deepEqual(await there.store.commit([commitOf('long', 1_200)]), ['committed'], name)
    await there.store.commit([outsideCommit({ sends: [factOf('next')] })])
    const behind = await there.store.facts(SYSTEM, places?.at(-1) ?? 0, 10)
    assert.deepEqual(
      behind.facts.map(({ id }) => id),
      ['fact:next'],
      name,
    )
    const { envelopes } = await there.store.due(SYSTEM, 0, 10)
    assert.deepEqual(
      envelopes.map(({ id }) => id),
      ['now', 'next'],
      name,
    )
  }
})

test('every store is restored as it stood', async () => {
  for (const [name, open] of OPENINGS) {
    await using there = await open()
    const history = { revisions: 100, durationMs: 0 }
    for (let follows = 0; follows < 9; follows += 1)
      await there.store.commit([commitOf('one', follows, { history }), commitOf('two', follows)])
    const unreached: string[] = []
    const target = await emptyMemory()
    const source = new RestoreSource({
      store: there.store,
      name,
      atMs: NOON_MS + 4,
      outcomeRetentionMs: LIMITS.outcomeRetentionMs,
      unreached: async ({ id }) => void unreached.push(id.name),
    })
    await takeIn({ ...into(target), source })
    assert.deepEqual(unreached, ['two'], name)
    const revisions = await target.revisions(actorId('one'), 10)
    assert.deepEqual(
      revisions.map(({ revision }) => revision),
      [4, 3, 2, 1],
      name,
    )
  }
})
