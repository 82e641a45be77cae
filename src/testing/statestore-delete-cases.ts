// What every statestore keeps of deletes, and of actors that are deleted and made again. See ports/statestore.ts.

import assert from 'node:assert/strict'
import type { Statestore } from '../ports/index.ts'
import {
  actorId,
  assertStored,
  BIRTH,
  commitOf,
  json,
  loadOne,
  NOON_MS,
  type StatestoreCases,
  SYSTEM,
} from './statestore-fixture.ts'

const HISTORY = { revisions: 10, durationMs: 0 }
const FIRST = { birth: 1, history: HISTORY }
const SECOND = { birth: 2 ** 53 - 1, history: HISTORY }

/** Stores "one" at revision 1, deletes it, and stores it at revision 1 again. */
async function liveTwice(store: Statestore): Promise<void> {
  assert.deepEqual(await store.commit([commitOf('one', 0, FIRST)]), ['committed'])
  assert.equal(await store.delete(actorId('one'), 1, FIRST.birth), 'committed')
  assert.deepEqual(await store.commit([commitOf('one', 0, SECOND)]), ['committed'])
}

export const deleteCases: StatestoreCases = {
  'delete is fenced, and takes history and outcomes along': async (store) => {
    const outcomes = [{ key: 'k', reply: json('reply'), expiresAtMs: NOON_MS * 2 }]
    await store.commit([
      commitOf('one', 0, { history: HISTORY }),
      commitOf('one', 1, { history: HISTORY, outcomes }),
      commitOf('two', 0),
    ])
    for (const follows of [0, 1, 3]) {
      assert.equal(await store.delete(actorId('one'), follows, BIRTH), 'conflict')
    }
    assert.equal(await store.delete(actorId('one'), 2, BIRTH - 1), 'conflict', 'another incarnation')
    assert.equal((await loadOne(store, 'one'))?.revision, 2)
    assert.equal(await store.delete(actorId('one'), 2, BIRTH), 'committed')
    assert.equal(await loadOne(store, 'one'), null)
    assert.deepEqual(await store.revisions(actorId('one'), 10), [])
    assert.equal(await store.loadRevision(actorId('one'), { revision: 1 }), null)
    assert.equal(await store.loadOutcome(actorId('one'), 'k', 0), null)
    assert.deepEqual((await store.list({ system: SYSTEM }, { limit: 10 })).actors.length, 1)
    assert.deepEqual(await store.commit([commitOf('one', 2)]), ['conflict'], 'its revisions begin anew')
    assert.deepEqual(await store.commit([commitOf('one', 0, { history: HISTORY })]), ['committed'])
    assert.equal((await store.revisions(actorId('one'), 10)).length, 1)
    assert.equal(await store.delete(actorId('never'), 0, BIRTH), 'committed')
    assert.equal(await store.delete(actorId('never'), 1, BIRTH), 'conflict')
  },

  'a commit from before a delete is refused, though its revision fits': async (store) => {
    await liveTwice(store)
    const stale = commitOf('one', 1, { ...FIRST, state: json('of the life before') })
    assert.deepEqual(await store.commit([stale]), ['conflict'])
    assertStored(await loadOne(store, 'one'), commitOf('one', 0, SECOND))
    const next = commitOf('one', 1, SECOND)
    assert.deepEqual(await store.commit([next]), ['committed'], 'its own next one is applied')
    assertStored(await loadOne(store, 'one'), next)
    assert.deepEqual(await store.commit([commitOf('one', 2, FIRST)]), ['conflict'])
  },

  'within a group, too': async (store) => {
    const group = [commitOf('one', 0, SECOND), commitOf('one', 1, FIRST), commitOf('one', 1, SECOND)]
    assert.deepEqual(await store.commit(group), ['committed', 'conflict', 'conflict'])
    assertStored(await loadOne(store, 'one'), commitOf('one', 0, SECOND))
  },

  'outcomes of an incarnation that is gone are not kept': async (store) => {
    await liveTwice(store)
    const outcomes = [{ key: 'k', reply: json('reply'), expiresAtMs: NOON_MS * 2 }]
    const keep = { revision: 1, state: null, outcomes }
    assert.deepEqual(await store.commit([commitOf('one', 1, { ...FIRST, ...keep })]), ['conflict'])
    assert.equal(await store.loadOutcome(actorId('one'), 'k', 0), null)
    assert.deepEqual(await store.commit([commitOf('one', 1, { ...SECOND, ...keep })]), ['committed'])
    assert.notEqual(await store.loadOutcome(actorId('one'), 'k', 0), null)
  },

  'outcomes of an actor that is not stored begin no incarnation': async (store) => {
    const outcomes = [{ key: 'k', reply: null, expiresAtMs: NOON_MS * 2 }]
    const keep = commitOf('one', 0, { ...FIRST, revision: 0, state: null, outcomes })
    assert.deepEqual(await store.commit([keep, commitOf('one', 0, SECOND)]), ['committed', 'committed'])
    assert.deepEqual(await store.commit([commitOf('one', 1, FIRST)]), ['conflict'])
  },

  'a delete from before a delete is refused, though its revision fits': async (store) => {
    await liveTwice(store)
    assert.equal(await store.delete(actorId('one'), 1, FIRST.birth), 'conflict')
    assertStored(await loadOne(store, 'one'), commitOf('one', 0, SECOND))
    assert.equal(await store.delete(actorId('one'), 1, SECOND.birth), 'committed')
    assert.equal(await loadOne(store, 'one'), null)
  },

  'the past has the birth of the incarnation that stands': async (store) => {
    await liveTwice(store)
    await store.commit([commitOf('one', 1, SECOND)])
    assertStored(await store.loadRevision(actorId('one'), { revision: 1 }), commitOf('one', 0, SECOND))
    assert.deepEqual(
      (await store.revisions(actorId('one'), 9)).map(({ birth, revision }) => [revision, birth]),
      [
        [2, SECOND.birth],
        [1, SECOND.birth],
      ],
    )
    const { actors } = await store.list({ system: SYSTEM }, { limit: 9 })
    assert.deepEqual(
      actors.map(({ birth }) => birth),
      [SECOND.birth],
    )
  },
}
