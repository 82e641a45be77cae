// A store as it stood at a time: each actor at the revision that stood, and those that history does not reach are told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RestoreSource, takeIn, type Unreached } from '../../src/archive/index.ts'
import { headerOf } from '../../src/actor/index.ts'
import { LIMITS } from '../../src/base/index.ts'
import type { Commit, Envelope, Statestore } from '../../src/ports/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import {
  actorId,
  allFacts,
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
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { stateKey } from '../conformance/sealed-subject.ts'
import { clock, emptyMemory } from './fixture.ts'

async function restored(store: Statestore, atMs: number, into?: Statestore) {
  const unreached: Unreached[] = []
  const source = new RestoreSource({
    store,
    name: 'memory',
    atMs,
    outcomeRetentionMs: LIMITS.outcomeRetentionMs,
    unreached: async (actor) => void unreached.push(actor),
  })
  const target = into ?? (await emptyMemory())
  const taken = await takeIn({ source, target, targetName: 'memory', merges: false, clock })
  return { target, unreached, counts: source.counts, taken }
}

const revisionsOf = async (store: Statestore, name: string): Promise<number[]> =>
  (await store.revisions(actorId(name), 100)).map(({ revision }) => revision)

const history = { revisions: 100, durationMs: 0 }

test('each actor is at the revision that stood, with the past that it had', async () => {
  const store = await emptyMemory()
  // Revision n stands from NOON_MS + n on.
  await commitRevisions(store, 'long', 9, history)
  await commitRevisions(store, 'short', 9, { revisions: 2, durationMs: 0 })
  await commitRevisions(store, 'old', 3, history)
  await store.commit([commitOf('late', 0, { committedAtMs: NOON_MS + 8, history })])
  await store.commit([commitOf('late', 1, { committedAtMs: NOON_MS + 9, history })])
  const { counts, target, unreached } = await restored(store, NOON_MS + 5)
  assertStored(await loadOne(target, 'long'), commitOf('long', 4))
  assert.deepEqual(await revisionsOf(target, 'long'), [5, 4, 3, 2, 1])
  assertStored(await loadOne(target, 'old'), commitOf('old', 2))
  assert.deepEqual(await revisionsOf(target, 'old'), [3, 2, 1])
  assert.equal(await loadOne(target, 'late'), null)
  assert.equal(await loadOne(target, 'short'), null)
  assert.deepEqual(unreached, [{ id: actorId('short'), revision: 7, committedAtMs: NOON_MS + 7 }])
  const none = { outcomesLeft: 0, envelopesLeft: 0, factsLeft: 0, envelopesUndated: 0, factsUndated: 0 }
  assert.deepEqual(counts, { unchanged: 1, earlier: 1, later: 1, unreached: 1, ...none })
  // The system goes on from there.
  assert.deepEqual(await target.commit([commitOf('long', 5)]), ['committed'])
  assert.deepEqual(await revisionsOf(store, 'long'), [9, 8, 7, 6, 5, 4, 3, 2, 1], 'the source is as it was')
})

test('of messages and replies those of until then are restored', async () => {
  const header = (createdAtMs: number): string =>
    headerOf({
      kind: 'effect',
      from: null,
      to: ['', 'one'],
      action: 'hear',
      createdAtMs,
      metadata: { a: 'b' },
    })
  const sends = [
    envelopeOf('before', { header: header(NOON_MS + 5) }),
    envelopeOf('after', { header: header(NOON_MS + 6) }),
    envelopeOf('undated', { header: 'unread' }),
    factOf('undated', { header: 'unread' }),
    envelopeOf('scheduled', { box: 'schedule', dueAtMs: NOON_MS * 2, header: header(NOON_MS) }),
  ]
  const kept = (key: string, atMs: number): Commit['outcomes'][number] => {
    return { key, reply: json(key), expiresAtMs: atMs + LIMITS.outcomeRetentionMs }
  }
  const store = await emptyMemory()
  const outcomes = [kept('before', NOON_MS + 5), kept('after', NOON_MS + 6)]
  await store.commit([outsideCommit({ sends }), commitOf('one', 0, { outcomes })])
  const { counts, target } = await restored(store, NOON_MS + 5)
  const envelopes = await target.envelopes(SYSTEM, ['before', 'after', 'scheduled', 'undated'])
  assert.deepEqual(
    envelopes.map((envelope) => envelope?.id),
    ['before', undefined, 'scheduled', 'undated'],
  )
  assert.notEqual(await target.loadOutcome(actorId('one'), 'before', NOON_MS), null)
  assert.equal(await target.loadOutcome(actorId('one'), 'after', NOON_MS), null)
  assert.deepEqual([counts.outcomesLeft, counts.envelopesLeft, counts.envelopesUndated], [1, 1, 1])
  assert.deepEqual([counts.factsLeft, counts.factsUndated], [0, 1], 'a fact is no message')
})

