// Facts that cannot be read, whatever happened to them: each is answered in its place, with a header that is none or that says
// why when somebody asks for it, and all others of its page are read.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { FACT_PREFIX, type StandingEnvelope, type Statestore } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import {
  envelopeOf,
  factOf,
  NOON_MS,
  outsideCommit,
  SYSTEM,
  TYPE_URL,
} from '../../src/testing/statestore-fixture.ts'
import { stateKey } from './sealed-subject.ts'
import { temporaryMemory } from './temporary-memory.ts'
import { temporarySqlite } from './temporary-store.ts'

const LONG = new Packed(TYPE_URL, Buffer.alloc(100_000, 'x'))

async function opened() {
  const subject = await temporarySqlite()
  return { ...subject, file: (subject.store as SqliteStore).file }
}

/** A file with so many facts in its table, of which those that are named have a long payload. */
async function folded(count: number, long: readonly number[] = []) {
  const { dispose, file, reopen, store } = await opened()
  const sends = Array.from({ length: count }, (_none, at) =>
    factOf(`${at}`, { dueAtMs: NOON_MS + at, ...(long.includes(at) && { payload: LONG }) }),
  )
  assert.deepEqual(await store.commit([outsideCommit({ sends })]), ['committed'])
  // Opening folds what stands in the journal.
  const again = await reopen?.()
  await again?.stop()
  return { dispose, file }
}

/** Answers the facts of a page that have no header, after asserting that all are there, in their places. */
async function unreadableIn(file: string, count: number): Promise<number[]> {
  const store = new SqliteStore({ file })
  await store.start()
  try {
    const { facts, isLast } = await store.facts(SYSTEM, 0, 1_000)
    assert.equal(isLast, true)
    assert.deepEqual(
      facts.map(({ dueAtMs, id, place }) => [id, dueAtMs, place]),
      Array.from({ length: count }, (_none, at) => [`${FACT_PREFIX}${at}`, NOON_MS + at, at + 1]),
    )
    const listed = await store.listEnvelopes(SYSTEM, 'fact', { limit: 1_000 })
    assert.deepEqual(listed.envelopes, facts)
    return facts.flatMap(({ header }, at) => (header === '' ? at : []))
  } finally {
    await store.stop()
  }
}

/** Overwrites the first pages of which `isMeant` says so, beginning at `from`. @returns how many. */
function damage(file: string, isMeant: (page: Buffer) => boolean, from: number, to: number): number {
  const database = new DatabaseSync(file)
  // Nothing is left of where it was before.
  database.exec('VACUUM')
  const { page_size: size } = database.prepare('PRAGMA page_size').get() as { page_size: number }
  database.close()
  const bytes = readFileSync(file)
  const pages = Array.from({ length: bytes.length / size }, (_none, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  )
  const damaged = pages.filter(isMeant).slice(0, 1)
  for (const page of damaged) page.fill(0xff, from, to)
  writeFileSync(file, bytes)
  return damaged.length
}

test('a fact whose type is not there', async () => {
  const { dispose, file } = await folded(3)
  try {
    const database = new DatabaseSync(file)
    database.exec(`UPDATE outbox SET payload_type = 99 WHERE id = '${FACT_PREFIX}1'`)
    database.close()
    assert.deepEqual(await unreadableIn(file, 3), [1])
  } finally {
    await dispose()
  }
})

test('a fact of whose payload a page is damaged', async () => {
  const { dispose, file } = await folded(3, [1])
  try {
    // A page of the payload's, which begins with the number of the next.
    const isOfPayload = (page: Buffer): boolean => page.subarray(4).every((byte) => byte === 0x78)
    assert.equal(damage(file, isOfPayload, 0, 4), 1)
    assert.deepEqual(await unreadableIn(file, 3), [1])
  } finally {
    await dispose()
  }
})

test('all facts of a page of the table that is damaged', async () => {
  const { dispose, file } = await folded(200)
  try {
    // 13: of a table, and a leaf. Headers of facts stand in the outbox alone.
    const isOfTable = (page: Buffer): boolean => page[0] === 13 && page.includes('{"of":"fact:100"}')
    assert.equal(damage(file, isOfTable, 0, 8), 1)
    const unreadable = await unreadableIn(file, 200)
    assert.ok(unreadable.includes(100) && unreadable.length < 100, unreadable.join())
  } finally {
    await dispose()
  }
})

test('messages that stand in such a page, beside facts', async () => {
  const { dispose, file, reopen, store } = await opened()
  try {
    const sends = Array.from({ length: 150 }, (_none, at) => [
      factOf(`${at}`),
      envelopeOf(`a ${at}`),
      envelopeOf(`z ${at}`),
    ])
    await store.commit([outsideCommit({ sends: sends.flat() })])
    await (await reopen?.())?.stop()
    const isOfTable = (page: Buffer): boolean => page[0] === 13 && page.includes('{"of":"a 70"}')
    assert.equal(damage(file, isOfTable, 0, 8), 1)
    const again = new SqliteStore({ file })
    await again.start()
    const { envelopes } = await again.due(SYSTEM, 0, 1_000)
    await again.stop()
    assert.deepEqual(
      envelopes.map(({ id }) => id),
      sends.flatMap(([_fact, ...others]) => others.map(({ id }) => id)),
    )
    const unreadable = envelopes.filter(({ header }) => header === '')
    assert.ok(unreadable.length > 1 && unreadable.length < 100, `${unreadable.length}`)
  } finally {
    await dispose()
  }
})

test('what does not open, or is not sealed', async () => {
  for (const open of [temporaryMemory, temporarySqlite]) {
    const { dispose, store } = await open()
    try {
      const sealed = new SealedStore(store, { keys: [stateKey('2026')] })
      const other = new SealedStore(store, { keys: [stateKey('2026')] })
      const put = async (into: Statestore, name: string): Promise<unknown> =>
        into.commit([outsideCommit({ sends: [factOf(name)] })])
      await put(sealed, 'a')
      await put(other, 'b')
      await put(store, 'c')
      await put(sealed, 'd')
      const { facts, isLast } = await sealed.facts(SYSTEM, 0, 9)
      assert.equal(isLast, true)
      const unreadable = { code: 'STATE_UNREADABLE' }
      const [a, b, c, d] = facts as [StandingEnvelope, StandingEnvelope, StandingEnvelope, StandingEnvelope]
      for (const fact of [a, d]) assert.equal(fact.header, factOf(fact.id.slice(FACT_PREFIX.length)).header)
      for (const [fact, message] of [
        [b, /"fact:b".*does not open with the key "2026"/],
        [c, /"fact:c".*not sealed/],
      ] as const) {
        assert.throws(() => fact.header, { ...unreadable, message })
        assert.throws(() => fact.payload, { ...unreadable, message })
      }
    } finally {
      await dispose()
    }
  }
})
