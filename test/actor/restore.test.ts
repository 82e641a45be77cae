// What a restore does to the actor in memory and in the store, and what becomes of one that meets other turns, other owners,
// failures of the store, and actors that do not start.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpawnError } from '../../src/base/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { codeOf, type CounterOptions, setTotal } from './fixture.ts'
import { birthOf, foreign, grow, id, kept, of } from './past-fixture.ts'

test('a restore is a new revision, in memory and in the store, with its tags; nothing of the past is rewritten', async () => {
  const handlers: CounterOptions['handlers'] = {
    label: (turn) => ({ ...setTotal(100), tags: { label: String(turn.payload) } }),
  }
  const at = await kept({ handlers, queries: ['read'] })
  const { call, clock, runtime, store } = at
  await grow(at, 2)
  await call('a', 'counter', 'label', { payload: 'x' })
  await call('a', 'counter', 'label', { payload: 'y' })
  const before = await Promise.all([1, 2, 3, 4].map((revision) => store.loadRevision(id('a'), { revision })))
  const restored = await clock.run(runtime.past.restore('a', { revision: 3 }, of))
  assert.deepEqual(restored, { id: id('a'), from: 3, revision: 5 })
  assert.deepEqual((await clock.run(runtime.inspect('a', 'counter'))).tags, { label: 'x' })
  assert.deepEqual((await clock.run(runtime.past.restore('a', { revision: 2 }, of))).revision, 6)
  assert.equal(await call('a', 'counter', 'read'), 2, 'a query sees it')
  assert.equal(await call('a', 'counter', 'add'), 3, 'and so does a turn')
  const after = await Promise.all([1, 2, 3, 4].map((revision) => store.loadRevision(id('a'), { revision })))
  assert.deepEqual(after, before)
  const { revisions } = await clock.run(runtime.past.history('a', 'counter'))
  assert.deepEqual(
    revisions.map(({ revision }) => revision),
    [7, 6, 5, 4, 3, 2, 1],
  )
})

test('a restore by time; and one to what stands changes nothing', async () => {
  const at = await kept()
  const { call, clock, runtime, store } = at
  const startMs = clock.now()
  await grow(at, 3)
  const groups = store.groups.length
  assert.deepEqual(await clock.run(runtime.past.restore('a', { revision: 3 }, of)), {
    id: id('a'),
    from: 3,
    revision: 3,
  })
  assert.deepEqual(await clock.run(runtime.past.restore('a', { atMs: startMs + 9e6 }, of)), {
    id: id('a'),
    from: 3,
    revision: 3,
  })
  assert.equal(store.groups.length, groups, 'nothing was committed')
  assert.equal((await clock.run(runtime.past.restore('a', { atMs: startMs + 1_500 }, of))).from, 1)
  assert.equal(await call('a', 'counter', 'read'), 1)
})

test('a restore keeps its place among the turns that are under way', async () => {
  const at = await kept()
  const { clock, runtime, store } = at
  await grow(at, 2)
  store.hold()
  const add = (): Promise<unknown> => runtime.invoke('a', { ...of, action: 'add', payload: 10 })
  const before = [add(), add()]
  const restored = runtime.past.restore('a', { revision: 1 }, of)
  const behind = [add(), add()]
  await clock.settle()
  store.release()
  assert.deepEqual(await clock.run(Promise.all(before)), [12, 22])
  assert.deepEqual(await clock.run(restored), { id: id('a'), from: 1, revision: 5 })
  assert.deepEqual(await clock.run(Promise.all(behind)), [11, 21])
  assert.equal((await clock.run(runtime.inspect('a', 'counter'))).revision, 7)
})

test('a revision of a turn before it in the mailbox can be restored', async () => {
  const at = await kept()
  const { clock, runtime } = at
  const adds = [1, 2, 3].map(() => runtime.invoke('a', { ...of, action: 'add' }))
  const restored = runtime.past.restore('a', { revision: 2 }, of)
  await clock.run(Promise.all(adds))
  assert.deepEqual(await clock.run(restored), { id: id('a'), from: 2, revision: 4 })
})

