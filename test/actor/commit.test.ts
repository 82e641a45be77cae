// Group commit: what waits for what, and what becomes of it when a commit is lost.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Bench, bench, codeOf, counter, type CounterOptions, setTotal, totalOf } from './fixture.ts'

const id = (name: string) => ({ system: 'test', parent: 'counter', name })

/** Watches whether a promise has settled. */
function watch(promise: Promise<unknown>): { settled: boolean } {
  const state = { settled: false }
  const settle = (): void => {
    state.settled = true
  }
  promise.then(settle, settle)
  return state
}

test('a reply leaves after its commit, and the next turns run meanwhile', async () => {
  const { clock, runtime, store } = await bench()
  store.hold()
  const first = runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.settle()
  const later = [1, 2, 3].map(() => runtime.invoke('a', { ref: 'counter', action: 'add' }))
  const states = [first, ...later].map(watch)
  await clock.settle()
  assert.deepEqual(
    states.map((state) => state.settled),
    [false, false, false, false],
  )
  store.release()
  assert.deepEqual(await clock.run(Promise.all([first, ...later])), [1, 2, 3, 4])
  // The three turns that ran during the first commit are one commit: the state between need not be kept.
  assert.deepEqual(
    store.groups.map((group) => group.map((commit) => [commit.follows, commit.revision])),
    [[[0, 1]], [[1, 4]]],
  )
})

test('reads, errors and outgoing calls wait for the commits that they rest on', async () => {
  const definition = counter('counter', {
    handlers: {
      tell: (turn) => turn.call('b', { ref: 'counter', action: 'add' }).then((response) => ({ response })),
    },
  })
  const { clock, runtime, store } = await bench({ definitions: [definition] })
  await clock.run(runtime.invoke('b', { ref: 'counter', action: 'add' }))
  store.hold()
  const add = runtime.invoke('a', { ref: 'counter', action: 'add' })
  const read = watch(runtime.invoke('a', { ref: 'counter', action: 'read' }))
  const get = watch(runtime.invoke('a', { ref: 'counter', action: 'get' }))
  const fail = watch(runtime.invoke('a', { ref: 'counter', action: 'fail' }))
  const tell = runtime.invoke('a', { ref: 'counter', action: 'tell' })
  await clock.settle()
  assert.deepEqual([read.settled, get.settled, fail.settled], [false, false, false])
  assert.equal(store.groups.at(-1)?.length, 1, 'the call to b has not left')
  store.release()
  assert.deepEqual(await clock.run(Promise.all([add, tell])), [1, 2])
  assert.deepEqual([read.settled, get.settled, fail.settled], [true, true, true])
})

test('turns of many actors share a group', async () => {
  const { clock, runtime, store } = await bench()
  const names = Array.from({ length: 50 }, (_, at) => `a${at}`)
  const add = (name: string): Promise<unknown> => runtime.invoke(name, { ref: 'counter', action: 'add' })
  await clock.run(Promise.all(names.map(add)))
  store.groups.length = 0
  await clock.run(Promise.all(names.map(add)))
  assert.deepEqual(
    store.groups.map((group) => group.length),
    [50],
  )
})

test('callers that call again as soon as they are answered stay together in one group, however long', async () => {
  const { clock, runtime, store } = await bench()
  const call = async (name: string): Promise<void> => {
    for (let calls = 0; calls < 100; calls += 1) await runtime.invoke(name, { ref: 'counter', action: 'add' })
  }
  await clock.run(Promise.all(Array.from({ length: 50 }, (_, at) => call(`a${at}`))))
  const first = store.groups.findIndex((group) => group.length === 50)
  assert.deepEqual(
    store.groups.slice(first).map((group) => group.length),
    Array.from({ length: 100 - first }, () => 50),
  )
})

test('a group is bounded', async () => {
  const { clock, runtime, store } = await bench({ limits: { commitGroup: 8 } })
  const names = Array.from({ length: 20 }, (_, at) => `a${at}`)
  await clock.run(Promise.all(names.map((name) => runtime.invoke(name, { ref: 'counter', action: 'add' }))))
  assert.ok(store.groups.every((group) => group.length <= 8))
  assert.equal(store.groups.flat().length, 20)
})

test('a group is bounded in bytes, and what is left over goes with the next one', async () => {
  const { clock, runtime, store } = await bench({ limits: { commitGroupBytes: 2_000 } })
  const names = Array.from({ length: 20 }, (_, at) => `a${at}`)
  await clock.run(Promise.all(names.map((name) => runtime.invoke(name, { ref: 'counter', action: 'add' }))))
  assert.ok(store.groups.every((group) => group.length <= 3))
  assert.deepEqual(
    store.groups.flat().map((commit) => commit.id.name),
    names,
  )
})

