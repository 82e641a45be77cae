// Queries: what they see, what they wait for, and what they keep nobody waiting for.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Turn } from '../../src/ports/index.ts'
import { askable, queried } from './asked.ts'
import { bench, codeOf, counter, setTotal, totalOf } from './fixture.ts'

test('a query sees the last durable state, and waits neither for a turn nor for a commit', async () => {
  const { ask, clock, store } = await askable({
    handlers: { slow: async (turn) => (await clock.sleep(500), setTotal(totalOf(turn) + 100)) },
  })
  assert.equal(await clock.run(ask('add')), 1)
  store.hold()
  const add = ask('add')
  await clock.settle()
  const slow = ask('slow')
  const behind = ask('add')
  const before = clock.now()
  assert.equal(
    await clock.run(ask('total')),
    1,
    'beside a turn, and before the commit that it does not rest on',
  )
  assert.equal(clock.now(), before)
  await clock.advance(500)
  assert.equal(await clock.run(ask('total')), 1)
  store.release()
  assert.deepEqual(await clock.run(Promise.all([add, slow, behind])), [2, 102, 103])
  assert.equal(await clock.run(ask('total')), 103)
})

test('who was told of a write sees it: commits of a chain become visible one by one', async () => {
  const { ask, clock, store } = await askable({ history: { revisions: 10, durationMs: 0 } })
  const seen: [unknown, unknown][] = []
  const adds: Promise<unknown>[] = []
  for (let at = 0; at < 3; at += 1) {
    adds.push(ask('add').then(async (total) => void seen.push([total, await ask('total')])))
  }
  await clock.run(Promise.all(adds))
  assert.deepEqual(seen, [
    [1, 3],
    [2, 3],
    [3, 3],
  ])
  // Now one commit each: the first is under way while the second waits.
  seen.length = 0
  store.hold()
  const first = ask('add').then(async (total) => void seen.push([total, await ask('total')]))
  await clock.settle()
  const second = ask('add').then(async (total) => void seen.push([total, await ask('total')]))
  const tagged = ask('read')
  await clock.settle()
  assert.equal(await clock.run(ask('total')), 3)
  store.release()
  store.hold()
  await clock.run(first)
  assert.deepEqual(seen, [[4, 4]], 'the second add is not durable yet, and not seen')
  store.release()
  await clock.run(Promise.all([second, tagged]))
  assert.deepEqual(seen[1], [5, 5])
})

test('merged commits, tags and revisions are seen together', async () => {
  const { ask, clock, store } = await askable({
    handlers: {
      tag: (turn) => ({ ...setTotal(totalOf(turn) + 10), tags: { at: String(turn.payload) } }),
      all: ({ revision, state, tags }) => ({ response: [revision, state, tags] }),
    },
    queries: ['all'],
  })
  assert.deepEqual(await clock.run(ask('all')), [0, { total: 0 }, {}])
  store.hold()
  const calls = [ask('tag', { payload: 1 })]
  await clock.settle()
  calls.push(ask('tag', { payload: 2 }), ask('tag', { payload: 3 }))
  await clock.settle()
  assert.deepEqual(await clock.run(ask('all')), [0, { total: 0 }, {}])
  store.release()
  store.hold()
  await clock.run(Promise.race(calls))
  await clock.settle()
  assert.deepEqual(await clock.run(ask('all')), [1, { total: 10 }, { at: '1' }])
  calls.push(ask('tag', { payload: 4 }))
  await clock.settle()
  store.release()
  store.hold()
  await clock.run(Promise.all(calls.slice(0, 3)))
  assert.deepEqual(await clock.run(ask('all')), [3, { total: 30 }, { at: '3' }], 'two turns in one commit')
  store.release()
  await clock.run(Promise.all(calls))
  assert.equal(store.groups.length, 3)
  assert.deepEqual(await clock.run(ask('all')), [4, { total: 40 }, { at: '4' }])
})

test('a query that waits sees one state from begin to end', async () => {
  const watch = async (turn: Turn) => {
    const before = [totalOf(turn), turn.revision]
    await clock.sleep(100)
    return { response: [before, [totalOf(turn), turn.revision]] }
  }
  const late = async (turn: Turn) => {
    await clock.sleep(100)
    return { response: [totalOf(turn), turn.revision] }
  }
  const { ask, clock } = await askable({ handlers: { watch, late }, queries: ['watch', 'late'] })
  await clock.run(ask('add'))
  const watched = ask('watch')
  const seenLate = ask('late')
  assert.equal(await clock.run(ask('add')), 2)
  const expected = [1, 1]
  assert.deepEqual(await clock.run(watched), [expected, expected])
  assert.deepEqual(await clock.run(seenLate), expected, 'also if it looks late')
})

test('queries run beside each other, and beside a turn that waits', async () => {
  let running = 0
  let most = 0
  const { ask, clock } = await askable({
    handlers: {
      watch: async () => {
        running += 1
        most = Math.max(most, running)
        await clock.sleep(100)
        running -= 1
      },
      slow: async () => void (await clock.sleep(1_000)),
    },
    queries: ['watch'],
  })
  await clock.run(ask('read'))
  const slow = ask('slow')
  const before = clock.now()
  await clock.run(Promise.all(Array.from({ length: 20 }, () => ask('watch'))))
  assert.equal(most, 20)
  assert.equal(clock.now() - before, 100)
  await clock.run(slow)
})