test('a restore that names what must stand is refused where something else does', async () => {
  const at = await kept()
  const { call, clock, runtime } = at
  await grow(at, 3)
  const stale = runtime.past.restore('a', { revision: 1 }, { ...of, follows: 2 })
  await assert.rejects(clock.run(stale), /"counter\/a" stands at revision 3, not at 2: nothing was restored/)
  assert.equal(await call('a', 'counter', 'read'), 3)
  const right = runtime.past.restore('a', { revision: 1 }, { ...of, follows: 3 })
  assert.equal((await clock.run(right)).revision, 4)
})

test('a restore that meets another owner is a conflict, and the next one follows what that owner did', async () => {
  const at = await kept()
  const { call, clock, runtime, store } = at
  await grow(at, 3)
  await store.commit([foreign(3, await birthOf(store), 50)])
  assert.equal(await codeOf(clock.run(runtime.past.restore('a', { revision: 1 }, of))), 'STATE_CONFLICT')
  assert.equal((await store.load([id('a')]))[0]?.revision, 4, 'nothing was written over')
  assert.equal(await call('a', 'counter', 'read'), 50)
  assert.equal((await clock.run(runtime.past.restore('a', { revision: 1 }, of))).revision, 5)
})

test('an activation that was overtaken does not say that what it knows stands, nor what must', async () => {
  for (const { follows, revision } of [
    { revision: 3 },
    { revision: 1, follows: 4 },
    { revision: 1, follows: 3 },
  ]) {
    const at = await kept()
    const { call, clock, runtime, store } = at
    await grow(at, 3)
    await store.commit([foreign(3, await birthOf(store), 50)])
    const restored = runtime.past.restore('a', { revision }, { ...of, follows })
    await assert.rejects(clock.run(restored), { code: 'STATE_CONFLICT', retryable: true })
    assert.equal(await call('a', 'counter', 'read'), 50, 'its successor knows')
    const again = runtime.past.restore('a', { revision }, { ...of, follows })
    if (follows === 3) await assert.rejects(clock.run(again), /stands at revision 4, not at 3/)
    else assert.deepEqual(await clock.run(again), { id: id('a'), from: revision, revision: 5 })
  }
})

test('a revision of an incarnation that was deleted and made again elsewhere is never mixed into this one', async () => {
  const at = await kept()
  const { clock, runtime, store } = at
  await grow(at, 3)
  const birth = await birthOf(store)
  await store.delete(id('a'), 3, birth)
  for (const follows of [0, 1, 2]) await store.commit([foreign(follows, birth + 1, 70 + follows)])
  assert.equal(await codeOf(clock.run(runtime.past.restore('a', { revision: 1 }, of))), 'STATE_CONFLICT')
  assert.equal((await store.load([id('a')]))[0]?.revision, 3)
})

test('a restore whose commit is lost leaves the actor as it stands in the store', async () => {
  for (const [fate, total] of [
    ['before', 3],
    ['after', 1],
  ] as const) {
    const at = await kept()
    const { call, clock, runtime, store } = at
    await grow(at, 3)
    store.failCommit = fate
    const restored = runtime.past.restore('a', { revision: 1 }, of)
    await assert.rejects(clock.run(restored), /could not be committed, and it may have happened/)
    assert.equal(await call('a', 'counter', 'read'), total, fate)
  }
})

test('a store that is away fails a restore and takes nothing from memory', async () => {
  const at = await kept({ durability: 'snapshot' })
  const { call, clock, runtime, store } = at
  await grow(at, 2)
  await clock.advance(5_000)
  await call('a', 'counter', 'add')
  const { loadRevision } = store
  store.loadRevision = async () => {
    throw new SpawnError('STORE_UNAVAILABLE', 'told to fail')
  }
  assert.equal(await codeOf(clock.run(runtime.past.restore('a', { revision: 2 }, of))), 'STORE_UNAVAILABLE')
  assert.equal(await call('a', 'counter', 'read'), 3, 'what is still to be written is there')
  store.loadRevision = loadRevision
  assert.equal((await clock.run(runtime.past.restore('a', { revision: 2 }, of))).revision, 4)
  assert.equal(await call('a', 'counter', 'read'), 2)
})