test('a failed commit fails all that rested on it, drops the activation, and the next call reloads', async () => {
  const { call, clock, runtime, store } = await bench()
  await call('a', 'counter', 'add', { payload: 10 })
  store.failCommit = 'before'
  store.hold()
  const lost = [runtime.invoke('a', { ref: 'counter', action: 'add' })]
  await clock.settle()
  lost.push(
    runtime.invoke('a', { ref: 'counter', action: 'add' }),
    runtime.invoke('a', { ref: 'counter', action: 'read' }),
  )
  const neighbour = runtime.invoke('b', { ref: 'counter', action: 'add' })
  await clock.settle()
  store.release()
  const codes = await clock.run(Promise.all(lost.map(codeOf)))
  assert.deepEqual(codes, ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
  assert.equal(await clock.run(neighbour), 1)
  assert.equal(await call('a', 'counter', 'read'), 10)
  assert.equal(await call('a', 'counter', 'add'), 11)
})

test('a commit that failed after it was written may have happened: the next call sees it', async () => {
  const { call, store } = await bench()
  await call('a', 'counter', 'add')
  store.failCommit = 'after'
  await assert.rejects(call('a', 'counter', 'add'), /it may have happened/)
  assert.equal(await call('a', 'counter', 'read'), 2)
})

test('a stale activation is fenced, dropped and reloaded; its neighbours in the group are committed', async () => {
  const { call, clock, runtime, store } = await bench()
  await call('a', 'counter', 'add')
  await call('b', 'counter', 'add')
  const [stored] = await store.load([id('a')])
  assert.ok(stored)
  const foreign = {
    ...stored,
    follows: 1,
    revision: 2,
    history: { revisions: 0, durationMs: 0 },
    outcomes: [],
    sends: [],
    takes: [],
  }
  await store.commit([foreign])
  const both = ['a', 'b'].map((name) => codeOf(runtime.invoke(name, { ref: 'counter', action: 'add' })))
  assert.deepEqual(await clock.run(Promise.all(both)), ['STATE_CONFLICT', 'no error'])
  assert.equal(await call('a', 'counter', 'add'), 2)
})

test('an activation from before a delete is fenced, though its revision fits what was made since', async () => {
  const { call, store } = await bench()
  await call('a', 'counter', 'add', { payload: 5 })
  const [stored] = await store.load([id('a')])
  assert.ok(stored)
  const { birth, revision } = stored
  assert.equal(await store.delete(id('a'), revision, birth), 'committed')
  const history = { revisions: 0, durationMs: 0 }
  const anew = { ...stored, follows: 0, birth: birth + 1, tags: { anew: 'yes' }, history, outcomes: [] }
  const anewAlone = { ...anew, sends: [], takes: [] }
  assert.deepEqual(await store.commit([anewAlone]), ['committed'])
  assert.equal(await codeOf(call('a', 'counter', 'add')), 'STATE_CONFLICT')
  assert.deepEqual((await store.load([id('a')]))[0]?.tags, { anew: 'yes' })
  assert.equal(await call('a', 'counter', 'add'), 6)
  assert.equal((await store.load([id('a')]))[0]?.birth, birth + 1)
})

test('an incarnation keeps its birth, and the next one has another', async () => {
  const { call, clock, runtime, store } = await bench()
  for (const name of ['a', 'a', 'b']) await call(name, 'counter', 'add')
  await clock.run(runtime.delete('a', 'counter'))
  for (const name of ['a', 'a', 'b']) await call(name, 'counter', 'add')
  const births = Map.groupBy(store.groups.flat(), (commit) => commit.id.name)
  const [first, second, third, fourth] = births.get('a')?.map(({ birth }) => birth) ?? []
  assert.ok(Number.isSafeInteger(first) && first !== undefined && first > 0)
  assert.deepEqual([second, fourth], [first, third])
  assert.notEqual(third, first)
  assert.equal(new Set(births.get('b')?.map(({ birth }) => birth)).size, 1)
})

test('a running turn whose base is lost is lost too; what waits behind it runs on the reloaded state', async () => {
  const definition = counter('counter', {
    handlers: { slow: async (turn) => (await clock.sleep(100), setTotal(totalOf(turn) + 1)) },
  })
  const { call, clock, runtime, store } = await bench({ definitions: [definition] })
  await call('a', 'counter', 'add')
  store.failCommit = 'before'
  store.hold()
  const lost = runtime.invoke('a', { ref: 'counter', action: 'add' })
  const running = runtime.invoke('a', { ref: 'counter', action: 'slow' })
  const waiting = runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.advance(10)
  store.release()
  const codes = await clock.run(Promise.all([codeOf(lost), codeOf(running)]))
  assert.deepEqual(codes, ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
  assert.equal(await clock.run(waiting), 2)
  await clock.advance(1_000)
  assert.equal(await call('a', 'counter', 'read'), 2)
})

test('every revision is committed where history is kept', async () => {
  const definition = counter('counter', { history: { revisions: 10, durationMs: 0 } })
  const { call, clock, runtime, store } = await bench({ definitions: [definition] })
  const adds = [1, 2, 3].map(() => runtime.invoke('a', { ref: 'counter', action: 'add' }))
  await clock.run(Promise.all(adds))
  const kept = await store.revisions(id('a'), 10)
  assert.deepEqual(
    kept.map((revision) => revision.revision),
    [3, 2, 1],
  )
  await clock.run(runtime.spawn('a', { ref: 'counter', revision: 2 }))
  assert.equal(await call('a', 'counter', 'read'), 2)
  assert.equal((await store.load([id('a')]))[0]?.revision, 4)
})

test('an idempotency key gets the first outcome again: after, while it runs, and after a restart', async () => {
  let runs = 0
  const definition = counter('counter', {
    handlers: {
      slow: async (turn) => {
        runs += 1
        await clock.sleep(50)
        return setTotal(totalOf(turn) + 1)
      },
      ask: () => {
        runs += 1
        return { response: `answer ${runs}` }
      },
    },
  })
  const first = await bench({ definitions: [definition] })
  const { clock, runtime, store } = first
  const keyed = { ref: 'counter', action: 'slow', idempotencyKey: 'order-1' }
  const both = [runtime.invoke('a', keyed), runtime.invoke('a', keyed)]
  assert.deepEqual(await clock.run(Promise.all(both)), [1, 1])
  assert.equal(await first.call('a', 'counter', 'ask', { idempotencyKey: 'q' }), 'answer 2')
  await clock.run(runtime.stop())
  const second = await bench({ definitions: [definition], store, clock })
  assert.equal(await second.call('a', 'counter', 'slow', { idempotencyKey: 'order-1' }), 1)
  assert.equal(await second.call('a', 'counter', 'ask', { idempotencyKey: 'q' }), 'answer 2')
  assert.equal(await second.call('a', 'counter', 'read'), 1)
  assert.equal(runs, 2)
})

test('under a key that another action was called with, nothing runs: after it, while that runs, and after a restart', async () => {
  let silent = 0
  const handlers: CounterOptions['handlers'] = {
    slow: async (turn) => (await clock.sleep(50), setTotal(totalOf(turn) + 1)),
    quiet: () => void (silent += 1),
  }
  const definition = counter('counter', { handlers })
  const first = await bench({ definitions: [definition] })
  const { clock, runtime, store } = first
  const asked = (at: Bench, action: string, idempotencyKey: string) =>
    at.clock.run(codeOf(at.runtime.invoke('a', { ref: 'counter', action, idempotencyKey })))
  const slow = runtime.invoke('a', { ref: 'counter', action: 'slow', idempotencyKey: 'one' })
  assert.equal(await asked(first, 'quiet', 'one'), 'INVALID_ARGUMENT')
  assert.equal(await clock.run(slow), 1)
  assert.equal(await asked(first, 'quiet', 'two'), 'no error')
  assert.equal(await asked(first, 'slow', 'two'), 'INVALID_ARGUMENT')
  await clock.run(runtime.stop())
  const second = await bench({ definitions: [definition], store, clock })
  assert.equal(await asked(second, 'slow', 'two'), 'INVALID_ARGUMENT')
  assert.equal(await asked(second, 'quiet', 'two'), 'no error')
  assert.equal(await asked(second, 'slow', 'one'), 'no error')
  assert.equal(await second.call('a', 'counter', 'read'), 1)
  assert.equal(silent, 1)
})

test('the store is asked once in a life for the keys of an actor; a fresh one then runs at once', async () => {
  const first = await bench()
  const { clock, store } = first
  const add = (at: typeof first, key: string): Promise<unknown> =>
    at.runtime.invoke('a', { ref: 'counter', action: 'add', idempotencyKey: key })
  const asked = (): number[] => [store.keysAsked, store.lookups]
  assert.equal(await clock.run(add(first, 'k1')), 1)
  assert.deepEqual(asked(), [1, 0])
  assert.deepEqual(await clock.run(Promise.all([add(first, 'k2'), add(first, 'k3')])), [2, 3])
  assert.deepEqual(asked(), [1, 0])
  assert.deepEqual(
    store.groups.at(-1)?.map(({ outcomes }) => outcomes.map(({ key }) => key)),
    [['k2', 'k3']],
  )
  assert.deepEqual(await clock.run(Promise.all([add(first, 'k2'), add(first, 'k1')])), [2, 1])
  assert.deepEqual(asked(), [1, 2])
  await clock.run(first.runtime.stop())
  const second = await bench({ store, clock })
  assert.equal(await clock.run(add(second, 'k3')), 3)
  assert.deepEqual(asked(), [2, 3])
  assert.equal(await clock.run(add(second, 'k4')), 4)
  assert.deepEqual(asked(), [2, 3])
})

test('a second call with a key waits while the turn of the first is being committed', async () => {
  const { clock, runtime, store } = await bench()
  const add = (key: string): Promise<unknown> =>
    runtime.invoke('a', { ref: 'counter', action: 'add', idempotencyKey: key })
  await clock.run(add('k1'))
  store.hold()
  const first = [add('k2'), add('k3')]
  await clock.settle()
  const again = [add('k2'), add('k3'), add('k4')]
  const states = [...first, ...again].map(watch)
  await clock.settle()
  assert.deepEqual(
    states.map(({ settled }) => settled),
    [false, false, false, false, false],
  )
  store.release()
  assert.deepEqual(await clock.run(Promise.all([...first, ...again])), [2, 3, 2, 3, 4])
})

test('keys that another owner used meanwhile are not run again, and known after that', async () => {
  const first = await bench()
  const { clock, store } = first
  const ask = (at: typeof first, key: string): Promise<unknown> =>
    at.runtime.invoke('a', { ref: 'counter', action: 'read', idempotencyKey: key })
  await clock.run(ask(first, 'k1'))
  const second = await bench({ store, clock })
  await clock.run(ask(second, 'k2'))
  // A turn that changed nothing leaves the revision as it is, so it is the key that gives it away.
  assert.equal(await codeOf(clock.run(ask(first, 'k2'))), 'STATE_CONFLICT')
  const { lookups } = store
  assert.equal(await clock.run(ask(first, 'k2')), 0)
  assert.equal(store.lookups, lookups + 1)
})

test('an actor with more keys than are worth asking for has each looked up, until it is worth it', async () => {
  const first = await bench()
  const { clock, store } = first
  const add = (at: typeof first, key: string): Promise<unknown> =>
    at.runtime.invoke('a', { ref: 'counter', action: 'add', idempotencyKey: key })
  for (let key = 0; key < 100; key += 1) await clock.run(add(first, `k${key}`))
  await clock.run(first.runtime.stop())
  const second = await bench({ store, clock })
  for (let key = 0; key < 100; key += 1) assert.equal(await clock.run(add(second, `k${key}`)), key + 1)
  assert.deepEqual([store.keysAsked, store.lookups], [3, 100])
  assert.equal(await clock.run(add(second, 'fresh')), 101)
  assert.deepEqual([store.keysAsked, store.lookups], [3, 100])
})

test('a keyed call that failed may be sent again', async () => {
  let fails = true
  const definition = counter('counter', {
    handlers: {
      flaky: (turn) => {
        if (fails) throw new Error('not yet')
        return setTotal(totalOf(turn) + 1)
      },
    },
  })
  const { call } = await bench({ definitions: [definition] })
  assert.equal(await codeOf(call('a', 'counter', 'flaky', { idempotencyKey: 'k' })), 'DEFECT')
  fails = false
  assert.equal(await call('a', 'counter', 'flaky', { idempotencyKey: 'k' }), 1)
  assert.equal(await call('a', 'counter', 'flaky', { idempotencyKey: 'k' }), 1)
})

test('tags are committed with the state, and alone', async () => {
  const definition = counter('counter', {
    tags: { colour: 'red' },
    handlers: { paint: (turn) => ({ tags: { ...turn.tags, colour: String(turn.payload) } }) },
  })
  const { call, clock, runtime, store } = await bench({ definitions: [definition] })
  await call('a', 'counter', 'add')
  assert.deepEqual((await store.load([id('a')]))[0]?.tags, { colour: 'red' })
  await call('a', 'counter', 'paint', { payload: 'blue' })
  const [stored] = await store.load([id('a')])
  assert.deepEqual([stored?.revision, stored?.tags], [2, { colour: 'blue' }])
  const { stateJson, tags } = await clock.run(runtime.inspect('a', 'counter'))
  assert.deepEqual([stateJson, tags], [{ total: 1 }, { colour: 'blue' }])
})

test('a state on its way to the store may share its buffer with others, one that is owed for long does not', async () => {
  const text = 'x'.repeat(1_000)
  const handlers = { fill: () => ({ changed: true, state: { total: 0, text }, response: 0 }) }
  for (const durability of ['turn', 'snapshot'] as const) {
    const definition = counter('counter', { durability, snapshotTimeoutMs: 1_000, handlers })
    const { clock, runtime, store } = await bench({ definitions: [definition] })
    await clock.run(runtime.invoke('a', { ref: 'counter', action: 'fill' }))
    await clock.advance(1_000)
    await clock.settle()
    const bytes = store.groups.flat()[0]?.state?.value
    assert.ok(bytes !== undefined && bytes.length > text.length)
    assert.equal(bytes.buffer.byteLength > bytes.length, durability === 'turn', durability)
  }
})
