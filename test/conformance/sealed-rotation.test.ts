// Sealing all of a store anew: whatever it holds, beside a runtime that commits, cut off anywhere, from keys and from none.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { Census } from '../../src/archive/census.ts'
import type { StandingEnvelope, StateKey, Statestore } from '../../src/ports/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { filledMemory, fillStore, plainRows, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import {
  allFacts,
  commitOf,
  factOf,
  json,
  loadOne,
  NOON_MS,
  plainEnvelope,
  plainPacked,
} from '../../src/testing/statestore-fixture.ts'
import type { StatestoreSubject } from '../../src/testing/index.ts'
import { endMariadb } from '../servers/mariadb.ts'
import { endPostgres } from '../servers/postgres.ts'
import { stateKey } from './sealed-subject.ts'
import { temporaryMemory } from './temporary-memory.ts'
import { temporaryMariadb, temporaryPostgres, temporarySqlite } from './temporary-store.ts'

const OLD = stateKey('2025')
const NEW = stateKey('2026')

function sealed(store: Statestore, keys: readonly StateKey[], readsPlain = false): SealedStore {
  return new SealedStore(store, { keys, readsPlain })
}

function rotationOf(store: SealedStore) {
  assert.ok(store.rotation !== undefined, 'it has an archive')
  return store.rotation
}

function plainStanding(fact: StandingEnvelope): object {
  return { ...plainEnvelope(fact), place: fact.place }
}

interface Turned {
  readonly rows: number
  readonly sealed: number
  readonly overtaken: number
  readonly unreadable: readonly string[]
  readonly keys: readonly string[]
}

/** A whole turn, by pages; `between` happens after each. */
async function turn(store: SealedStore, changes = true, between = async () => {}): Promise<Turned> {
  const rotation = rotationOf(store)
  const total = { rows: 0, sealed: 0, overtaken: 0, unreadable: [] as string[], keys: new Set<string>() }
  let after: string | null = null
  do {
    const page = await rotation.page(after, 7, changes)
    total.rows += page.rows
    total.sealed += page.sealed
    total.overtaken += page.overtaken
    total.unreadable.push(...page.unreadable)
    for (const key of page.byKey.keys()) total.keys.add(key)
    await between()
    after = page.next
  } while (after !== null)
  return { ...total, keys: [...total.keys].toSorted() }
}

const OPENS: Readonly<Record<string, () => Promise<StatestoreSubject>>> = {
  memory: temporaryMemory,
  sqlite: temporarySqlite,
  postgres: temporaryPostgres,
  mariadb: temporaryMariadb,
}

after(endPostgres)
after(endMariadb)

for (const [name, open] of Object.entries(OPENS)) {
  describe(`rotation over ${name}`, () => {
    test('everything is under the new key then, and the same', async () => {
      const { dispose, store } = await open()
      try {
        await fillStore(sealed(store, [OLD]))
        const facts = (await allFacts(sealed(store, [OLD]))).map(plainStanding)
        assert.ok(facts.length > 3)
        const both = sealed(store, [NEW, OLD])
        const { overtaken, rows, sealed: replaced, unreadable } = await turn(both)
        assert.ok(rows > 100)
        assert.deepEqual(
          { replaced, overtaken, unreadable },
          { replaced: rows, overtaken: 0, unreadable: [] },
        )
        assert.deepEqual((await turn(both)).sealed, 0, 'nothing is due any more')
        assert.deepEqual((await turn(both, false)).keys, ['2026'])
        const expected = plainRows(await readAll(await filledMemory()))
        assert.deepEqual(plainRows(await readAll(sealed(store, [NEW]))), expected)
        assert.deepEqual(
          (await allFacts(sealed(store, [NEW]), 2)).map(plainStanding),
          facts,
          'in their places',
        )
      } finally {
        await dispose()
      }
    })

    test('what a runtime commits meanwhile is neither lost nor left behind', async () => {
      const { dispose, store } = await open()
      try {
        await fillStore(sealed(store, [OLD]))
        const both = sealed(store, [NEW, OLD])
        for (let at = 0; at < 30; at += 1) await both.commit([commitOf(`busy-${at}`, 0)])
        let revision = 1
        await turn(both, true, async () => {
          const group = Array.from({ length: 30 }, (_each, at) => commitOf(`busy-${at}`, revision))
          assert.ok(!(await both.commit(group)).includes('conflict'))
          revision += 1
        })
        assert.deepEqual((await turn(both, false)).keys, ['2026'])
        const newOnly = sealed(store, [NEW])
        for (let at = 0; at < 30; at += 1) {
          const stored = await loadOne(newOnly, `busy-${at}`)
          assert.deepEqual(plainPacked(stored?.state ?? null), plainPacked(json(`r${revision}`)))
        }
      } finally {
        await dispose()
      }
    })

    test('a store that was plain is sealed, where what is plain may be read', async () => {
      const { dispose, store } = await open()
      try {
        await fillStore(store)
        const strict = await turn(sealed(store, [NEW]))
        assert.equal(strict.sealed, 0)
        assert.equal(strict.unreadable.length, strict.rows)
        assert.match(strict.unreadable[0] ?? '', /is not sealed/)
        const lenient = await turn(sealed(store, [NEW], true))
        assert.deepEqual([lenient.sealed, lenient.unreadable], [lenient.rows, []])
        const expected = plainRows(await readAll(await filledMemory()))
        assert.deepEqual(plainRows(await readAll(sealed(store, [NEW]))), expected)
      } finally {
        await dispose()
      }
    })
  })
}