test('a snapshot actor can go back to its last snapshot, whatever it has acknowledged since', async () => {
  const at = await kept({ durability: 'snapshot' })
  const { call, clock, runtime, store } = at
  await grow(at, 1)
  await clock.advance(5_000)
  await call('a', 'counter', 'add', { payload: 5 })
  assert.deepEqual(await clock.run(runtime.past.restore('a', { revision: 1 }, of)), {
    id: id('a'),
    from: 1,
    revision: 3,
  })
  assert.equal((await store.load([id('a')]))[0]?.revision, 3, 'durable at once')
  await clock.advance(5_000)
  assert.equal(await call('a', 'counter', 'read'), 1)
})

test('an actor whose state cannot be read is restored beside its mailbox', async () => {
  const at = await kept({ idleTimeoutMs: 1_000 })
  const { call, clock, runtime, store } = at
  await grow(at, 3)
  await clock.advance(60_000)
  const poison = {
    ...foreign(3, await birthOf(store), 0),
    state: new Packed('a/b.Unknown', new Uint8Array([1])),
  }
  await store.commit([poison])
  assert.equal(await codeOf(call('a', 'counter', 'read')), 'STATE_UNREADABLE')
  assert.equal(
    await codeOf(clock.run(runtime.past.inspect('a', { revision: 4 }, 'counter'))),
    'STATE_UNREADABLE',
  )
  const { revisions } = await clock.run(runtime.past.history('a', 'counter'))
  assert.deepEqual(
    revisions.map(({ revision }) => revision),
    [4, 3, 2, 1],
  )
  const { past } = runtime
  assert.equal(await codeOf(clock.run(past.restore('a', { revision: 4 }, of))), 'STATE_UNREADABLE')
  const wrong = past.restore('a', { revision: 2 }, { ...of, follows: 3 })
  assert.equal(await codeOf(clock.run(wrong)), 'STATE_CONFLICT')
  assert.deepEqual(await clock.run(past.restore('a', { revision: 2 }, of)), {
    id: id('a'),
    from: 2,
    revision: 5,
  })
  assert.equal(await call('a', 'counter', 'add'), 3)
})

test('a revision that cannot be read is not restored, and the actor stays as it is', async () => {
  const at = await kept({ idleTimeoutMs: 1_000 })
  const { call, clock, runtime, store } = at
  await grow(at, 1)
  await clock.advance(60_000)
  const birth = await birthOf(store)
  await store.commit([{ ...foreign(1, birth, 0), state: new Packed('a/b.Unknown', new Uint8Array([1])) }])
  await store.commit([foreign(2, birth, 30)])
  assert.equal(await call('a', 'counter', 'read'), 30)
  const restored = runtime.past.restore('a', { revision: 2 }, of)
  await assert.rejects(clock.run(restored), /revision 2 of "counter\/a" cannot be read: /)
  assert.equal(await call('a', 'counter', 'read'), 30)
  assert.equal(await codeOf(clock.run(runtime.past.diff('a', of))), 'STATE_UNREADABLE')
})

test('an actor whose init action fails on its state is restored beside its mailbox, and lives again', async () => {
  const handlers: CounterOptions['handlers'] = {
    init: (turn) => {
      if ((turn.state as { total: number }).total > 2) throw new Error('too much to begin with')
      return undefined
    },
  }
  const at = await kept({ handlers, init: 'init', idleTimeoutMs: 1_000 })
  const { call, clock, runtime, store } = at
  await grow(at, 3)
  await clock.advance(60_000)
  assert.notEqual(await codeOf(call('a', 'counter', 'read')), 'no error')
  assert.equal((await clock.run(runtime.past.restore('a', { revision: 2 }, of))).revision, 4)
  assert.equal(await call('a', 'counter', 'read'), 2)
  assert.equal((await store.load([id('a')]))[0]?.revision, 4)
})

test('a commit beside the actor that is lost is told as one that may have happened', async () => {
  for (const [fate, revision] of [
    ['before', 3],
    ['after', 4],
  ] as const) {
    const handlers: CounterOptions['handlers'] = {
      init: (turn) => {
        if (turn.revision > 0) throw new Error('not again')
        return undefined
      },
    }
    const at = await kept({ handlers, init: 'init', idleTimeoutMs: 1_000 })
    const { clock, runtime, store } = at
    await grow(at, 3)
    await clock.advance(60_000)
    store.failCommit = fate
    const restored = runtime.past.restore('a', { revision: 1 }, of)
    await assert.rejects(clock.run(restored), /"counter\/a" could not be committed, and it may have happened/)
    assert.equal((await store.load([id('a')]))[0]?.revision, revision)
  }
})

