// What every statestore keeps of the past: revisions as the history policy says, outcomes until they expire.

import assert from 'node:assert/strict'
import { hashOf } from '../base/index.ts'
import type { Statestore } from '../ports/index.ts'
import { Packed } from '../protocol/index.ts'
import {
  actorId,
  assertStored,
  BIRTH,
  commitOf,
  commitRevisions,
  json,
  loadOne,
  NOON_MS,
  plainActor,
  plainPacked,
  type StatestoreCases,
} from './statestore-fixture.ts'

const ONE = actorId('one')

async function revisionNumbers(store: Statestore, limit = 100, before?: number): Promise<number[]> {
  return (await store.revisions(ONE, limit, before)).map(({ revision }) => revision)
}

export const historyCases: StatestoreCases = {
  'without a policy only the latest revision is there': async (store) => {
    await commitRevisions(store, 'one', 3, { revisions: 0, durationMs: 0 })
    assert.deepEqual(await revisionNumbers(store), [3])
    assert.equal(await store.loadRevision(ONE, { revision: 2 }), null)
    assertStored(await store.loadRevision(ONE, { revision: 3 }), commitOf('one', 2))
  },

  'by count: so many revisions before the latest': async (store) => {
    await commitRevisions(store, 'one', 6, { revisions: 2, durationMs: 0 })
    assert.deepEqual(await revisionNumbers(store), [6, 5, 4])
    assertStored(await store.loadRevision(ONE, { revision: 4 }), commitOf('one', 3))
    assert.equal(await store.loadRevision(ONE, { revision: 3 }), null)
    assert.equal(await store.prune(NOON_MS * 2, 100), 0, 'what is counted does not expire')
  },

  'by duration: until so long after they were replaced': async (store) => {
    // Revision n was replaced at NOON_MS + n + 1.
    await commitRevisions(store, 'one', 6, { revisions: 0, durationMs: 3 })
    assert.deepEqual(await revisionNumbers(store), [6, 5, 4, 3])
    assert.equal(await store.prune(NOON_MS + 7, 100), 1)
    assert.deepEqual(await revisionNumbers(store), [6, 5, 4])
    assert.equal(await store.prune(NOON_MS + 1_000, 100), 2)
    assert.deepEqual(await revisionNumbers(store), [6], 'the latest never expires')
  },

  'a revision is kept while either rule keeps it': async (store) => {
    await commitRevisions(store, 'one', 6, { revisions: 1, durationMs: 3 })
    assert.deepEqual(await revisionNumbers(store), [6, 5, 4, 3])
    assert.equal(await store.prune(NOON_MS + 1_000, 100), 2)
    assert.deepEqual(await revisionNumbers(store), [6, 5])
  },

  'the policy of the last commit holds': async (store) => {
    await commitRevisions(store, 'one', 6, { revisions: 10, durationMs: 0 })
    await store.commit([commitOf('one', 6, { history: { revisions: 2, durationMs: 0 } })])
    assert.deepEqual(await revisionNumbers(store), [7, 6, 5])
    await store.commit([commitOf('one', 7, { history: { revisions: 0, durationMs: 100 } })])
    assert.deepEqual(await revisionNumbers(store), [8, 7])
    await store.commit([commitOf('one', 8, { history: { revisions: 5, durationMs: 0 } })])
    assert.equal(await store.prune(NOON_MS * 2, 100), 0)
    assert.deepEqual(await revisionNumbers(store), [9, 8, 7])
    await store.commit([commitOf('one', 9)])
    assert.deepEqual(await revisionNumbers(store), [10])
  },

  'a policy changes within a group': async (store) => {
    const history = { revisions: 5, durationMs: 0 }
    await commitRevisions(store, 'one', 2, history)
    await store.commit([commitOf('one', 2), commitOf('one', 3, { history }), commitOf('one', 4, { history })])
    assert.deepEqual(await revisionNumbers(store), [5, 4, 3])
  },

  'for ever is a duration': async (store) => {
    await commitRevisions(store, 'one', 3, { revisions: 0, durationMs: Number.MAX_SAFE_INTEGER })
    assert.equal(await store.prune(NOON_MS * 100, 100), 0)
    assert.deepEqual(await revisionNumbers(store), [3, 2, 1])
  },

  'revisions come newest first, without states, at most as many as asked': async (store) => {
    const history = { revisions: 10, durationMs: 0 }
    await store.commit([
      commitOf('one', 0, { history, epoch: 3, tags: { n: '1' } }),
      commitOf('one', 1, { history }),
    ])
    await store.commit([commitOf('one', 2, { history, revision: 9 }), commitOf('two', 0, { history })])
    const revisions = await store.revisions(ONE, 10)
    assert.deepEqual(revisions.map(plainActor), [
      { id: ONE, revision: 9, birth: BIRTH, epoch: 1, tags: {}, committedAtMs: NOON_MS + 9 },
      { id: ONE, revision: 2, birth: BIRTH, epoch: 1, tags: {}, committedAtMs: NOON_MS + 2 },
      { id: ONE, revision: 1, birth: BIRTH, epoch: 3, tags: { n: '1' }, committedAtMs: NOON_MS + 1 },
    ])
    assert.ok(revisions.every((revision) => !('state' in revision)))
    assert.deepEqual(await revisionNumbers(store, 1), [9])
    assert.deepEqual(await revisionNumbers(store, 2), [9, 2])
    assert.deepEqual(await store.revisions(actorId('nobody'), 10), [])
    assert.equal(
      await store.loadRevision(ONE, { revision: 5 }),
      null,
      'turns within one commit leave no revision',
    )
  },

  'revisions go on below any of them, kept or not': async (store) => {
    await commitRevisions(store, 'one', 9, { revisions: 6, durationMs: 0 })
    assert.deepEqual(await revisionNumbers(store, 3), [9, 8, 7])
    assert.deepEqual(await revisionNumbers(store, 3, 7), [6, 5, 4])
    assert.deepEqual(await revisionNumbers(store, 3, 4), [3])
    assert.deepEqual(await revisionNumbers(store, 3, 3), [])
    assert.deepEqual(await revisionNumbers(store, 1, 1), [])
    assert.deepEqual(await revisionNumbers(store, 2, 9), [8, 7])
    assert.deepEqual(await revisionNumbers(store, 2, 10), [9, 8])
    assert.deepEqual(await revisionNumbers(store, 2, Number.MAX_SAFE_INTEGER), [9, 8])
  },

  'by time: the revision that stood then, or null': async (store) => {
    const history = { revisions: 2, durationMs: 0 }
    const at = (committedAtMs: number, follows: number) =>
      commitOf('one', follows, { history, committedAtMs })
    for (const [follows, atMs] of [10, 20, 30, 40, 50].entries()) await store.commit([at(atMs, follows)])
    const stood = async (atMs: number) => (await store.loadRevision(ONE, { atMs }))?.revision ?? null
    assert.deepEqual(
      await Promise.all([5, 10, 29].map(stood)),
      [null, null, null],
      'before, and no longer kept',
    )
    assert.deepEqual(await Promise.all([30, 39, 40, 45, 50, 1_000].map(stood)), [3, 3, 4, 4, 5, 5])
    assertStored(await store.loadRevision(ONE, { atMs: 35 }), at(30, 2))
    assert.equal(await store.loadRevision(actorId('nobody'), { atMs: 35 }), null)
  },

  'a clock that went back does not confuse the past': async (store) => {
    const history = { revisions: 9, durationMs: 0 }
    for (const [follows, committedAtMs] of [100, 90, 110].entries()) {
      await store.commit([commitOf('one', follows, { history, committedAtMs })])
    }
    const stood = async (atMs: number) => (await store.loadRevision(ONE, { atMs }))?.revision ?? null
    assert.deepEqual(await Promise.all([89, 95, 105, 110].map(stood)), [null, 2, 2, 3])
  },
}

