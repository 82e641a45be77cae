// What every statestore keeps of the outbox: what stands, what a commit that takes may rest on, places, and commits of the
// outside. See ports/statestore.ts and ports/outbox.ts.

import assert from 'node:assert/strict'
import type { Commit, Statestore } from '../ports/index.ts'
import { Packed } from '../protocol/index.ts'
import {
  actorId,
  BIRTH,
  commitOf,
  envelopeOf,
  json,
  loadOne,
  NOON_MS,
  outsideCommit,
  plainEnvelope,
  type StatestoreCases,
  SYSTEM,
} from './statestore-fixture.ts'

const A = envelopeOf('a')
const B = envelopeOf('b')

/** The ids of all that is due for ever, in order. */
async function standing(store: Statestore, system = SYSTEM): Promise<string[]> {
  const { envelopes } = await store.due(system, Number.MAX_SAFE_INTEGER, 1_000)
  return envelopes.map(({ id }) => id)
}

async function placeOf(store: Statestore, id: string): Promise<number> {
  const [envelope] = await store.envelopes(SYSTEM, [id])
  return envelope?.place ?? 0
}

export const outboxCases: StatestoreCases = {
  'what was sent stands until it is taken, each field exactly': async (store) => {
    const sends = [
      envelopeOf('\u{1f600} \0 "quoted" \ufffd', { header: '{"\0":"\ufffd"}' }),
      envelopeOf('x'.repeat(2_048), { payload: null }),
      envelopeOf('ä'.repeat(1_024), { payload: new Packed('', new Uint8Array(0)), header: '' }),
      envelopeOf('__proto__', { box: 'timer', dueAtMs: 2 ** 53 - 1 }),
    ]
    assert.deepEqual(await store.commit([commitOf('one', 0, { sends })]), ['committed'])
    const ids = sends.map(({ id }) => id)
    const found = await store.envelopes(SYSTEM, ['no', ...ids, ids[0] ?? ''])
    assert.equal(found[0], null)
    const there = found.slice(1).map((envelope) => envelope && plainEnvelope(envelope))
    assert.deepEqual(there, [...sends, sends[0] ?? A].map(plainEnvelope))
    assert.ok(found[1]?.payload instanceof Packed)
    assert.deepEqual(
      (await store.due(SYSTEM, 2 ** 53 - 1, 9)).envelopes.map(plainEnvelope),
      sends.map(plainEnvelope),
    )
    assert.deepEqual(
      await store.envelopes('other', ids),
      ids.map(() => null),
    )
    assert.deepEqual(await store.envelopes(SYSTEM, []), [])
    assert.deepEqual(await store.commit([commitOf('two', 0, { takes: ids })]), ['committed'])
    assert.deepEqual(
      await store.envelopes(SYSTEM, ids),
      ids.map(() => null),
    )
    assert.deepEqual(await standing(store), [])
  },

  'an envelope is taken once, and a commit that takes it again is a conflict as a whole': async (store) => {
    await store.commit([commitOf('one', 0, { sends: [A, B] })])
    assert.deepEqual(await store.commit([commitOf('two', 0, { takes: ['a'] })]), ['committed'])
    const outcomes = [{ key: 'k', reply: null, expiresAtMs: NOON_MS * 2 }]
    const again = { takes: ['b', 'a'], sends: [envelopeOf('c')], outcomes }
    assert.deepEqual(await store.commit([commitOf('two', 1, again)]), ['conflict'])
    assert.deepEqual(await store.commit([commitOf('two', 1, { takes: ['never'] })]), ['conflict'])
    assert.equal((await loadOne(store, 'two'))?.revision, 1)
    assert.equal(await store.loadOutcome(actorId('two'), 'k', NOON_MS), null)
    assert.deepEqual(await standing(store), ['b'])
    assert.deepEqual(
      await store.commit([commitOf('two', 1, { outcomes, takes: ['b'] })]),
      ['committed'],
      'of the conflict nothing is left, nor its key',
    )
  },

  'a commit that meets a conflict sends and takes nothing': async (store) => {
    await store.commit([commitOf('one', 0, { sends: [A] })])
    assert.deepEqual(await store.commit([commitOf('one', 0, { takes: ['a'], sends: [B] })]), ['conflict'])
    const alien = commitOf('one', 1, { birth: BIRTH - 1, takes: ['a'], sends: [B] })
    assert.deepEqual(await store.commit([alien]), ['conflict'])
    assert.deepEqual(await standing(store), ['a'])
  },

  'within a group each commit finds what those before it left': async (store) => {
    const group = [
      commitOf('one', 0, { sends: [A, B] }),
      commitOf('two', 0, { takes: ['a'] }),
      commitOf('three', 0, { takes: ['a'] }),
      commitOf('three', 1),
      commitOf('four', 0, { takes: ['c'] }),
      commitOf('one', 1, { sends: [envelopeOf('c')] }),
      commitOf('two', 1, { takes: ['b'], sends: [A] }),
      commitOf('five', 0, { takes: ['a', 'c'] }),
    ]
    const verdicts = await store.commit(group)
    assert.deepEqual(
      verdicts.map((verdict) => verdict === 'committed'),
      [true, true, false, false, false, true, true, true],
    )
    assert.deepEqual(await standing(store), [])
    assert.deepEqual(
      (await store.load(['one', 'two', 'three', 'four', 'five'].map((name) => actorId(name)))).map(
        (actor) => actor?.revision,
      ),
      [2, 2, undefined, undefined, 1],
    )
  },

  'an id that stands is replaced in its place; one that was taken gets the next': async (store) => {
    await store.commit([commitOf('one', 0, { sends: [A, B] })])
    const first = await placeOf(store, 'a')
    const again = envelopeOf('a', { header: 'again', payload: null })
    await store.commit([commitOf('one', 1, { sends: [again] })])
    assert.deepEqual(await standing(store), ['a', 'b'])
    assert.equal(await placeOf(store, 'a'), first)
    const third = envelopeOf('a', { header: 'third' })
    const both = commitOf('one', 2, { takes: ['a'], sends: [envelopeOf('c'), third] })
    assert.deepEqual(await store.commit([both]), ['committed'])
    assert.equal(await placeOf(store, 'a'), first, 'taken and sent by one commit, it stands on')
    const [found] = await store.envelopes(SYSTEM, ['a'])
    assert.deepEqual(found && plainEnvelope(found), plainEnvelope(third))
    await store.commit([commitOf('one', 3, { takes: ['a'] }), commitOf('one', 4, { sends: [A] })])
    assert.deepEqual(await standing(store), ['b', 'c', 'a'])
    await store.commit([outsideCommit({ takes: ['a', 'b', 'c'] })])
    const last = await placeOf(store, 'c')
    await store.commit([outsideCommit({ sends: [B] })])
    assert.ok((await placeOf(store, 'b')) > last, 'places go on when nothing stands')
  },

  'an envelope may change its box and its time where it stands': async (store) => {
    await store.commit([commitOf('one', 0, { sends: [A, B] })])
    const dead = envelopeOf('a', { box: 'dead', dueAtMs: NOON_MS })
    await store.commit([outsideCommit({ takes: ['a'], sends: [dead] })])
    assert.deepEqual(await standing(store), ['b'])
    assert.deepEqual((await store.listEnvelopes(SYSTEM, 'dead', { limit: 9 })).envelopes.map(plainEnvelope), [
      plainEnvelope(dead),
    ])
    await store.commit([outsideCommit({ takes: ['a'], sends: [A] })])
    assert.deepEqual(await standing(store), ['a', 'b'])
    assert.deepEqual((await store.listEnvelopes(SYSTEM, 'dead', { limit: 9 })).envelopes, [])
  },

  'what comes again is taken as of its time: one occasion is not taken for another': async (store) => {
    const first = envelopeOf('a', { box: 'timer', dueAtMs: 1_000 })
    const second = envelopeOf('a', { box: 'timer', dueAtMs: 2_000 })
    const taking = (dueAtMs: number, more: Partial<Commit> = {}): Commit =>
      outsideCommit({ takes: ['a'], occasions: new Map([['a', dueAtMs]]), ...more })
    assert.deepEqual(await store.commit([outsideCommit({ sends: [first] })]), ['committed'])
    assert.deepEqual(await store.commit([taking(2_000, { sends: [second] })]), ['conflict'])
    // The second of the group finds what the first has sent.
    const group = [taking(1_000, { sends: [second] }), taking(1_000, { sends: [second] })]
    assert.deepEqual(await store.commit(group), ['committed', 'conflict'])
    assert.deepEqual(
      await store.commit([commitOf('one', 0, { takes: ['a'], occasions: new Map([['a', 1_000]]) })]),
      ['conflict'],
    )
    assert.equal(await loadOne(store, 'one'), null)
    assert.deepEqual(await store.commit([taking(2_000)]), ['committed'])
    assert.deepEqual(await store.commit([taking(2_000)]), ['conflict'])
    // Of some it may be said, and not of others.
    assert.deepEqual(await store.commit([outsideCommit({ sends: [first, B] })]), ['committed'])
    assert.deepEqual(await store.commit([taking(999, { takes: ['b', 'a'] })]), ['conflict'])
    assert.deepEqual(await store.commit([taking(1_000, { takes: ['b', 'a'] })]), ['committed'])
    assert.deepEqual(await standing(store), [])
  },

  'commits of the outside stand each for itself, and store no actor': async (store) => {
    const group = [
      outsideCommit({ takes: ['never'], sends: [envelopeOf('lost')] }),
      outsideCommit({ sends: [A] }),
      outsideCommit({ takes: ['a'] }),
      outsideCommit({ takes: ['a'] }),
      outsideCommit({ sends: [B] }),
    ]
    const verdicts = ['conflict', 'committed', 'committed', 'conflict', 'committed']
    assert.deepEqual(await store.commit(group), verdicts)
    assert.deepEqual(await store.commit([outsideCommit({ sends: [A] })]), ['committed'])
    assert.deepEqual(await standing(store), ['b', 'a'])
    assert.deepEqual((await store.list({ system: SYSTEM }, { limit: 9 })).actors, [])
    assert.deepEqual(await store.load([actorId('')]), [null])
  },

  'a commit that only sends and takes changes nothing of its actor': async (store) => {
    const only = { state: null, tags: { not: 'applied' } }
    const sender = commitOf('none', 0, { ...only, revision: 0, sends: [A, B] })
    assert.deepEqual(await store.commit([sender]), ['committed'])
    assert.equal(await loadOne(store, 'none'), null)
    await store.commit([commitOf('one', 0)])
    const taker = commitOf('one', 1, { ...only, revision: 1, takes: ['a'] })
    assert.deepEqual(await store.commit([taker, commitOf('one', 1)]), ['committed', 'committed'])
    assert.equal((await loadOne(store, 'one'))?.revision, 2)
    const stale = commitOf('one', 1, { ...only, revision: 1, takes: ['b'] })
    assert.deepEqual(await store.commit([stale]), ['conflict'], 'it is fenced as well')
    assert.deepEqual(await standing(store), ['b'])
  },

  'envelopes outlive their sender': async (store) => {
    await store.commit([commitOf('one', 0, { sends: [A] })])
    assert.equal(await store.delete(actorId('one'), 1, BIRTH), 'committed')
    assert.deepEqual(await standing(store), ['a'])
    assert.deepEqual(await store.commit([commitOf('two', 0, { takes: ['a'] })]), ['committed'])
  },

  'systems know nothing of each other': async (store) => {
    const other = outsideCommit({ id: { system: 'other', parent: '', name: '' }, sends: [B] })
    await store.commit([outsideCommit({ sends: [A] }), other])
    assert.deepEqual([await standing(store), await standing(store, 'other')], [['a'], ['b']])
    assert.deepEqual(await store.commit([outsideCommit({ takes: ['b'] })]), ['conflict'])
    assert.equal((await store.due(SYSTEM, -1, 1)).nextDueMs, 0)
  },

  'the bytes of an envelope are its own': async (store) => {
    const payload = json('before')
    await store.commit([outsideCommit({ sends: [envelopeOf('a', { payload })] })])
    payload.value.fill(0)
    const [found] = await store.envelopes(SYSTEM, ['a'])
    assert.equal(Buffer.from(found?.payload?.value ?? []).toString(), '"before"')
  },
}
