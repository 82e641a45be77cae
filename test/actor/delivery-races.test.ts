// What the simulation found in the delivery of envelopes, each case by name and as small as it gets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Commit, Definition, Effect } from '../../src/ports/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { bench, codeOf, counter, type GatedStore } from './fixture.ts'

interface Log {
  readonly notes: readonly unknown[]
}

/** Keeps what it gets, in order. */
const log = counter('log', {
  kind: 'named',
  state: { ...counter('x').state!, initial: (): Log => ({ notes: [] }) },
  handlers: {
    note: ({ payload, state }) => ({
      changed: true,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own state
      state: { notes: [...(state as Log).notes, payload] },
      response: payload,
    }),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own state
    notes: ({ state }) => ({ response: (state as Log).notes }),
  },
})

/** The same, whose first note takes its time, and with an action that takes longer. */
function slowLog(clock: VirtualClock): Definition {
  return {
    ...log,
    host: {
      run: async (turn) => {
        if (turn.action.name === 'add') await clock.sleep(1_000)
        const result = await log.host.run(turn)
        if (result.response === 1) await clock.sleep(50)
        return result
      },
    },
  }
}

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

test('what waits in a mailbox when a commit is lost does not overtake what was lost with it', async () => {
  const clock = new VirtualClock()
  const { call, runtime, store } = await bench({ definitions: [sender, slowLog(clock)], clock })
  await call('sender', '', 'send', { payload: [1, 2] })
  // The first is on; behind it comes a call, and then, as soon as the first is done, the second.
  const slow = codeOf(runtime.invoke('log', { action: 'add' }))
  store.failCommit = 'before'
  await clock.run(slow)
  await clock.advance(10_000)
  assert.deepEqual(await call('log', '', 'notes'), [1, 2])
})

test('a delivery whose commit takes longer than its deadline is left alone', async () => {
  const hurried = {
    ...log,
    actions: new Map([...log.actions].map(([name, one]) => [name, { ...one, timeoutMs: 50 }])),
  }
  const { call, clock, runtime, store } = await bench({ definitions: [sender, hurried, counter('counter')] })
  await call('log', '', 'notes')
  const sent = runtime.invoke('sender', { action: 'send', payload: [1] })
  await clock.run(sent)
  store.hold()
  await clock.advance(5_000)
  store.release()
  await clock.advance(5_000)
  assert.deepEqual(await call('log', '', 'notes'), [1])
  // A commit of the outside would have been about another attempt.
  assert.ok(store.groups.flat().every(({ id }) => id.name !== ''))
})

test('what a lost commit has sent is found, though the store was being read when it was lost', async () => {
  const { call, clock, runtime, store } = await bench({ definitions: [sender, log] })
  assert.deepEqual(await call('log', '', 'notes'), [])
  const gate = Promise.withResolvers<void>()
  store.due = async (...asked) => {
    await gate.promise
    return MemoryStore.prototype.due.apply(store, asked)
  }
  // Once a minute the outbox is looked into; this time it takes long.
  await clock.advance(60_000)
  store.failCommit = 'after'
  assert.equal(
    await clock.run(codeOf(runtime.invoke('sender', { action: 'send', payload: [1] }))),
    'STORE_UNAVAILABLE',
  )
  gate.resolve()
  await clock.advance(1_000)
  assert.deepEqual(await call('log', '', 'notes'), [1])
})