test('a row that is replaced in the very moment stays as its runtime left it', async () => {
  const { store } = await temporaryMemory()
  const older = sealed(store, [OLD])
  await older.commit([commitOf('a', 0), commitOf('b', 0)])
  const { archive } = store
  assert.ok(archive !== undefined)
  // The commit comes between the reading and the replacing.
  const replace = archive.replace.bind(archive)
  archive.replace = async (changes) => {
    await older.commit([commitOf('a', 1)])
    return replace(changes)
  }
  const both = sealed(store, [NEW, OLD])
  const page = await rotationOf(both).page(null, 10, true)
  assert.deepEqual([page.sealed, page.overtaken], [1, 1])
  assert.equal((await loadOne(both, 'a'))?.revision, 2)
  assert.deepEqual(
    [...(await rotationOf(both).page(null, 10, false)).byKey],
    [
      ['2025', 1],
      ['2026', 1],
    ],
  )
})

test('what does not open is named, and keeps nothing else from being sealed', async () => {
  const { store } = await temporaryMemory()
  await sealed(store, [stateKey('lost')]).commit([commitOf('a', 0)])
  await sealed(store, [OLD]).commit([commitOf('b', 0)])
  const { sealed: replaced, unreadable } = await turn(sealed(store, [NEW, OLD]))
  assert.equal(replaced, 1)
  assert.equal(unreadable.length, 1)
  assert.match(unreadable[0] ?? '', /"a" at revision 1 .* key "lost", .* given \("2026", "2025"\)/)
})

test('how far one has come is of no use elsewhere, and is not exported', async () => {
  const { store } = await temporaryMemory()
  const both = sealed(store, [NEW, OLD])
  await fillStore(both)
  const before = await readAll(both)
  const rotation = rotationOf(both)
  await rotation.resumed()
  await rotation.mark('a page of this store', 7, NOON_MS)
  const read = await readAll(both)
  assert.deepEqual(read, before)
  const census = new Census(NOON_MS)
  for (const row of read) census.note(row)
  assert.deepEqual(await census.changes(both), [], 'nor is it missed')
})

test('one that met what it could not open, and was cut off, meets it again: it ends well when all is opened', async () => {
  const { store } = await temporaryMemory()
  await fillStore(sealed(store, [OLD]))
  const first = rotationOf(sealed(store, [NEW]))
  assert.equal(await first.resumed(), null)
  const { next, unreadable } = await first.page(null, 20, true)
  assert.ok(unreadable.length > 0)
  await first.mark(next, 20, NOON_MS)
  const again = rotationOf(sealed(store, [NEW, OLD]))
  assert.equal(await again.resumed(), null, 'the key is there now')
  await again.mark(next, 20, NOON_MS)
  assert.deepEqual(await again.resumed(), { after: next, counted: 20 })
})

test('one over many facts is cut off again and again, and each of them is sealed anew once', async () => {
  const { store } = await temporaryMemory()
  const older = sealed(store, [OLD])
  const sends = Array.from({ length: 100 }, (_each, at) => factOf(`${at}`))
  assert.deepEqual(await older.commit([commitOf('a', 0, { sends })]), ['committed'])
  let replaced = 0
  let pages = 0
  for (let isOver = false; !isOver; pages += 1) {
    // Another process each time.
    const rotation = rotationOf(sealed(store, [NEW, OLD]))
    const from = await rotation.resumed()
    const page = await rotation.page(from?.after ?? null, 15, true)
    replaced += page.sealed
    isOver = page.next === null
    await rotation.mark(page.next, (from?.counted ?? 0) + page.counted, NOON_MS)
    // What is committed meanwhile is behind it, and under the new key.
    if (pages === 2)
      await sealed(store, [NEW, OLD]).commit([commitOf('a', 1, { sends: [factOf('meanwhile')] })])
  }
  assert.ok(pages > 6)
  assert.equal(replaced, 101, 'the actor, and each fact of before')
  const facts = await allFacts(sealed(store, [NEW]))
  assert.deepEqual(facts.map(plainEnvelope), [...sends, factOf('meanwhile')].map(plainEnvelope))
})

test('one that was cut off goes on where it was, but not to another key', async () => {
  const { store } = await temporaryMemory()
  await fillStore(sealed(store, [OLD]))
  const first = rotationOf(sealed(store, [NEW, OLD]))
  assert.equal(await first.resumed(), null)
  const { next } = await first.page(null, 20, true)
  await first.mark(next, 7, NOON_MS)
  const again = rotationOf(sealed(store, [NEW, OLD]))
  assert.deepEqual(await again.resumed(), { after: next, counted: 7 })
  assert.equal(await rotationOf(sealed(store, [OLD, NEW])).resumed(), null)
  await again.mark(null, 0, NOON_MS)
  assert.equal(await rotationOf(sealed(store, [NEW, OLD])).resumed(), null)
})
