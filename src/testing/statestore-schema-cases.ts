// What every statestore keeps of its tables, where it has any, and how it counts what stands.

import assert from 'node:assert/strict'
import type { Statestore } from '../ports/index.ts'
import {
  actorId,
  BIRTH,
  commitOf,
  commitRevisions,
  envelopeOf,
  factOf,
  outsideCommit,
  type StatestoreCases,
  SYSTEM,
} from './statestore-fixture.ts'

const NO_ENVELOPES = { delivery: 0, schedule: 0, timer: 0, dead: 0, fact: 0 }

async function systemsOf(store: Statestore): Promise<unknown> {
  assert.ok(store.holdings !== undefined, 'a store of the suite counts what stands')
  return (await store.holdings()).systems
}

export const schemaCases: StatestoreCases = {
  async 'the tables of a store that runs are up to date'(store) {
    if (store.schema === undefined) {
      assert.equal(store.supports.durable, false, 'a durable store has a schema')
      return
    }
    const { newest, pending, version } = await store.schema.status()
    assert.ok(version >= 1, 'versions count from 1')
    assert.deepEqual([version, pending], [newest, []])
    assert.deepEqual(await store.schema.migrate(), [])
  },

  async 'tables can be looked at before a start, by many at once'(store, { reopen }) {
    if (store.schema === undefined) return
    await store.stop()
    const first = await store.schema.status()
    assert.deepEqual(first.pending, [])
    const done = await Promise.all([store.schema.migrate(), store.schema.migrate(), store.schema.status()])
    assert.deepEqual(done, [[], [], first])
    await reopen?.()
  },

  async 'what stands is counted, by system'(store) {
    assert.deepEqual(await systemsOf(store), [])
    await commitRevisions(store, 'kept', 4, { revisions: 2, durationMs: 0 })
    const elsewhere = { system: '\u{1f600}', parent: 'p', name: 'n' }
    await store.commit([
      commitOf(elsewhere, 0),
      commitOf('plain', 0),
      commitOf(actorId('plain', 'parent'), 0),
      commitOf('gone', 0),
      outsideCommit({
        sends: [
          envelopeOf('a'),
          envelopeOf('b'),
          envelopeOf('c', { box: 'dead' }),
          envelopeOf('d', { box: 'timer', dueAtMs: 1 }),
          factOf('e'),
        ],
      }),
      outsideCommit({
        id: { system: '\ufffd', parent: '', name: '' },
        sends: [envelopeOf('a', { box: 'schedule', dueAtMs: 5 })],
      }),
    ])
    await store.delete(actorId('gone'), 1, BIRTH)
    assert.deepEqual(await systemsOf(store), [
      {
        system: SYSTEM,
        actors: 3,
        past: 2,
        envelopes: { ...NO_ENVELOPES, delivery: 2, dead: 1, timer: 1, fact: 1 },
      },
      { system: '\ufffd', actors: 0, past: 0, envelopes: { ...NO_ENVELOPES, schedule: 1 } },
      { system: elsewhere.system, actors: 1, past: 0, envelopes: NO_ENVELOPES },
    ])
    await store.commit([outsideCommit({ takes: ['a', 'b', 'c', 'd'] })])
    const [left] = (await systemsOf(store)) as readonly unknown[]
    assert.deepEqual(left, { system: SYSTEM, actors: 3, past: 2, envelopes: { ...NO_ENVELOPES, fact: 1 } })
  },
}
