// The life of an activation: loading, init, passivation, budgets, snapshots, spawn, delete, stop.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import { anyCodec, Packed } from '../../src/protocol/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'
import { bench, codeOf, counter, GatedStore, setTotal, totalOf } from './fixture.ts'

const id = (name: string) => ({ system: 'test', parent: 'counter', name })

test('an actor is loaded once per life, together with others', async () => {
  const { clock, runtime, store } = await bench()
  const calls = ['a', 'b', 'a', 'b'].map((name) => runtime.invoke(name, { ref: 'counter', action: 'add' }))
  assert.deepEqual(await clock.run(Promise.all(calls)), [1, 1, 2, 2])
  assert.equal(store.loads, 2)
})

test('what cannot be loaded fails the calls that wait; the next call tries again', async () => {
  const { call, store } = await bench()
  await call('a', 'counter', 'add')
  store.failLoad = true
  assert.equal(await codeOf(call('b', 'counter', 'add')), 'STORE_UNAVAILABLE')
  store.failLoad = false
  assert.equal(await call('b', 'counter', 'add'), 1)
})

test('a state that cannot be read stops that actor alone, and is never overwritten', async () => {
  const { call, store } = await bench()
  const broken = new Packed('type.googleapis.com/spawn.JSONType', new Uint8Array([0x0a, 0x02, 0x7b, 0x7b]))
  const history = { revisions: 0, durationMs: 0 }
  const row = {
    id: id('a'),
    follows: 0,
    revision: 1,
    birth: 1,
    epoch: 1,
    tags: {},
    state: broken,
    committedAtMs: 1,
    history,
    outcomes: [],
    sends: [],
    takes: [],
  }
  await store.commit([row])
  for (const action of ['add', 'read', 'get']) {
    assert.equal(await codeOf(call('a', 'counter', action)), 'STATE_UNREADABLE')
  }
  assert.equal(await call('b', 'counter', 'add'), 1)
  assert.deepEqual((await store.load([id('a')]))[0]?.state, broken)
})

test('a state that is sealed, and for which there is no key, is handed to no host', async () => {
  const { state } = counter('x')
  assert.ok(state)
  // That of a host in another process: its bytes are nobody's business here.
  const carried = { ...state, codec: anyCodec, stored: anyCodec }
  let runs = 0
  const handlers = { look: () => void (runs += 1) }
  const { call, store } = await bench({ definitions: [counter('counter', { state: carried, handlers })] })
  for (const [at, first] of [0x96, 0x9e].entries()) {
    const sealed = new Packed('type.googleapis.com/some.Message', new Uint8Array([first, 2, 0x61, 0x62, 9]))
    await store.commit([commitOf({ ...id(`a${at}`) }, 0, { state: sealed })])
    assert.equal(await codeOf(call(`a${at}`, 'counter', 'look')), 'STATE_UNREADABLE')
    assert.deepEqual((await store.load([id(`a${at}`)]))[0]?.state, sealed)
  }
  assert.equal(runs, 0)
})

test('the init action runs in every life before the first message', async () => {
  const definition = counter('counter', {
    init: 'setup',
    idleTimeoutMs: 1_000,
    handlers: { setup: (turn) => setTotal(totalOf(turn) + 100) },
  })
  const { call, clock, runtime } = await bench({ definitions: [definition] })
  assert.equal(await call('a', 'counter', 'add'), 101)
  assert.equal(await call('a', 'counter', 'add'), 102)
  await clock.advance(3_000)
  assert.equal(runtime.residentActors, 0)
  assert.equal(await call('a', 'counter', 'add'), 203)
})

test('an actor whose init action fails or hangs does not start, and says so', async () => {
  let fate: 'fail' | 'hang' | 'ok' = 'fail'
  const definition = counter('counter', {
    init: 'setup',
    timeouts: { setup: 100 },
    handlers: {
      setup: () => {
        if (fate === 'fail') throw new SpawnError('ACTION_FAILED', 'no licence')
        return fate === 'hang' ? new Promise(() => {}) : undefined
      },
    },
  })
  const { call } = await bench({ definitions: [definition] })
  await assert.rejects(call('a', 'counter', 'add'), /does not start, its init action failed: no licence/)
  fate = 'hang'
  assert.equal(await codeOf(call('a', 'counter', 'add')), 'DEADLINE_EXCEEDED')
  fate = 'ok'
  assert.equal(await call('a', 'counter', 'add'), 1)
})

