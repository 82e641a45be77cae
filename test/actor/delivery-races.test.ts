// What the simulation found in the delivery of envelopes, each case by name and as small as it gets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Commit, Effect } from '../../src/ports/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { bench, counter, type GatedStore } from './fixture.ts'

interface Log {
  readonly notes: readonly unknown[]
}

/** Keeps what it gets, in order. */
const log = counter('log', {
  kind: 'named',
  state: { ...counter('x').state!, initial: (): Log => ({ notes: [] }) },
  handlers: {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own state
    note: ({ payload, state }) => ({ changed: true, state: { notes: [...(state as Log).notes, payload] } }),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own state
    notes: ({ state }) => ({ response: (state as Log).notes }),
  },
})

/** Sends the log one note for each of its payload's items. */
const sender = counter('sender', {
  kind: 'named',
  handlers: {
    send: ({ payload }) => {
      assert.ok(Array.isArray(payload))
      const effects = payload.map((item: unknown): Effect => ({ to: 'log', action: 'note', payload: item }))
      return { workflow: { effects, broadcasts: [], route: null, timers: null } }
    },
  },
})

/** Another owner takes envelopes away, past the gate. */
async function takeAway(store: GatedStore, ...takes: string[]): Promise<void> {
  const commit: Commit = {
    id: { system: 'test', parent: '', name: '' },
    follows: 0,
    revision: 0,
    birth: 0,
    epoch: 2,
    tags: {},
    state: null,
    committedAtMs: 0,
    history: { revisions: 0, durationMs: 0 },
    outcomes: [],
    sends: [],
    takes,
  }
  assert.deepEqual(await MemoryStore.prototype.commit.call(store, [commit]), ['committed'])
}

test('an envelope that another owner has taken does not keep those before it from being delivered', async () => {
  const { call, clock, runtime, store } = await bench({ definitions: [sender, log] })
  await call('log', '', 'note', { payload: 0 })
  const sent = runtime.invoke('sender', { action: 'send', payload: [1, 2, 3, 4] })
  // As soon as it is sent: of its deliveries, one commit is under way then, and the others wait to leave together.
  await clock.run(sent)
  store.hold()
  await clock.advance(50)
  const { envelopes } = await store.due('test', 0, 10)
  assert.equal(envelopes.length, 4)
  await takeAway(store, ...envelopes.slice(2, 3).map(({ id }) => id))
  store.release()
  await clock.advance(10_000)
  assert.deepEqual(await call('log', '', 'notes'), [0, 1, 2, 4])
})
