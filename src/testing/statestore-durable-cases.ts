// What a durable statestore keeps over a stop, and over a crash: everything that was acknowledged. And how every store
// starts and stops.

import assert from 'node:assert/strict'
import { isSpawnError } from '../base/index.ts'
import type { Statestore } from '../ports/index.ts'
import { archiveOf, filledMemory, plainRows, readAll } from './statestore-archive-fixture.ts'
import {
  actorId,
  assertStored,
  BIRTH,
  commitOf,
  commitRevisions,
  envelopeOf,
  factOf,
  json,
  loadOne,
  NOON_MS,
  outsideCommit,
  plainEnvelope,
  type StatestoreCases,
  type StatestoreSubject,
  SYSTEM,
} from './statestore-fixture.ts'

const KEPT = { revisions: 3, durationMs: 0 }

async function fillAll(store: Statestore): Promise<void> {
  await commitRevisions(store, 'history', 5, KEPT)
  const outcomes = [{ key: 'k', reply: json('reply'), expiresAtMs: NOON_MS * 2 }]
  const names = Array.from({ length: 300 }, (_none, at) => `actor-${at}`)
  await store.commit(names.map((name) => commitOf(name, 0, { tags: { name } })))
  await store.commit([commitOf('outcome', 0, { outcomes }), commitOf('refused', 4), commitOf('gone', 0)])
  await store.commit([commitOf('only', 0, { revision: 0, state: null, outcomes })])
  assert.equal(await store.delete(actorId('gone'), 1, BIRTH), 'committed')
  await store.commit([commitOf('reborn', 0)])
  assert.equal(await store.delete(actorId('reborn'), 1, BIRTH), 'committed')
  await store.commit([commitOf('reborn', 0, { birth: BIRTH + 1 })])
  await store.commit([
    commitOf('gone-later', 0),
    commitOf('actor-7', 1, { revision: 9 }),
    commitOf('refused', 1),
  ])
}

async function assertAll(store: Statestore): Promise<void> {
  assert.deepEqual(
    (await store.revisions(actorId('history'), 9)).map(({ revision }) => revision),
    [5, 4, 3, 2],
  )
  assertStored(await store.loadRevision(actorId('history'), { revision: 3 }), commitOf('history', 2))
  assertStored(await loadOne(store, 'actor-299'), commitOf('actor-299', 0, { tags: { name: 'actor-299' } }))
  assertStored(await loadOne(store, 'actor-7'), commitOf('actor-7', 1, { revision: 9 }))
  assert.notEqual(await store.loadOutcome(actorId('outcome'), 'k', 0), null)
  assert.notEqual(await store.loadOutcome(actorId('only'), 'k', 0), null)
  assert.deepEqual(await store.load([actorId('refused'), actorId('gone'), actorId('only')]), [
    null,
    null,
    null,
  ])
  const { actors, next } = await store.list({ system: SYSTEM, prefix: 'actor-' }, { limit: 1_000 })
  assert.deepEqual([actors.length, next], [300, null])
  assertStored(await loadOne(store, 'reborn'), commitOf('reborn', 0, { birth: BIRTH + 1 }))
  const stale = [commitOf('actor-7', 8), commitOf('gone', 1), commitOf('reborn', 1)]
  assert.deepEqual(await store.commit(stale), ['conflict', 'conflict', 'conflict'])
}

const survives = (how: 'reopen' | 'crash') => async (store: Statestore, subject: StatestoreSubject) => {
  const again = subject[how]
  assert.ok(again !== undefined, `a subject whose store is durable says how to ${how} it`)
  await fillAll(store)
  const second = await again()
  await assertAll(second)
  assert.deepEqual(await second.commit([commitOf('actor-7', 9), commitOf('new', 0)]), [
    'committed',
    'committed',
  ])
  const third = await again()
  assert.deepEqual(
    (await third.load([actorId('actor-7'), actorId('new')])).map((actor) => actor?.revision),
    [10, 1],
  )
  assert.deepEqual(
    (await third.revisions(actorId('history'), 9)).map(({ revision }) => revision),
    [5, 4, 3, 2],
  )
}

const PENDING = Array.from({ length: 300 }, (_none, at) =>
  envelopeOf(`pending-${at}`, { box: 'schedule', dueAtMs: NOON_MS + 300 - at }),
)
const MOVED = envelopeOf('moved', { header: 'moved', box: 'timer', dueAtMs: NOON_MS })

/** What is left: all but one of PENDING, MOVED in its first place, and "again" behind the others. */
async function fillOutbox(store: Statestore): Promise<void> {
  const passing = ['first', 'again'].map((id) => envelopeOf(id))
  assert.deepEqual(
    await store.commit([
      outsideCommit({ sends: [...passing, envelopeOf('moved'), ...PENDING] }),
      commitOf('taker', 0, { takes: ['first', 'again'] }),
      commitOf('taker', 0, { takes: ['pending-1'] }),
      outsideCommit({ takes: ['pending-7'], sends: passing.slice(1) }),
    ]),
    ['committed', 'committed', 'conflict', 'committed'],
  )
  assert.deepEqual(await store.commit([outsideCommit({ takes: ['moved'], sends: [MOVED] })]), ['committed'])
}