test('a life that began while the commit beside it was under way reads again', async () => {
  let broken = true
  const handlers: CounterOptions['handlers'] = {
    init: () => {
      if (broken) throw new Error('not yet')
      return undefined
    },
  }
  const at = await kept({ handlers, init: 'init', idleTimeoutMs: 1_000 })
  const { call, clock, runtime, store } = at
  broken = false
  await grow(at, 3)
  await clock.advance(60_000)
  broken = true
  store.hold()
  const restored = runtime.past.restore('a', { revision: 1 }, of)
  await clock.settle()
  broken = false
  assert.equal(await call('a', 'counter', 'read'), 3, 'the commit is not there yet')
  store.release()
  assert.equal((await clock.run(restored)).revision, 4)
  assert.equal(await call('a', 'counter', 'read'), 1)
})

test('an actor that does not start can be deleted, with its past and its timers', async () => {
  const handlers: CounterOptions['handlers'] = {
    init: (turn) => {
      if (turn.revision > 2) throw new Error('too much to begin with')
      return undefined
    },
    tick: () => undefined,
  }
  const at = await kept({ handlers, init: 'init', idleTimeoutMs: 1_000, timers: { tick: 86_400_000 } })
  const { call, clock, runtime, store } = at
  await grow(at, 3)
  await clock.advance(60_000)
  const timers = async (): Promise<number> =>
    (await store.listEnvelopes('test', 'timer', { limit: 9 })).envelopes.length
  assert.deepEqual([runtime.residentActors, await timers()], [0, 1])
  await clock.run(runtime.delete('a', 'counter'))
  assert.deepEqual([(await store.load([id('a')]))[0], await timers()], [null, 0])
  assert.equal(await codeOf(clock.run(runtime.past.history('a', 'counter'))), 'ACTOR_NOT_FOUND')
  assert.equal(await call('a', 'counter', 'add'), 1, 'and lives again, from its beginning')
})

test('one that is not stored and does not start is told why, and a delete that is lost may have happened', async () => {
  const handlers: CounterOptions['handlers'] = {
    init: () => {
      throw new Error('never')
    },
  }
  const at = await kept({ handlers, init: 'init' })
  const { clock, runtime, store } = at
  assert.notEqual(await codeOf(clock.run(runtime.delete('a', 'counter'))), 'no error')
  await store.commit([foreign(0, 5, 1)])
  store.delete = async () => {
    throw new SpawnError('STORE_UNAVAILABLE', 'told to fail')
  }
  const deleted = runtime.delete('a', 'counter')
  await assert.rejects(
    clock.run(deleted),
    /the end of "counter\/a" could not be committed, and it may have happened/,
  )
})

test('a restore undoes neither what was sent nor what is kept under idempotency keys', async () => {
  const reminder = { to: 'b', ref: 'counter', action: 'add', payload: 7, delayMs: 60_000 }
  const handlers: CounterOptions['handlers'] = {
    send: (turn) => ({
      ...setTotal((turn.state as { total: number }).total + 1),
      workflow: { effects: [reminder], broadcasts: [], route: null, timers: null },
    }),
  }
  const at = await kept({ handlers })
  const { call, clock, runtime } = at
  await grow(at, 1)
  await call('a', 'counter', 'send')
  assert.equal(await call('a', 'counter', 'add', { idempotencyKey: 'order' }), 3)
  await clock.run(runtime.past.restore('a', { revision: 1 }, of))
  assert.equal((await clock.run(runtime.schedules.list())).items.length, 1)
  assert.equal(await call('a', 'counter', 'add', { idempotencyKey: 'order' }), 3, 'the first reply again')
  assert.equal(await call('a', 'counter', 'read'), 1)
  await clock.advance(61_000)
  assert.equal(await call('b', 'counter', 'read'), 7)
})
