// Pipes and forwards: who answers, who is free, and what a failure on the way says.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import type { Definition, Receipt, Route } from '../../src/ports/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { bench, codeOf, counter, type CounterOptions, setTotal, totalOf } from './fixture.ts'

function passing(route: Partial<Route> & Pick<Route, 'to'>) {
  const full: Route = { kind: 'pipe', action: 'take', ...route }
  return { workflow: { effects: [], broadcasts: [], route: full, timers: null } }
}

/** A named actor whose `go` adds one and passes on; `take` answers ten times what it got. */
function station(
  name: string,
  to: Partial<Route> & Pick<Route, 'to'>,
  more: CounterOptions = {},
): Definition {
  return counter(name, {
    kind: 'named',
    ...more,
    handlers: {
      go: (turn) => ({
        ...setTotal(totalOf(turn) + 1),
        response: `${name} saw ${String(turn.payload)}`,
        ...passing(to),
      }),
      take: (turn) => ({ response: `${name} took ${String(turn.payload)}` }),
      ...more.handlers,
    },
  })
}

test('a pipe hands on the output, a forward the input; the caller gets the last answer', async () => {
  const definitions = [
    station('pipes', { to: 'end' }),
    station('forwards', { to: 'end', kind: 'forward' }),
    station('end', { to: 'end' }),
  ]
  const { call } = await bench({ definitions })
  assert.equal(await call('pipes', '', 'go', { payload: 1 }), 'end took pipes saw 1')
  assert.equal(await call('forwards', '', 'go', { payload: 1 }), 'end took 1')
  assert.equal(await call('pipes', '', 'read'), 1)
})