test('named stateful actors are activated at start; one that does not start is logged', async () => {
  const started: string[] = []
  const named = (name: string, fails: boolean) =>
    counter(name, {
      kind: 'named',
      init: 'setup',
      handlers: {
        setup: () => {
          if (fails) throw new Error('broken')
          started.push(name)
          return undefined
        },
      },
    })
  const { clock, logger, runtime } = await bench({ definitions: [named('good', false), named('bad', true)] })
  await clock.settle()
  assert.deepEqual(started, ['good'])
  assert.equal(await clock.run(runtime.invoke('good', { action: 'add' })), 1)
  assert.ok(
    logger.lines.some(
      ({ fields, message }) => message.includes('does not start') && fields['actor'] === 'bad',
    ),
  )
})

test('an actor is passivated after being idle, counted from its last use', async () => {
  const { call, clock, runtime } = await bench({
    definitions: [counter('counter', { idleTimeoutMs: 1_000 })],
  })
  await call('a', 'counter', 'add')
  for (let round = 0; round < 5; round += 1) {
    await clock.advance(700)
    await call('a', 'counter', 'add')
  }
  assert.equal(runtime.residentActors, 1)
  await clock.advance(1_100)
  assert.equal(runtime.residentActors, 0)
  assert.equal(await call('a', 'counter', 'add'), 7)
})

test('an actor with a turn running or a commit under way is not passivated', async () => {
  const definition = counter('counter', {
    idleTimeoutMs: 100,
    handlers: { slow: async (turn) => (await clock.sleep(1_000), setTotal(totalOf(turn) + 1)) },
  })
  const { clock, runtime, store } = await bench({ definitions: [definition] })
  const slow = runtime.invoke('a', { ref: 'counter', action: 'slow' })
  store.hold()
  await clock.advance(5_000)
  assert.equal(runtime.residentActors, 1)
  store.release()
  assert.equal(await clock.run(slow), 1)
  await clock.advance(1_000)
  assert.equal(runtime.residentActors, 0)
})

test('the budget for residents is kept by count and by bytes, at the cost of the idle', async () => {
  for (const limits of [{ residentActors: 10 }, { residentBytes: 10 * 13 }]) {
    const { clock, runtime } = await bench({ limits })
    const names = Array.from({ length: 100 }, (_, at) => `a${at}`)
    for (const name of names) await clock.run(runtime.invoke(name, { ref: 'counter', action: 'add' }))
    await clock.advance(1_000)
    assert.ok(runtime.residentActors <= 10, `${runtime.residentActors} residents`)
    for (const name of names) {
      assert.equal(await clock.run(runtime.invoke(name, { ref: 'counter', action: 'add' })), 2)
    }
  }
})

test('a burst beyond the budget is brought back under it when its actors are idle', async () => {
  const { clock, runtime } = await bench({ limits: { residentActors: 10 } })
  const names = Array.from({ length: 200 }, (_, at) => `a${at}`)
  await clock.run(Promise.all(names.map((name) => runtime.invoke(name, { ref: 'counter', action: 'add' }))))
  await clock.advance(1_000)
  assert.ok(runtime.residentActors <= 10, `${runtime.residentActors} residents`)
})

test('snapshot durability answers first and writes later; a checkpoint and a stop write at once', async () => {
  const definition = counter('counter', {
    durability: 'snapshot',
    snapshotTimeoutMs: 1_000,
    handlers: { save: (turn) => ({ ...setTotal(totalOf(turn) + 1), checkpoint: true }) },
  })
  const { call, clock, runtime, store } = await bench({ definitions: [definition] })
  const stored = async (): Promise<number | undefined> => (await store.load([id('a')]))[0]?.revision
  await call('a', 'counter', 'add')
  await call('a', 'counter', 'add')
  assert.equal(await stored(), undefined)
  await clock.advance(1_000)
  assert.equal(await stored(), 2)
  await call('a', 'counter', 'add')
  assert.equal(await call('a', 'counter', 'save'), 4)
  assert.equal(await stored(), 4)
  await call('a', 'counter', 'add')
  await clock.run(runtime.stop())
  await store.start()
  assert.equal(await stored(), 5)
})

