// Rows into a store, part by part: a crash at any write is gone on from, and stores that hold something are left alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSpawnError, SpawnError } from '../../src/base/index.ts'
import type { Archive, ArchiveRow, Statestore } from '../../src/ports/index.ts'
import type { MemoryStore } from '../../src/stores/memory/index.ts'
import { exportStore, takeIn } from '../../src/archive/index.ts'
import type { CarriedPart } from '../../src/archive/intake.ts'
import { plainRows, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import {
  actorId,
  commitOf,
  envelopeOf,
  factOf,
  loadOne,
  outsideCommit,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { replaced } from '../simulation/planted.ts'
import { clock, emptyMemory, exportedBytes, importBytes, manyRows } from './fixture.ts'

/** A store whose nth write to its archive fails, before or after it was done. */
function dyingAt(store: MemoryStore, nth: number, isDone: boolean): Statestore {
  let writes = 0
  const write: Archive['write'] = async (rows) => {
    writes += 1
    if (writes !== nth) return store.archive.write(rows)
    if (isDone) await store.archive.write(rows)
    throw new SpawnError('STORE_UNAVAILABLE', 'the store dies, as it was told to')
  }
  return replaced<Statestore>(store, { archive: replaced(store.archive, { write }) })
}

const invalid =
  (...words: readonly string[]) =>
  (thrown: unknown): boolean => {
    assert.ok(isSpawnError(thrown), String(thrown))
    assert.equal(thrown.code, 'INVALID_ARGUMENT')
    for (const word of words) assert.ok(thrown.message.includes(word), thrown.message)
    return true
  }

test('an import that died at any write goes on behind it, and ends with the same store', async () => {
  const source = await manyRows()
  const bytes = await exportedBytes(source)
  const expected = plainRows(await readAll(source))
  const past = (await readAll(source)).filter(({ kind }) => kind === 'past').length
  let died = 0
  for (const isDone of [false, true]) {
    for (let nth = 1; nth <= 20; nth += 1) {
      const target = await emptyMemory()
      let failed = false
      await importBytes(bytes, dyingAt(target, nth, isDone)).catch(() => (failed = true))
      if (!failed) break
      died += 1
      const written: number[] = []
      const write: Archive['write'] = async (rows) => {
        written.push(rows.length)
        return target.archive.write(rows)
      }
      const watched = replaced<Statestore>(target, { archive: replaced(target.archive, { write }) })
      const { resumedBehind, rows } = await importBytes(bytes, watched)
      assert.equal(resumedBehind, isDone ? nth : nth - 1)
      assert.deepEqual(plainRows(await readAll(target)), expected)
      assert.equal(rows.past, past, 'all rows are counted, those of before, too')
      assert.ok(!isDone || written.length < 7, 'what is there is not written again')
    }
  }
  assert.ok(died > 8, `${died} deaths`)
})

test('a store that holds something is left alone unless it is said', async () => {
  const bytes = await exportedBytes(await manyRows())
  for (const commit of [
    commitOf('one', 0),
    commitOf('one', 0, { revision: 0, outcomes: [{ key: 'k', reply: null, expiresAtMs: 9e12 }] }),
    outsideCommit({ sends: [envelopeOf('one')] }),
  ]) {
    const target = await emptyMemory()
    await target.commit([commit])
    const before = await readAll(target)
    await assert.rejects(importBytes(bytes, target), invalid('memory holds something', '--merge'))
    assert.deepEqual(await readAll(target), before)
  }
})

test('rows are merged with what is there: envelopes come behind, and each system keeps its order', async () => {
  const source = await manyRows()
  const target = await emptyMemory()
  const sends = ['a', 'b', 'now'].map((id) => envelopeOf(id))
  await target.commit([commitOf('mine', 0, { sends }), commitOf('many 7', 0), commitOf('many 7', 1)])
  await importBytes(await exportedBytes(source), target, { merges: true })
  assert.equal((await loadOne(target, 'mine'))?.revision, 1)
  assert.equal((await loadOne(target, 'many 7'))?.revision, 1, 'the row of the file counts')
  const { envelopes } = await target.listEnvelopes(SYSTEM, 'delivery', { limit: 100 })
  const ids = envelopes.filter(({ dueAtMs }) => dueAtMs === 0).map(({ id }) => id)
  assert.deepEqual(ids, ['a', 'b', 'now'])
  await target.commit([outsideCommit({ sends: [envelopeOf('last')] })])
  const places = (await readAll(target)).flatMap((row) => (row.kind === 'envelope' ? row.envelope.place : []))
  assert.equal(new Set(places).size, places.length)
  const rows = (await readAll(target)).length
  assert.equal(rows, (await readAll(source)).length + 4, 'mine, a, b, last')
})

/** Id and place of all that stands, in the order of places. */
async function placesIn(store: Statestore): Promise<(readonly [string, number])[]> {
  const places = (await readAll(store)).flatMap((row) =>
    row.kind === 'envelope' ? [[`${row.system} ${row.envelope.id}`, row.envelope.place] as const] : [],
  )
  return places.toSorted(([, left], [, right]) => left - right)
}

/** Facts, with gaps between them. */
async function factsOf(...systems: readonly string[]): Promise<MemoryStore> {
  const store = await emptyMemory()
  for (let at = 0; at < 1_200; at += 1) {
    const id = { system: systems[at % systems.length] ?? '', parent: '', name: '' }
    const [gone, stays] = [envelopeOf(`gone ${at}`), factOf(`${at}`)]
    await store.commit([
      outsideCommit({ id, sends: at % 7 === 0 ? [gone, stays] : [stays] }),
      outsideCommit({ id, takes: at % 7 === 0 ? [gone.id] : [] }),
    ])
  }
  return store
}

test('what comes from a store of one system keeps its places, also when the import is cut off', async () => {
  const source = await factsOf(SYSTEM)
  const expected = await placesIn(source)
  const bytes = await exportedBytes(source)
  for (const nth of [1, 2]) {
    const target = await emptyMemory()
    await importBytes(bytes, dyingAt(target, nth, nth === 2)).catch(() => null)
    await importBytes(bytes, target)
    assert.deepEqual(await placesIn(target), expected)
    const [, last = 0] = expected.at(-1) ?? []
    await target.commit([commitOf('next', 0, { sends: [factOf('next')] })])
    const { facts } = await target.facts(SYSTEM, last, 10)
    assert.deepEqual(
      facts.map(({ id }) => id),
      ['fact:next'],
    )
  }
})

test('no place becomes smaller, whatever meets in a store: a reader that goes on misses no fact', async () => {
  const source = await factsOf('b', 'a', 'c')
  const before = new Map(await placesIn(source))
  const bytes = await exportedBytes(source)
  const taken = async (nth: number): Promise<(readonly [string, number])[]> => {
    const target = await emptyMemory()
    await target.commit([outsideCommit({ sends: [factOf('mine'), envelopeOf('x')] })])
    await importBytes(bytes, dyingAt(target, nth, true), { merges: true }).catch(() => null)
    if (nth <= 2) await importBytes(bytes, target, { merges: true })
    return placesIn(target)
  }
  const after = await taken(Infinity)
  for (const nth of [1, 2]) assert.deepEqual(await taken(nth), after, 'also when it is cut off')
  assert.equal(after.length, before.size + 2)
  for (const [id, place] of after) assert.ok(place >= (before.get(id) ?? 0), id)
  for (const system of ['a', 'b', 'c']) {
    const order = (places: Iterable<readonly [string, number]>): string[] =>
      [...places].flatMap(([id]) => (id.startsWith(`${system} `) ? id : []))
    assert.deepEqual(order(after), order(before), 'and each system keeps its order')
  }
})

test('a place that no store has given leaves room behind it all the same', async () => {
  const envelope = { ...factOf('far'), place: Number.MAX_SAFE_INTEGER }
  const parts = async function* (): AsyncGenerator<CarriedPart> {
    yield { number: 1, mark: '', rows: [{ kind: 'envelope', system: SYSTEM, envelope }] }
  }
  const target = await emptyMemory()
  const source = { identity: 'far', name: 'far', isFixed: true, parts: parts() }
  await takeIn({ source, target, targetName: 'memory', merges: false, clock })
  await target.commit([outsideCommit({ sends: [factOf('next')] })])
  assert.deepEqual(
    (await target.facts(SYSTEM, 0, 9)).facts.map(({ id, place }) => [id, place]),
    [
      ['fact:far', 1],
      ['fact:next', 2],
    ],
  )
})

test('places of systems that had a store each do not meet', async () => {
  const target = await emptyMemory()
  for (const system of ['first', 'second', 'third']) {
    const store = await emptyMemory()
    const sends = ['x', 'y'].map((id) => envelopeOf(id))
    await store.commit([outsideCommit({ id: { system, parent: '', name: '' }, sends })])
    await importBytes(await exportedBytes(store), target, { merges: true })
  }
  for (const system of ['first', 'second', 'third']) {
    const { envelopes } = await target.due(system, 0, 10)
    assert.deepEqual(
      envelopes.map(({ id }) => id),
      ['x', 'y'],
    )
  }
})

test('a store that has a part of an import takes no other one, and is not exported', async () => {
  const bytes = await exportedBytes(await manyRows())
  const target = await emptyMemory()
  await assert.rejects(importBytes(bytes, dyingAt(target, 3, false)))
  await clock.advance(1)
  const other = await exportedBytes(await manyRows())
  for (const merges of [false, true])
    await assert.rejects(importBytes(other, target, { merges }), invalid('holds a part of backup.ndjson'))
  const nowhere = { source: 'memory', sealed: false, clock, write: async () => {} }
  await assert.rejects(exportStore({ store: target, ...nowhere }), invalid('a part of backup.ndjson'))
  await importBytes(bytes, target)
  await exportStore({ store: target, ...nowhere })
  assert.equal((await target.systems()).includes('spawn.archive'), false)
})

test('another file with the same header does not go on where one was cut off', async () => {
  const bytes = await exportedBytes(await manyRows())
  const changed = await manyRows()
  await changed.commit([commitOf('before all others', 0)])
  const other = await exportedBytes(changed)
  assert.ok(bytes.subarray(0, 100).equals(other.subarray(0, 100)))
  const target = await emptyMemory()
  await assert.rejects(importBytes(bytes, dyingAt(target, 3, false)))
  await assert.rejects(importBytes(other, target), invalid('is not what the import was begun with'))
})

test('a past that a store in use has moved on from is left out, and counted', async () => {
  const source = await manyRows()
  const rows = await readAll(source)
  const fits = (row: ArchiveRow): boolean => row.kind !== 'actor' || row.actor.id.name !== 'long'
  const read: Archive['read'] = async (page) => {
    const found = await source.archive.read(page)
    return { ...found, rows: found.rows.filter(fits) }
  }
  const bytes = await exportedBytes(
    replaced<Statestore>(source, { archive: replaced(source.archive, { read }) }),
  )
  const target = await emptyMemory()
  const { leftOut } = await importBytes(bytes, target)
  assert.equal(leftOut, 1_199)
  assert.equal((await readAll(target)).length, rows.length - 1_200)
  assert.equal(await loadOne(target, actorId('long')), null)
})