test('of facts those of turns until then are restored, in their places, whatever became of their actors', async () => {
  const store = await emptyMemory()
  const fact = (name: string, turn: number): Envelope => {
    const rest = { to: ['', ''] as const, action: 'add', revision: turn, createdAtMs: NOON_MS + turn }
    return factOf(`${name} ${turn}`, { header: headerOf({ kind: 'fact', from: ['', name], ...rest }) })
  }
  for (let turn = 1; turn <= 9; turn += 1) {
    await store.commit([
      commitOf('kept', turn - 1, { history, sends: [fact('kept', turn)] }),
      commitOf('unreached', turn - 1, { sends: [envelopeOf(`gone ${turn}`), fact('unreached', turn)] }),
      commitOf('deleted', turn - 1, { history, sends: [fact('deleted', turn)] }),
    ])
    await store.commit([outsideCommit({ takes: [`gone ${turn}`] })])
  }
  await store.delete(actorId('deleted'), 9, BIRTH)
  const { counts, target, unreached } = await restored(store, NOON_MS + 5)
  assert.deepEqual(
    unreached.map(({ id }) => id.name),
    ['unreached'],
  )
  const then = (await allFacts(store)).slice(0, 3 * 5)
  assert.equal(then.at(-1)?.id, 'fact:deleted 5')
  assert.deepEqual(await allFacts(target, 4), then)
  assert.deepEqual([counts.factsLeft, counts.factsUndated, counts.envelopesLeft], [3 * 4, 0, 0])
  await target.commit([commitOf('kept', 5, { sends: [fact('kept', 6)] })])
  const { facts } = await target.facts(SYSTEM, then.at(-1)?.place ?? 0, 9)
  assert.deepEqual(
    facts.map(({ id }) => id),
    ['fact:kept 6'],
  )
})

test('any time between the first and the last revision is reached', async () => {
  const store = await emptyMemory()
  for (let at = 0; at < 300; at += 1)
    await store.commit([
      commitOf(`actor ${at % 50}`, Math.floor(at / 50), { history, committedAtMs: NOON_MS + at * 10 }),
    ])
  for (const atMs of [0, 95, 100, 499, 500, 1_234, 2_990, 9_999]) {
    const { target, unreached } = await restored(store, NOON_MS + atMs)
    assert.deepEqual(unreached, [])
    for (let actor = 0; actor < 50; actor += 1) {
      const turns = Array.from({ length: 6 }, (_none, turn) => (turn * 50 + actor) * 10)
      const revision = turns.filter((turnMs) => turnMs <= atMs).length
      assert.equal((await loadOne(target, `actor ${actor}`))?.revision ?? 0, revision)
    }
  }
})

test('what an encrypted store keeps for itself is no actor, and goes along as it stands', async () => {
  const sealed = (store: Statestore): SealedStore => new SealedStore(store, { keys: [stateKey('2026')] })
  const store = sealed(await emptyMemory())
  const [ann, ben] = [actorId('ann', 'user'), actorId('ben', 'user')]
  const owned = { hasOwnKey: true, history }
  const at = (afterMs: number): Partial<Commit> => ({ ...owned, committedAtMs: NOON_MS + afterMs })
  for (const [follows, afterMs] of [1, 2, 9].entries())
    await store.commit([commitOf(ann, follows, at(afterMs))])
  await store.commit([commitOf(ben, 0, at(1))])
  // Each of these is written twice, later than the time that is asked for.
  await store.rotation?.mark('x', 1, NOON_MS + 6)
  await store.rotation?.mark(null, 2, NOON_MS + 7)
  for (const [from, afterMs] of [
    [0, 7],
    [2, 9],
  ] as const) {
    if (from > 0) await store.commit([commitOf(ben, 0, at(from + 6))])
    assert.notEqual(await store.erasures.erase(ben, NOON_MS + afterMs), null)
  }

  const then = sealed(await emptyMemory())
  const { counts, unreached } = await restored(store, NOON_MS + 5, then)
  const none = { outcomesLeft: 0, envelopesLeft: 0, factsLeft: 0, envelopesUndated: 0, factsUndated: 0 }
  assert.deepEqual(counts, { unchanged: 0, earlier: 1, later: 0, unreached: 0, ...none })
  assert.deepEqual(unreached, [])
  const { erasures } = await then.erasures.list(SYSTEM, { limit: 10 })
  assert.equal(erasures.length, 2, 'the proofs are there')
  const [stored] = await then.load([ann])
  assert.equal(stored?.revision, 2)
})