export const outcomeCases: StatestoreCases = {
  'an outcome is committed with its turn and found under its key': async (store) => {
    const outcomes = [
      { key: 'a', reply: json({ total: 1 }), expiresAtMs: NOON_MS + 100 },
      { key: 'b', reply: null, expiresAtMs: NOON_MS + 200 },
      { key: 'c', reply: new Packed('', new Uint8Array()), expiresAtMs: NOON_MS + 100 },
    ]
    await store.commit([commitOf('one', 0, { outcomes })])
    for (const { key, reply, expiresAtMs } of outcomes) {
      const found = await store.loadOutcome(ONE, key, NOON_MS)
      assert.deepEqual([found?.key, found?.expiresAtMs], [key, expiresAtMs])
      assert.deepEqual(plainPacked(found?.reply ?? null), plainPacked(reply))
      assert.ok(found?.reply === null || found?.reply instanceof Packed)
    }
    assert.equal(await store.loadOutcome(ONE, 'd', NOON_MS), null)
    assert.equal(await store.loadOutcome(actorId('two'), 'a', NOON_MS), null)
    assert.equal(await store.loadOutcome(ONE, 'a', NOON_MS + 100), null, 'expired at that very moment')
    assert.notEqual(await store.loadOutcome(ONE, 'a', NOON_MS + 99), null)
  },

  'an outcome alone leaves the actor as it is': async (store) => {
    const outcomes = [{ key: 'k', reply: json('reply'), expiresAtMs: NOON_MS * 2 }]
    const stands = commitOf('one', 0, { history: { revisions: 3, durationMs: 0 } })
    await store.commit([stands])
    const keep = commitOf('one', 1, { revision: 1, state: null, tags: { not: 'applied' }, outcomes })
    assert.deepEqual(await store.commit([keep]), ['committed'])
    assertStored(await loadOne(store, 'one'), stands)
    assert.deepEqual(await revisionNumbers(store), [1])
    assert.notEqual(await store.loadOutcome(ONE, 'k', 0), null)
    assert.deepEqual(
      await store.commit([commitOf('one', 1), keep]),
      ['committed', 'conflict'],
      'it is fenced as well',
    )
  },

  'an outcome alone may be of an actor that was never stored': async (store) => {
    const outcomes = [{ key: 'k', reply: null, expiresAtMs: NOON_MS + 100 }]
    const keep = commitOf('one', 0, { revision: 0, state: null, outcomes })
    assert.deepEqual(await store.commit([keep]), ['committed'])
    assert.equal(await loadOne(store, 'one'), null)
    assert.deepEqual((await store.list({ system: ONE.system }, { limit: 10 })).actors, [])
    assert.notEqual(await store.loadOutcome(ONE, 'k', NOON_MS), null)
    assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'])
    assert.notEqual(await store.loadOutcome(ONE, 'k', NOON_MS), null)
  },

  'the outcome of a commit that met a conflict is not kept': async (store) => {
    const outcomes = [{ key: 'k', reply: json('reply'), expiresAtMs: NOON_MS * 2 }]
    await store.commit([commitOf('one', 3, { outcomes }), commitOf('two', 0)])
    assert.equal(await store.loadOutcome(ONE, 'k', 0), null)
  },

  'a key that is kept makes a commit a conflict, until it has expired': async (store) => {
    const keyed = (text: string, follows: number, committedAtMs: number) =>
      commitOf('one', follows, {
        committedAtMs,
        outcomes: [{ key: 'k', reply: json(text), expiresAtMs: committedAtMs + 100 }],
      })
    const reply = async (nowMs: number) =>
      plainPacked((await store.loadOutcome(ONE, 'k', nowMs))?.reply ?? null)
    assert.deepEqual(await store.commit([keyed('first', 0, NOON_MS)]), ['committed'])
    assert.deepEqual(await store.commit([keyed('again', 1, NOON_MS + 99)]), ['conflict'])
    assert.equal((await loadOne(store, 'one'))?.revision, 1, 'nothing of it is applied')
    assert.deepEqual(await reply(NOON_MS), plainPacked(json('first')))
    const both = [keyed('second', 1, NOON_MS + 100), keyed('third', 2, NOON_MS + 100)]
    assert.deepEqual(await store.commit(both), ['committed', 'conflict'])
    assert.deepEqual(await reply(NOON_MS + 150), plainPacked(json('second')))
  },

  'the keys of an actor are told as hashes, all or none': async (store) => {
    const keys = ['a', 'b', 'ü', 'k'.repeat(512)]
    const outcomes = keys.map((key) => ({ key, reply: null, expiresAtMs: NOON_MS + 100 }))
    assert.deepEqual(await store.outcomeKeys(ONE, 1), new Uint32Array())
    await store.commit([
      commitOf('one', 0, { outcomes: outcomes.slice(0, 2) }),
      commitOf('one', 1, { outcomes: outcomes.slice(2) }),
      commitOf('one', 3, { outcomes: [{ key: 'refused', reply: null, expiresAtMs: NOON_MS + 100 }] }),
      commitOf('two', 0),
    ])
    const known = async (limit: number) => (await store.outcomeKeys(ONE, limit))?.toSorted()
    assert.deepEqual(await known(4), Uint32Array.from(keys, hashOf).toSorted())
    assert.deepEqual(await known(1_000), Uint32Array.from(keys, hashOf).toSorted())
    assert.equal(await store.outcomeKeys(ONE, 3), null)
    assert.deepEqual(await store.outcomeKeys(actorId('two'), 1), new Uint32Array())
    assert.deepEqual(await store.delete(ONE, 2, BIRTH), 'committed')
    assert.deepEqual(await known(1), new Uint32Array(), 'they go with their actor')
  },

  'pruning is bounded, and says how much went': async (store) => {
    const outcomes = Array.from({ length: 10 }, (_none, at) => ({
      key: `k${at}`,
      reply: null,
      expiresAtMs: NOON_MS + at,
    }))
    const history = { revisions: 0, durationMs: 1 }
    await store.commit([
      commitOf('two', 0, { outcomes }),
      commitOf('three', 0, { revision: 0, outcomes, state: null }),
    ])
    await store.commit([
      commitOf('one', 0, { history }),
      commitOf('one', 1, { history, committedAtMs: NOON_MS }),
    ])
    assert.equal(await store.prune(NOON_MS, 100), 2, 'of each actor the one that expires at that very moment')
    assert.equal(await store.prune(NOON_MS + 5, 4), 4)
    assert.equal(await store.prune(NOON_MS + 5, 100), 7, 'ten outcomes are due till then, and a revision')
    assert.equal(await store.prune(NOON_MS + 5, 100), 0)
    assert.notEqual(await store.loadOutcome(actorId('two'), 'k6', NOON_MS), null)
    assert.equal((await loadOne(store, 'two'))?.revision, 1)
    assert.equal(await store.prune(NOON_MS + 1_000, 100), 8)
  },
}