test('a pipe goes on through several actors, instances of unnamed ones included', async () => {
  const definitions = [
    station('first', { to: 'x', ref: 'many', action: 'go' }),
    station('many', { to: 'last' }, { kind: 'unnamed' }),
    station('last', { to: 'last' }),
  ]
  const { call, store } = await bench({ definitions })
  assert.equal(await call('first', '', 'go', { payload: 1 }), 'last took many saw first saw 1')
  assert.deepEqual((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
})

test('the first actor is free while the next one works', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const slow = station(
    'slow',
    { to: 'slow' },
    { handlers: { take: () => promise.then(() => ({ response: 'slow' })) } },
  )
  const { clock, runtime } = await bench({ definitions: [station('first', { to: 'slow' }), slow] })
  const piped = runtime.invoke('first', { action: 'go' })
  assert.equal(await clock.run(runtime.invoke('first', { action: 'add' })), 2)
  resolve()
  assert.equal(await clock.run(piped), 'slow')
})

test('an error on the way says at which hop, and its envelope is gone', async () => {
  const broken = station(
    'broken',
    { to: 'end' },
    {
      handlers: {
        take: () => {
          throw new SpawnError('ACTION_FAILED', 'no')
        },
      },
    },
  )
  const definitions = [
    station('first', { to: 'second', action: 'go' }),
    station('second', { to: 'broken' }),
    broken,
  ]
  const { call, clock, runtime, store } = await bench({ definitions })
  await assert.rejects(call('first', '', 'go'), (error) => {
    assert.ok(error instanceof SpawnError)
    assert.equal(error.code, 'ACTION_FAILED')
    assert.equal(error.message, 'hop 3 of first.go → second.go → broken.take: no')
    return true
  })
  await clock.advance(60_000)
  assert.deepEqual((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
  assert.deepEqual((await runtime.deadLetters.list()).items, [])
})

test('hops are bounded, and a round trip is named', async () => {
  const definitions = [station('a', { to: 'b', action: 'go' }), station('b', { to: 'a', action: 'go' })]
  const { call } = await bench({ definitions, limits: { hops: 5 } })
  await assert.rejects(call('a', '', 'go'), /more than 5 hops; it goes round in b\.go → a\.go → b\.go/)
  const long = await bench({ definitions })
  await assert.rejects(long.call('a', '', 'go'), (error) => {
    assert.ok(error instanceof SpawnError)
    assert.equal(error.code, 'CALL_CYCLE')
    assert.match(
      error.message,
      /^hop 32 of a\.go → b\.go → a\.go → b\.go → … → a\.go → b\.go → a\.go → b\.go: /,
    )
    assert.equal((error.details['path'] as string[]).length, 32)
    return true
  })
})

test('a call that is passed on to one who waits for it is a cycle', async () => {
  const waiting = counter('waiting', {
    kind: 'named',
    handlers: { start: async (turn) => ({ response: await turn.call('first', { action: 'go' }) }) },
  })
  const { call } = await bench({ definitions: [station('first', { to: 'waiting', action: 'add' }), waiting] })
  assert.equal(await codeOf(call('waiting', '', 'start')), 'CALL_CYCLE')
})

test('the deadline of the caller holds over all hops', async () => {
  const never = station('never', { to: 'end' }, { handlers: { take: () => new Promise(() => {}) } })
  const { clock, runtime } = await bench({ definitions: [station('first', { to: 'never' }), never] })
  const before = clock.now()
  const piped = codeOf(runtime.invoke('first', { action: 'go', timeoutMs: 500 }))
  assert.equal(await clock.run(piped), 'DEADLINE_EXCEEDED')
  assert.ok(clock.now() - before <= 510)
})

test('the time limit of an action is that of its own run, not of what it is passed on to', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const last = station(
    'last',
    { to: 'last' },
    { handlers: { take: () => promise.then(() => ({ response: 'late' })) } },
  )
  const first = station('first', { to: 'last' }, { timeouts: { go: 50 } })
  const { clock, runtime } = await bench({ definitions: [first, last] })
  const piped = runtime.invoke('first', { action: 'go', timeoutMs: 5_000 })
  await clock.advance(1_000)
  resolve()
  assert.equal(await clock.run(piped), 'late')
})

test('a call that was given up on its way is delivered all the same', async () => {
  const taken: unknown[] = []
  const first = station('first', { to: 'last' })
  const last = station(
    'last',
    { to: 'last' },
    {
      handlers: {
        take: async ({ payload }) => {
          await clock.sleep(taken.push(payload) < 3 ? 10_000 : 100)
          return undefined
        },
      },
    },
  )
  const clock = new VirtualClock()
  const { runtime, store } = await bench({
    definitions: [first, last],
    limits: { callTimeoutMs: 2_000 },
    clock,
  })
  const piped = codeOf(runtime.invoke('first', { action: 'go', payload: 1, timeoutMs: 500 }))
  assert.equal(await clock.run(piped), 'DEADLINE_EXCEEDED')
  await clock.advance(60_000)
  assert.equal(taken.length, 3)
  assert.deepEqual((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
  assert.deepEqual((await runtime.deadLetters.list()).items, [])
})

test('a call with an idempotency key that is passed on gets the last answer again', async () => {
  const definitions = [station('first', { to: 'last' }), station('last', { to: 'last' })]
  const at = await bench({ definitions })
  const go = { payload: 1, idempotencyKey: 'k' }
  assert.equal(await at.call('first', '', 'go', go), 'last took first saw 1')
  assert.equal(await at.call('first', '', 'go', go), 'last took first saw 1')
  assert.equal(await at.call('first', '', 'read'), 1)
  await at.clock.run(at.runtime.stop())
  const after = await bench({ definitions, store: at.store, clock: at.clock })
  assert.equal(await after.call('first', '', 'go', go), 'last took first saw 1')
  assert.equal(await after.call('first', '', 'read'), 1)
})

test('the receipt of a call that is repeated with its key names the last hop, as the first one did', async () => {
  const definitions = [
    station('first', { to: 'last', action: 'add', kind: 'forward' }),
    counter('last', { kind: 'named' }),
  ]
  const { call } = await bench({ definitions })
  const go = { payload: 1, idempotencyKey: 'k', receipt: true }
  const actor = { system: 'test', parent: '', name: 'last' }
  const expected = { response: 1, actor, revision: 1, durability: 'turn' }
  for (let time = 0; time < 2; time += 1)
    assert.deepEqual({ ...((await call('first', '', 'go', go)) as Receipt) }, expected)
})

test('a call with an idempotency key whose hop has failed does not wait for an answer that never comes', async () => {
  const broken: CounterOptions = {
    handlers: {
      take: () => {
        throw new SpawnError('ACTION_FAILED', 'no')
      },
    },
  }
  const at = await bench({
    definitions: [station('first', { to: 'last' }), station('last', { to: 'last' }, broken)],
  })
  const go = { payload: 1, idempotencyKey: 'k' }
  await assert.rejects(at.call('first', '', 'go', go), /hop 2 of .*: no$/)
  const beforeMs = at.clock.now()
  await assert.rejects(at.call('first', '', 'go', go), /"last" action "take" and failed there/)
  assert.ok(at.clock.now() - beforeMs < 100)
  assert.equal(await at.call('first', '', 'read'), 1)
})

test('a call with an idempotency key that is passed on to an instance by its name alone', async () => {
  const definitions = [station('first', { to: 'i' }), station('many', { to: 'i' }, { kind: 'unnamed' })]
  const { call } = await bench({ definitions })
  await call('i', 'many', 'add')
  const go = { payload: 1, idempotencyKey: 'k', timeoutMs: 1_000 }
  assert.equal(await call('first', '', 'go', go), 'many took first saw 1')
  assert.equal(await call('first', '', 'go', go), 'many took first saw 1')
})

test('a call with an idempotency key may come to one actor twice on its way', async () => {
  const definitions = [
    station('first', { to: 'second', action: 'go' }),
    station('second', { to: 'first', action: 'take' }),
  ]
  const { call } = await bench({ definitions })
  const go = { payload: 1, idempotencyKey: 'k', timeoutMs: 1_000 }
  const answer = 'first took second saw first saw 1'
  assert.equal(await call('first', '', 'go', go), answer)
  assert.equal(await call('first', '', 'go', go), answer)
  assert.equal(await call('first', '', 'read'), 1)
})

test('a caller hears of an answer that was lost after the last hop was committed', async () => {
  const definitions = [station('first', { to: 'last' }), station('last', { to: 'last' })]
  const { clock, runtime, store } = await bench({ definitions })
  const piped = codeOf(runtime.invoke('first', { action: 'go', payload: 1 }))
  // The first commit is that of the first hop, the next one that of the last.
  await clock.runUntil(() => store.groups.some(([commit]) => commit?.id.name === 'first'))
  store.failCommit = 'after'
  const begunMs = clock.now()
  assert.equal(await clock.run(piped), 'STORE_UNAVAILABLE')
  assert.ok(clock.now() - begunMs < 5_000)
})

test('a receipt says who answered, and what the answer rests on', async () => {
  const definitions = [
    station('first', { to: 'last', action: 'add', kind: 'forward' }),
    counter('last', { kind: 'named' }),
  ]
  const { call } = await bench({ definitions })
  await call('last', '', 'add', { payload: 4 })
  const receipt = (await call('last', '', 'add', { payload: 1, receipt: true })) as Receipt
  const actor = { system: 'test', parent: '', name: 'last' }
  assert.deepEqual({ ...receipt }, { response: 5, actor, revision: 2, durability: 'turn' })
  const read = (await call('last', '', 'read', { receipt: true })) as Receipt
  assert.deepEqual([read.response, read.revision], [5, 2])
  const passed = (await call('first', '', 'go', { receipt: true, payload: 1 })) as Receipt
  assert.deepEqual([passed.actor.name, passed.revision], ['last', 3])
})

test('a stop waits for calls that were passed on', async () => {
  const definitions = [station('first', { to: 'last' }), station('last', { to: 'last' })]
  const { clock, runtime, store } = await bench({ definitions })
  store.hold()
  const piped = runtime.invoke('first', { action: 'go', payload: 1 })
  await clock.settle()
  const stopped = runtime.stop()
  store.release()
  assert.equal(await clock.run(piped), 'last took first saw 1')
  await clock.run(stopped)
})