test('a query of a cold actor waits for its load and its init action, and no longer', async () => {
  const { ask, clock, store } = await askable({
    init: 'begin',
    handlers: {
      begin: async (turn) => (await clock.sleep(50), setTotal(totalOf(turn) + 1_000)),
      slow: async () => void (await clock.sleep(5_000)),
    },
  })
  store.hold()
  const slow = ask('slow')
  const early = ask('total')
  await clock.advance(60)
  let answered = false
  void early.then(() => (answered = true))
  await clock.settle()
  assert.equal(answered, false, 'what the init action did is not durable yet')
  const before = clock.now()
  store.release()
  assert.equal(await clock.run(early), 1_000)
  assert.ok(clock.now() - before < 1_000, 'it did not wait for the turn before it')
  await clock.run(slow)
})

test('an actor that does not start fails its queries; the next one tries again', async () => {
  let broken = true
  const { ask, clock, store } = await askable({
    init: 'begin',
    handlers: {
      begin: () => {
        if (broken) throw new Error('not yet')
        return undefined
      },
    },
  })
  assert.equal(await clock.run(codeOf(ask('total'))), 'DEFECT')
  store.failLoad = true
  assert.equal(await clock.run(codeOf(ask('total'))), 'STORE_UNAVAILABLE')
  store.failLoad = false
  broken = false
  assert.equal(await clock.run(ask('total')), 0)
})

test('a query that sets anything fails and changes nothing', async () => {
  const set = { effects: [], broadcasts: [], route: null, timers: null }
  const { ask, clock, store } = await askable({
    handlers: {
      state: () => setTotal(7),
      later: async () => (await clock.sleep(1), setTotal(7)),
      tags: () => ({ tags: { a: 'b' } }),
      motion: () => ({ workflow: set }),
    },
    queries: ['state', 'later', 'tags', 'motion'],
  })
  await clock.run(ask('add'))
  for (const action of ['state', 'later', 'tags', 'motion']) {
    await assert.rejects(clock.run(ask(action)), /"counter\/a" action "\w+" is a query and changes nothing/)
    assert.equal(await codeOf(clock.run(ask(action))), 'ACTION_FAILED')
  }
  assert.equal(await clock.run(ask('read')), 1)
  assert.equal(store.groups.length, 1)
})

test('what a query calls leaves at once: it rests on durable state', async () => {
  const { ask, clock, runtime, store } = await askable({
    handlers: {
      relay: (turn) => turn.call('b', { ref: 'counter', action: 'total' }).then((response) => ({ response })),
    },
    queries: ['relay'],
  })
  await clock.run(runtime.invoke('b', { ref: 'counter', action: 'add' }))
  store.hold()
  const add = ask('add')
  await clock.settle()
  assert.equal(await clock.run(ask('relay')), 1)
  store.release()
  await clock.run(add)
})

test('snapshot and stateless actors show their newest state to queries', async () => {
  const definitions = [
    queried('snapshot', { durability: 'snapshot' }),
    queried('stateless', { stateful: false }),
  ]
  const { clock, runtime, store } = await bench({ definitions })
  store.hold()
  for (const ref of ['snapshot', 'stateless']) {
    assert.equal(await clock.run(runtime.invoke('a', { ref, action: 'add' })), 1)
    assert.equal(await clock.run(runtime.invoke('a', { ref, action: 'total' })), 1)
  }
  store.release()
})

test('a query that comes back to an actor that waits is no cycle; one back to its init action is', async () => {
  const back = (turn: Turn) =>
    turn
      .call('b', { ref: 'counter', action: 'ask', payload: turn.payload })
      .then((response) => ({ response }))
  const { ask, clock } = await askable({
    handlers: {
      back,
      recurse: (turn: Turn) =>
        turn.call('a', { ref: 'counter', action: 'recurse' }).then((response) => ({ response })),
      ask: (turn) =>
        turn
          .call('a', { ref: 'counter', action: typeof turn.payload === 'string' ? turn.payload : 'total' })
          .then((response) => ({ response })),
      relay: back,
    },
    queries: ['relay', 'recurse'],
  })
  await clock.run(ask('add'))
  assert.equal(await clock.run(ask('back')), 1)
  assert.equal(await clock.run(ask('relay', { payload: 'add' })), 2, 'a query that waits blocks no turn')
  assert.equal(await clock.run(codeOf(ask('back', { payload: 'add' }))), 'CALL_CYCLE')
  assert.equal(await clock.run(codeOf(ask('recurse'))), 'CALL_CYCLE', 'the depth is bounded')

  const begins = counter('begins', {
    init: 'begin',
    handlers: {
      total: (turn) => ({ response: totalOf(turn) }),
      begin: (turn) => turn.call('begins', { action: 'total' }).then((response) => ({ response })),
    },
    queries: ['total'],
    kind: 'named',
    stateful: false,
  })
  const other = await bench({ definitions: [begins] })
  const code = codeOf(other.runtime.invoke('begins', { action: 'total' }))
  assert.equal(await other.clock.run(code), 'CALL_CYCLE')
})