test('an actor without stored state keeps it for one life', async () => {
  const definition = counter('counter', { stateful: false, idleTimeoutMs: 1_000 })
  const { call, clock, store } = await bench({ definitions: [definition] })
  await call('a', 'counter', 'add')
  assert.equal(await call('a', 'counter', 'add'), 2)
  await clock.advance(3_000)
  assert.equal(await call('a', 'counter', 'add'), 1)
  assert.equal(store.groups.length, 0)
})

test('a spawned actor exists: it is stored, listed, inspected and found without ref', async () => {
  const { clock, runtime } = await bench({ definitions: [counter('counter'), counter('other')] })
  assert.equal(await codeOf(clock.run(runtime.inspect('a', 'counter'))), 'ACTOR_NOT_FOUND')
  assert.equal(await codeOf(clock.run(runtime.invoke('a', { action: 'add' }))), 'ACTOR_NOT_FOUND')
  await clock.run(runtime.spawn('a', { ref: 'counter' }))
  await clock.run(runtime.spawn('a', { ref: 'counter' }))
  assert.equal((await clock.run(runtime.inspect('a', 'counter'))).revision, 1)
  assert.equal(await clock.run(runtime.invoke('a', { action: 'add' })), 1)
  const page = await clock.run(runtime.list({ prefix: 'a' }))
  assert.deepEqual(
    page.actors.map((actor) => actor.id),
    [id('a')],
  )
  await clock.run(runtime.spawn('a', { ref: 'other' }))
  const ambiguous = runtime.invoke('a', { action: 'add' })
  await assert.rejects(clock.run(ambiguous), /instance of each of "counter", "other"; say which with ref/)
  assert.equal(
    await codeOf(clock.run(runtime.spawn('a', { ref: 'counter', revision: 7 }))),
    'INVALID_ARGUMENT',
  )
})

test('delete waits for the turns before it; what comes after begins afresh', async () => {
  const { clock, runtime, store } = await bench()
  const before = runtime.invoke('a', { ref: 'counter', action: 'add', payload: 5 })
  const deleted = runtime.delete('a', 'counter')
  await Promise.resolve()
  const after = runtime.invoke('a', { ref: 'counter', action: 'add' })
  assert.deepEqual(await clock.run(Promise.all([before, deleted, after])), [5, undefined, 1])
  assert.equal((await store.load([id('a')]))[0]?.revision, 1)
  assert.equal(await codeOf(clock.run(runtime.delete('nobody', 'counter'))), 'ACTOR_NOT_FOUND')
})

test('a delete that takes too long may have happened; when it has, nothing of the actor is shown from memory', async () => {
  const { call, clock, runtime, store } = await bench()
  await call('a', 'counter', 'add', { payload: 5 })
  const remove = store.delete.bind(store)
  for (const fails of [true, false]) {
    const gate = Promise.withResolvers<undefined>()
    store.delete = async (...asked) => {
      await gate.promise
      const verdict = await remove(...asked)
      if (fails) throw new SpawnError('STORE_UNAVAILABLE', 'told to fail after it deleted')
      return verdict
    }
    const deleted = runtime.delete('a', 'counter')
    await assert.rejects(clock.run(deleted), /was given up: .*; it may have happened, or may happen yet/)
    assert.equal(await call('a', 'counter', 'read'), 5)
    gate.resolve(undefined)
    await clock.advance(1)
    assert.equal(await call('a', 'counter', 'read'), 0)
    assert.equal(await call('a', 'counter', 'add', { payload: 5 }), 5)
  }
})

