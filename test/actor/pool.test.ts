// Pooled actors: who has a turn when, how many workers there are, and what is one for the whole pool.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Call, Turn } from '../../src/ports/index.ts'
import { type Bench, bench, codeOf, counter, type CounterOptions } from './fixture.ts'

type Handlers = NonNullable<CounterOptions['handlers']>

type Ask = (action: string, more?: Partial<Call>) => Promise<unknown>

/** echo: answers with its payload. sleep: the same, after so many milliseconds. */
async function pooled(
  min: number,
  max: number,
  handlers: Handlers = {},
  options: CounterOptions = {},
): Promise<Bench & { ask: Ask; workers: () => Promise<unknown> }> {
  const definition = counter('pool', {
    kind: 'pooled',
    stateful: false,
    state: null,
    pool: { min, max },
    handlers: {
      echo: (turn) => ({ response: turn.payload }),
      sleep: async (turn) => (await made.clock.sleep(Number(turn.payload)), { response: turn.payload }),
      ...handlers,
    },
    ...options,
  })
  const made = await bench({ definitions: [definition, counter('counter')] })
  const ask: Ask = (action, call = {}) => made.runtime.invoke('pool', { action, ...call })
  const workers = async (): Promise<unknown> => (await made.runtime.inspect('pool')).state
  return { ...made, ask, workers }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

test('workers share the calls to one name, and as many run at once as there may be', async () => {
  let running = 0
  let most = 0
  const order: unknown[] = []
  const { ask, clock, workers } = await pooled(1, 4, {
    work: async (turn) => {
      running += 1
      most = Math.max(most, running)
      order.push(turn.payload)
      await clock.sleep(100)
      running -= 1
    },
  })
  const before = clock.now()
  const calls = upTo(12).map((at) => ask('work', { payload: at }))
  await clock.advance(50)
  assert.deepEqual(await workers(), { workers: 4, resting: 0, waiting: 8 })
  await clock.run(Promise.all(calls))
  assert.equal(most, 4)
  assert.equal(clock.now() - before, 300)
  assert.deepEqual(order, upTo(12), 'in the order in which they came')
})

test('no call waits behind a slow one while a worker rests', async () => {
  const { ask, clock } = await pooled(1, 2)
  const slow = ask('sleep', { payload: 10_000 })
  const before = clock.now()
  for (const at of upTo(10)) assert.equal(await clock.run(ask('sleep', { payload: at })), at)
  assert.equal(clock.now() - before, 45)
  await clock.run(slow)
})

test('a burst to handlers that answer at once needs one worker', async () => {
  const { ask, clock, runtime } = await pooled(1, 10, {
    fan: async (turn) => ({
      response: await Promise.all(upTo(20).map((at) => turn.call('pool', { action: 'echo', payload: at }))),
    }),
  })
  assert.deepEqual(
    await clock.run(Promise.all(upTo(500).map((at) => ask('echo', { payload: at })))),
    upTo(500),
  )
  assert.equal(runtime.residentActors, 1)
  assert.deepEqual(await clock.run(ask('fan')), upTo(20))
  assert.equal(runtime.residentActors, 2, 'one for the turn that waits')
})

test('workers that are not needed leave; the least number stays', async () => {
  const { ask, clock, runtime } = await pooled(2, 8, {}, { idleTimeoutMs: 1_000 })
  await clock.run(Promise.all(upTo(8).map(() => ask('sleep', { payload: 10 }))))
  assert.equal(runtime.residentActors, 8)
  // Light traffic keeps one of them busy, not all in turn.
  for (let at = 0; at < 25; at += 1) {
    await clock.advance(100)
    assert.equal(await clock.run(ask('echo', { payload: at })), at)
  }
  assert.equal(runtime.residentActors, 2)
  await clock.advance(10_000)
  assert.equal(runtime.residentActors, 2)
  await clock.run(Promise.all(upTo(8).map(() => ask('sleep', { payload: 10 }))))
  assert.equal(runtime.residentActors, 8)
})

test('a pool without a least number leaves memory, and comes back', async () => {
  const { ask, clock, runtime } = await pooled(0, 2, {}, { idleTimeoutMs: 1_000 })
  assert.equal(await clock.run(ask('echo', { payload: 1 })), 1)
  await clock.advance(5_000)
  assert.equal(runtime.residentActors, 0)
  assert.equal(await clock.run(ask('echo', { payload: 2 })), 2)
})

test('as many calls may wait as before all workers together', async () => {
  const { ask, clock } = await pooled(1, 2, {}, { mailboxLimit: 3 })
  const running = [ask('sleep', { payload: 100 }), ask('sleep', { payload: 100 })]
  await clock.settle()
  const waiting = upTo(6).map(() => ask('sleep', { payload: 100 }))
  await assert.rejects(ask('echo'), /mailbox of "pool" is full: 6 messages wait/)
  assert.equal((await clock.run(Promise.all([...running, ...waiting]))).length, 8)
})

test('each worker has its init action; a cold pool begins with the least number', async () => {
  let begun = 0
  const { ask, clock } = await pooled(
    2,
    10,
    {
      begin: async () => {
        begun += 1
        await clock.sleep(50)
        return undefined
      },
    },
    { init: 'begin' },
  )
  await clock.run(Promise.all(upTo(30).map((at) => ask('echo', { payload: at }))))
  assert.equal(begun, 2)
  await clock.run(Promise.all(upTo(30).map(() => ask('sleep', { payload: 100 }))))
  assert.equal(begun, 10)
})

test('a worker that does not start fails what waits if it was the only one', async () => {
  let broken = true
  const { ask, clock } = await pooled(
    1,
    3,
    {
      begin: () => {
        if (broken) throw new Error('not yet')
        return undefined
      },
    },
    { init: 'begin' },
  )
  const codes = await clock.run(Promise.all(upTo(3).map(() => codeOf(ask('echo')))))
  assert.deepEqual(codes, ['DEFECT', 'DEFECT', 'DEFECT'])
  broken = false
  assert.equal(await clock.run(ask('echo', { payload: 1 })), 1)
  broken = true
  const calls = upTo(4).map(() => ask('sleep', { payload: 10 }))
  assert.deepEqual(await clock.run(Promise.all(calls)), [10, 10, 10, 10], 'the one that there is does it all')
})

test('deadlines and cancellation free a worker, and end what waits', async () => {
  const { ask, clock } = await pooled(
    1,
    1,
    { hang: () => new Promise(() => {}) },
    { timeouts: { hang: 100 } },
  )
  const hung = codeOf(ask('hang'))
  const late = codeOf(ask('echo', { timeoutMs: 50 }))
  const after = ask('echo', { payload: 'after' })
  assert.equal(await clock.run(late), 'DEADLINE_EXCEEDED')
  assert.equal(await clock.run(hung), 'DEADLINE_EXCEEDED')
  assert.equal(await clock.run(after), 'after')
  const cancel = new AbortController()
  const cancelled = codeOf(ask('hang', { signal: cancel.signal }))
  await clock.settle()
  cancel.abort()
  assert.equal(await clock.run(cancelled), 'CANCELLED')
  assert.equal(await clock.run(ask('echo', { payload: 1 })), 1)
})

test('a key means one turn in the whole pool, also while the first is running', async () => {
  let runs = 0
  const { ask, clock, store } = await pooled(1, 4, {
    work: async (turn) => {
      runs += 1
      await clock.sleep(100)
      return { response: [runs, turn.payload] }
    },
  })
  const keyed = (payload: number, key: string): Promise<unknown> =>
    ask('work', { payload, idempotencyKey: key })
  const before = clock.now()
  const first = [keyed(1, 'k'), keyed(2, 'k'), keyed(3, 'other'), keyed(4, 'k')]
  const replies = await clock.run(Promise.all(first))
  assert.deepEqual(replies, [
    [2, 1],
    [2, 1],
    [2, 3],
    [2, 1],
  ])
  assert.equal(clock.now() - before, 100, 'two keys, two workers')
  store.hold()
  const again = keyed(5, 'late')
  await clock.advance(150)
  const during = keyed(6, 'late')
  await clock.advance(50)
  store.release()
  assert.deepEqual(await clock.run(Promise.all([again, during, keyed(7, 'k')])), [
    [3, 5],
    [3, 5],
    [2, 1],
  ])
  assert.equal(runs, 3)
})

test('many keys are forgotten once they are answered, and no worker is lost to one that was cancelled', async () => {
  const { ask, clock, workers } = await pooled(1, 2)
  for (const at of upTo(300)) await clock.run(ask('echo', { payload: at, idempotencyKey: `k${at}` }))
  const cancel = new AbortController()
  const first = ask('sleep', { payload: 50, idempotencyKey: 'k' })
  await clock.advance(10)
  const second = codeOf(ask('sleep', { payload: 50, idempotencyKey: 'k', signal: cancel.signal }))
  await clock.advance(10)
  cancel.abort()
  assert.equal(await clock.run(second), 'CANCELLED')
  await clock.run(first)
  await clock.settle()
  assert.deepEqual(await workers(), { workers: 1, resting: 1, waiting: 0 })
})

test('a lost commit ends one worker; what waited for it goes to another', async () => {
  const { ask, clock, store } = await pooled(1, 2)
  store.hold()
  store.failCommit = 'before'
  const lost = codeOf(ask('echo', { payload: 1, idempotencyKey: 'k' }))
  await clock.settle()
  const second = codeOf(ask('echo', { payload: 2, idempotencyKey: 'k' }))
  const third = ask('echo', { payload: 3, idempotencyKey: 'k' })
  const slow = ask('sleep', { payload: 100 })
  await clock.settle()
  store.release()
  assert.equal(await clock.run(lost), 'STORE_UNAVAILABLE')
  assert.equal(await clock.run(second), 'STORE_UNAVAILABLE', 'it was waiting to know of the first')
  assert.equal(await clock.run(third), 3)
  assert.equal(await clock.run(slow), 100)
  assert.equal(await clock.run(ask('echo', { payload: 4, idempotencyKey: 'k' })), 3)
})

test('what waits in front of a pool is served when its last worker has ended, or ran nothing', async () => {
  const { ask, clock, store } = await pooled(1, 1)
  store.hold()
  store.failCommit = 'before'
  const lost = codeOf(ask('echo', { payload: 1, idempotencyKey: 'k' }))
  await clock.settle()
  const dropped = codeOf(ask('sleep', { payload: 1_000 }))
  const waits = ask('echo', { payload: 'served' })
  await clock.settle()
  store.release()
  assert.deepEqual(await clock.run(Promise.all([lost, dropped])), ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
  assert.equal(await clock.run(waits), 'served')

  const cancel = new AbortController()
  const first = ask('sleep', { payload: 50, idempotencyKey: 'l' })
  await clock.advance(10)
  const second = codeOf(ask('echo', { idempotencyKey: 'l', signal: cancel.signal }))
  const third = ask('echo', { payload: 'too' })
  await clock.advance(10)
  cancel.abort()
  assert.deepEqual(await clock.run(Promise.all([first, second, third])), [50, 'CANCELLED', 'too'])
})

test('all workers are the pool, for those that they call and for themselves', async () => {
  const { ask, clock, runtime } = await pooled(2, 4, {
    who: (turn) => ({ response: [turn.self, turn.caller] }),
    tell: (turn) => turn.call('pool', { action: 'who' }).then((response) => ({ response })),
  })
  const pool = { system: 'test', parent: '', name: 'pool' }
  assert.deepEqual(await clock.run(ask('who')), [pool, null])
  assert.deepEqual(await clock.run(ask('tell')), [pool, pool])
  assert.deepEqual(await clock.run(runtime.invoke('pool', { ref: 'pool', action: 'who' })), [pool, null])
  const wrong = runtime.invoke('pool-1', { ref: 'pool', action: 'who' })
  await assert.rejects(wrong, /"pool" is a pooled actor, so "pool-1" cannot be an instance of it/)
})

const nested = async (turn: Turn) => {
  const left = Number(turn.payload)
  const response = left === 0 ? 'deep' : await turn.call('pool', { action: 'nested', payload: left - 1 })
  return { response }
}

test('a pool may call itself while it has a worker left; then it is a cycle, or let in', async () => {
  const { ask, clock } = await pooled(1, 3, { nested })
  assert.equal(await clock.run(ask('nested', { payload: 2 })), 'deep')
  const before = clock.now()
  assert.equal(await clock.run(codeOf(ask('nested', { payload: 3 }))), 'CALL_CYCLE')
  assert.equal(clock.now(), before)
  const lenient = await pooled(1, 3, { nested }, { reentrancy: 'call-chain' })
  assert.equal(await lenient.clock.run(lenient.ask('nested', { payload: 20 })), 'deep')
  assert.equal(lenient.runtime.residentActors, 3)
})

test('what else can be asked of a pool', async () => {
  const { ask, clock, runtime, store } = await pooled(
    1,
    2,
    { look: () => ({ response: 'seen' }), set: () => ({ tags: { a: 'b' } }) },
    { queries: ['look', 'set'] },
  )
  const before = await runtime.inspect('pool')
  assert.deepEqual(
    [before.kind, before.revision, before.state],
    ['pooled', 0, { workers: 0, resting: 0, waiting: 0 }],
  )
  await clock.run(runtime.spawn('pool'))
  assert.equal(runtime.residentActors, 1)
  await assert.rejects(clock.run(runtime.delete('pool')), /"pool" is pooled: its workers keep nothing/)
  await assert.rejects(clock.run(runtime.spawn('pool', { revision: 1 })), /so it has no past/)
  assert.equal(await clock.run(ask('look')), 'seen')
  assert.equal(await clock.run(codeOf(ask('set'))), 'ACTION_FAILED')
  assert.equal(await ask('echo', { async: true }), undefined)
  await clock.settle()
  assert.equal(store.groups.length, 0)
})

test('effects to a pool are taken once, by any worker', async () => {
  let taken = 0
  const { clock, runtime, store } = await pooled(1, 3, {
    take: async () => {
      await clock.sleep(5)
      taken += 1
    },
    send: () => ({
      workflow: {
        effects: upTo(5).map(() => ({ to: 'pool', action: 'take' })),
        broadcasts: [],
        route: null,
        timers: null,
      },
    }),
  })
  await clock.run(runtime.invoke('pool', { action: 'send' }))
  await clock.advance(1_000)
  assert.equal(taken, 5)
  assert.equal((await store.due('test', clock.now(), 10)).envelopes.length, 0)
})

test('stop finishes the calls that wait', async () => {
  const { ask, clock, runtime } = await pooled(1, 2)
  const calls = upTo(6).map((at) => ask('sleep', { payload: 10 + at }))
  await clock.run(runtime.stop())
  assert.deepEqual(await Promise.all(calls), [10, 11, 12, 13, 14, 15])
  await assert.rejects(runtime.inspect('pool'), /is stopping and takes no calls/)
})