const outboxSurvives = (how: 'reopen' | 'crash') => async (first: Statestore, subject: StatestoreSubject) => {
  const again = subject[how]
  assert.ok(again !== undefined, `a subject whose store is durable says how to ${how} it`)
  await fillOutbox(first)
  const positions = async (store: Statestore) =>
    (await store.due(SYSTEM, 2 * NOON_MS, 1_000)).envelopes.map(({ id, place }) => [id, place])
  const before = await positions(first)
  assert.deepEqual(before.map(([id]) => id).slice(0, 3), ['again', 'moved', 'pending-299'])
  assert.equal(before.length, 301)
  const second = await again()
  assert.deepEqual(await positions(second), before)
  const [moved, taken] = await second.envelopes(SYSTEM, ['moved', 'pending-7'])
  assert.deepEqual(moved && plainEnvelope(moved), plainEnvelope(MOVED))
  assert.equal(taken, null)
  const next = [
    outsideCommit({ takes: ['first'] }),
    outsideCommit({ takes: ['again'], sends: [envelopeOf('last')] }),
    outsideCommit({ takes: PENDING.flatMap(({ id }) => (id === 'pending-7' ? [] : id)) }),
  ]
  assert.deepEqual(await second.commit(next), ['conflict', 'committed', 'committed'])
  const left = await positions(await again())
  assert.deepEqual(
    left.map(([id]) => id),
    ['last', 'moved'],
  )
  const places = before.map(([_id, place]) => Number(place))
  assert.ok(Number(left[0]?.[1]) > Math.max(...places), 'no place is given twice')
}

const factsSurvive = (how: 'reopen' | 'crash') => async (first: Statestore, subject: StatestoreSubject) => {
  const again = subject[how]
  assert.ok(again !== undefined, `a subject whose store is durable says how to ${how} it`)
  const sends = Array.from({ length: 300 }, (_none, at) => factOf(`${at}`, { dueAtMs: NOON_MS + (at % 7) }))
  await first.commit([commitOf('one', 0, { sends }), commitOf('one', 0, { sends: [factOf('refused')] })])
  await first.commit([outsideCommit({ takes: ['fact:17'] })])
  const { facts } = await first.facts(SYSTEM, 0, 1_000)
  assert.equal(facts.length, 299)
  const second = await again()
  assert.deepEqual(await second.facts(SYSTEM, 0, 1_000), { facts, isLast: true })
  await second.commit([commitOf('one', 1, { sends: [factOf('next')] })])
  const third = await again()
  assert.deepEqual((await third.facts(SYSTEM, 0, 299)).facts, facts)
  const behind = await third.facts(SYSTEM, facts.at(-1)?.place ?? 0, 9)
  assert.deepEqual(
    behind.facts.map(({ id }) => id),
    ['fact:next'],
  )
}

const archiveSurvives =
  (how: 'reopen' | 'crash') => async (first: Statestore, subject: StatestoreSubject) => {
    const again = subject[how]
    assert.ok(again !== undefined, `a subject whose store is durable says how to ${how} it`)
    if (first.archive === undefined) return
    const rows = await readAll(await filledMemory())
    for (let at = 0; at < rows.length; at += 100) await archiveOf(first).write(rows.slice(at, at + 100))
    const second = await again()
    assert.deepEqual(plainRows(await readAll(second)), plainRows(rows))
    await second.commit([outsideCommit({ sends: [envelopeOf('behind')] })])
    const third = await again()
    const after = await readAll(third)
    const ids = after.flatMap((row) =>
      row.kind === 'envelope' && row.system === SYSTEM ? row.envelope.id : [],
    )
    assert.equal(ids.at(-1), 'behind', 'no place is given twice')
    assert.equal(after.length, rows.length + 1)
  }

export const durableCases: StatestoreCases = {
  'what was written to the archive is there after a stop': archiveSurvives('reopen'),
  'what was written to the archive is there after a crash': archiveSurvives('crash'),
  'the outbox is there after a stop, each envelope in its place': outboxSurvives('reopen'),
  'the outbox is there after a crash, each envelope in its place': outboxSurvives('crash'),
  'facts are there after a stop, each in its place': factsSurvive('reopen'),
  'facts are there after a crash, each in its place': factsSurvive('crash'),
  'everything is there after a stop': survives('reopen'),
  'everything is there after a crash': survives('crash'),

  'a group that was under way in a crash is there whole or not at all': async (store, subject) => {
    assert.ok(subject.crash !== undefined)
    const names = Array.from({ length: 200 }, (_none, at) => `actor-${at}`)
    const under = store.commit(names.map((name) => commitOf(name, 0))).catch(() => null)
    const again = await subject.crash()
    const verdicts = await under
    const revisions = (await again.load(names.map((name) => actorId(name)))).map(
      (actor) => actor?.revision ?? 0,
    )
    assert.equal(new Set(revisions).size, 1)
    if (verdicts !== null) assert.equal(revisions[0], 1)
    assert.deepEqual(await again.commit([commitOf('actor-0', revisions[0] ?? 0)]), ['committed'])
  },
}

export const lifeCases: StatestoreCases = {
  'a stop waits for what is under way, and may be asked twice': async (store) => {
    const under = store.commit([commitOf('one', 0)])
    await Promise.all([store.stop(), store.stop()])
    assert.deepEqual(await under, ['committed'])
    await store.stop()
  },

  'a store that is not running says so': async (store) => {
    await store.stop()
    const refused = (error: unknown): boolean => isSpawnError(error) && error.code === 'STORE_UNAVAILABLE'
    await assert.rejects(store.load([actorId('one')]), refused)
    await assert.rejects(store.commit([commitOf('one', 0)]), refused)
    await assert.rejects(store.list({ system: SYSTEM }, { limit: 1 }), refused)
  },

  'it has a name': async (store) => {
    assert.match(store.name, /^[a-z]+$/)
  },
}