test('an actor whose snapshot leaves while it is deleted is deleted with it', async () => {
  const definition = counter('counter', {
    durability: 'snapshot',
    snapshotTimeoutMs: 1_000,
    timers: { add: 1_000_000 },
  })
  for (const before of [0, 1]) {
    const at = await bench({ definitions: [definition] })
    const { call, clock, runtime, store } = at
    await call('a', 'counter', 'add')
    if (before === 1) {
      await clock.advance(1_500)
      await call('a', 'counter', 'add')
    }
    store.hold()
    const deleted = codeOf(runtime.delete('a', 'counter'))
    await clock.advance(1_200)
    store.release()
    assert.equal(await clock.run(deleted), 'no error', `${before} snapshots before`)
    await clock.advance(5_000)
    assert.equal(await call('a', 'counter', 'read'), 0)
  }
})

test('a snapshot that comes to its time while the store deletes its actor is not written', async () => {
  const gate = Promise.withResolvers<void>()
  class SlowDeletion extends GatedStore {
    override async delete(...args: Parameters<GatedStore['delete']>): ReturnType<GatedStore['delete']> {
      const verdict = super.delete(...args)
      await gate.promise
      return verdict
    }
  }
  const definition = counter('counter', { durability: 'snapshot', snapshotTimeoutMs: 1_000 })
  const at = await bench({ definitions: [definition], store: new SlowDeletion() })
  const { call, clock, runtime } = at
  await call('a', 'counter', 'add')
  await clock.advance(1_500)
  await call('a', 'counter', 'add')
  const deleted = codeOf(runtime.delete('a', 'counter'))
  await clock.advance(1_200)
  gate.resolve()
  assert.equal(await clock.run(deleted), 'no error')
  assert.equal(await call('a', 'counter', 'read'), 0)
})

test('an actor that owes its first snapshot can be deleted', async () => {
  const { call, clock, runtime, store } = await bench({
    definitions: [counter('counter', { durability: 'snapshot' })],
  })
  await call('a', 'counter', 'add')
  await clock.run(runtime.delete('a', 'counter'))
  await clock.advance(10_000)
  assert.deepEqual(await store.load([id('a')]), [null])
  assert.equal(await call('a', 'counter', 'add'), 1)
})

test('stop finishes the turns that wait, commits, and refuses new calls', async () => {
  const definition = counter('counter', {
    handlers: { slow: async (turn) => (await clock.sleep(500), setTotal(totalOf(turn) + 1)) },
  })
  const { clock, runtime, store } = await bench({ definitions: [definition] })
  const calls = [1, 2, 3].map(() => runtime.invoke('a', { ref: 'counter', action: 'slow' }))
  const stopped = runtime.stop()
  assert.equal(runtime.ready, false)
  assert.equal(await codeOf(runtime.invoke('a', { ref: 'counter', action: 'add' })), 'DRAINING')
  assert.deepEqual(await clock.run(Promise.all(calls)), [1, 2, 3])
  await clock.run(stopped)
  await store.start()
  assert.equal((await store.load([id('a')]))[0]?.revision, 3)
})

test('stop gives up what does not finish in time', async () => {
  const definition = counter('counter', { handlers: { hang: () => new Promise(() => {}) } })
  const { clock, runtime } = await bench({ definitions: [definition] })
  const calls = ['hang', 'hang', 'hang'].map((action) =>
    codeOf(runtime.invoke('a', { ref: 'counter', action })),
  )
  await clock.settle()
  const before = clock.now()
  await clock.run(runtime.stop({ drainMs: 2_000 }))
  assert.deepEqual(await Promise.all(calls), ['DRAINING', 'DRAINING', 'DRAINING'])
  assert.ok(clock.now() - before < 3_000)
})

test('what has expired is pruned in the background, and without a pause while there is more', async () => {
  const { clock, runtime, store } = await bench({ limits: { outcomeRetentionMs: 1_000 } })
  const names = Array.from({ length: 2_500 }, (_, at) => `a${at}`)
  const keyed = { ref: 'counter', action: 'add', idempotencyKey: 'k' }
  await clock.run(Promise.all(names.map((name) => runtime.invoke(name, keyed))))
  await clock.advance(61_000)
  assert.deepEqual(store.pruned, [1_000, 1_000, 500])
  await clock.run(runtime.stop())
})

test('two definitions of one name are refused', async () => {
  const store = new GatedStore()
  await assert.rejects(
    bench({ store, definitions: [counter('x'), counter('x')] }),
    /two definitions are called "x"/,
  )
})
