// The turn: order, isolation of failures, deadlines, cancellation, cycles, bounds.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { SpawnError } from '../../src/base/index.ts'
import { bench, codeOf, counter, setTotal, totalOf } from './fixture.ts'

const all = [1, 2, 3, 4, 5]

test('turns of an actor run in order, one at a time, also when they wait', async () => {
  const order: string[] = []
  const slow = counter('counter', {
    handlers: {
      slow: async (turn) => {
        order.push(`begin ${String(turn.payload)}`)
        await clock.sleep(10 - Number(turn.payload))
        order.push(`end ${String(turn.payload)}`)
        return setTotal(totalOf(turn) + 1)
      },
    },
  })
  const { clock, runtime } = await bench({ definitions: [slow] })
  const calls = all.map((payload) => runtime.invoke('a', { ref: 'counter', action: 'slow', payload }))
  assert.deepEqual(await clock.run(Promise.all(calls)), all)
  assert.deepEqual(
    order,
    all.flatMap((at) => [`begin ${at}`, `end ${at}`]),
  )
})

test('a failed turn leaves no trace, and the actor lives on', async () => {
  const definition = counter('counter', {
    handlers: {
      addThenFail: (turn) => {
        setTotal(totalOf(turn) + 1)
        throw new Error('a bug of the host')
      },
      unencodable: () => ({ changed: true, state: { total: 1n } }),
      badTags: () => ({ tags: { count: 1 as unknown as string } }),
    },
  })
  const { call, store } = await bench({ definitions: [definition] })
  assert.equal(await call('a', 'counter', 'add'), 1)
  assert.equal(await codeOf(call('a', 'counter', 'addThenFail')), 'DEFECT')
  assert.equal(await codeOf(call('a', 'counter', 'fail')), 'ACTION_FAILED')
  assert.equal(await codeOf(call('a', 'counter', 'unencodable')), 'ACTION_FAILED')
  assert.equal(await codeOf(call('a', 'counter', 'badTags')), 'ACTION_FAILED')
  assert.equal(await call('a', 'counter', 'add'), 2)
  const [stored] = await store.load([{ system: 'test', parent: 'counter', name: 'a' }])
  assert.equal(stored?.revision, 2)
})

test('a turn past its deadline is given up: no trace, its signal aborts, the next turn runs', async () => {
  let aborted: unknown = null
  const definition = counter('counter', {
    timeouts: { hang: 50 },
    handlers: {
      hang: async (turn) => {
        turn.signal.addEventListener('abort', () => {
          aborted = turn.signal.reason
        })
        await clock.sleep(1_000)
        return setTotal(1_000)
      },
    },
  })
  const { clock, runtime } = await bench({ definitions: [definition] })
  const before = clock.now()
  const hung = runtime.invoke('a', { ref: 'counter', action: 'hang' })
  const next = runtime.invoke('a', { ref: 'counter', action: 'add' })
  assert.equal(await codeOf(clock.run(hung)), 'DEADLINE_EXCEEDED')
  assert.ok(clock.now() - before >= 50 && clock.now() - before <= 60)
  assert.equal((aborted as SpawnError).code, 'DEADLINE_EXCEEDED')
  assert.equal(await clock.run(next), 1)
  await clock.advance(2_000)
  assert.equal(await clock.run(runtime.invoke('a', { ref: 'counter', action: 'read' })), 1)
})

test('a call that waits behind a long turn ends at its own deadline and never runs', async () => {
  const definition = counter('counter', { handlers: { slow: async () => void (await clock.sleep(500)) } })
  const { clock, runtime } = await bench({ definitions: [definition] })
  const slow = runtime.invoke('a', { ref: 'counter', action: 'slow' })
  const late = runtime.invoke('a', { ref: 'counter', action: 'add', timeoutMs: 100 })
  const error = await clock.run(late.catch((thrown: unknown) => thrown as SpawnError))
  assert.match(String(error), /did not run/)
  await clock.run(slow)
  assert.equal(await clock.run(runtime.invoke('a', { ref: 'counter', action: 'read' })), 0)
})

test('the default deadline holds where nothing else is said', async () => {
  const definition = counter('counter', { handlers: { hang: () => new Promise(() => {}) } })
  const { call, clock } = await bench({ definitions: [definition], limits: { callTimeoutMs: 3_000 } })
  const before = clock.now()
  assert.equal(await codeOf(call('a', 'counter', 'hang')), 'DEADLINE_EXCEEDED')
  assert.ok(clock.now() - before >= 3_000 && clock.now() - before < 3_010)
})

test('a caller can cancel a call that waits and one that runs', async () => {
  const definition = counter('counter', {
    handlers: { slow: async (turn) => (await clock.sleep(500), setTotal(totalOf(turn) + 1)) },
  })
  const { clock, runtime } = await bench({ definitions: [definition] })
  const first = new AbortController()
  const second = new AbortController()
  const running = runtime.invoke('a', { ref: 'counter', action: 'slow', signal: first.signal })
  const waiting = runtime.invoke('a', { ref: 'counter', action: 'add', signal: second.signal })
  const codes = [codeOf(running), codeOf(waiting)]
  await clock.advance(100)
  second.abort()
  first.abort()
  assert.deepEqual(await clock.run(Promise.all(codes)), ['CANCELLED', 'CANCELLED'])
  await clock.advance(1_000)
  assert.equal(await clock.run(runtime.invoke('a', { ref: 'counter', action: 'read' })), 0)
  const signal = AbortSignal.abort()
  assert.equal(await codeOf(runtime.invoke('a', { ref: 'counter', action: 'add', signal })), 'CANCELLED')
})

test('a turn that cancels its own call leaves no trace, waiting or not, queued or run at once', async () => {
  const controllers: AbortController[] = []
  const cancelAll = (): void => controllers.forEach((controller) => controller.abort())
  const definition = counter('counter', {
    handlers: {
      slow: async () => void (await clock.sleep(10)),
      now: (turn) => (cancelAll(), setTotal(totalOf(turn) + 1)),
      later: async (turn) => (cancelAll(), await clock.sleep(10), setTotal(totalOf(turn) + 1)),
      laterFails: async () => {
        cancelAll()
        await clock.sleep(10)
        throw new Error('nobody hears this')
      },
    },
  })
  const { clock, runtime } = await bench({ definitions: [definition] })
  const call = (action: string): Promise<string> => {
    const controller = new AbortController()
    controllers.push(controller)
    return codeOf(runtime.invoke('a', { ref: 'counter', action, signal: controller.signal }))
  }
  await clock.run(runtime.invoke('a', { ref: 'counter', action: 'read' }))
  for (const action of ['later', 'laterFails']) assert.equal(await clock.run(call(action)), 'CANCELLED')
  for (const action of ['now', 'later', 'laterFails']) {
    const slow = runtime.invoke('a', { ref: 'counter', action: 'slow' })
    assert.equal(await clock.run(call(action)), 'CANCELLED')
    await clock.run(slow)
  }
  await clock.advance(100)
  assert.equal(await clock.run(runtime.invoke('a', { ref: 'counter', action: 'read' })), 0)
})

test('a call cycle is answered at once, with its path', async () => {
  const call = (to: string) => async (turn: Parameters<typeof totalOf>[0]) => ({
    response: await turn.call(to, { ref: 'counter', action: 'ask', payload: Number(turn.payload) - 1 }),
  })
  const definition = counter('counter', {
    handlers: { ask: (turn) => call(turn.self.name === 'a' ? 'b' : 'a')(turn) },
  })
  const { clock, runtime } = await bench({ definitions: [definition] })
  const before = clock.now()
  const error = await clock.run(
    runtime.invoke('a', { ref: 'counter', action: 'ask' }).catch((thrown: unknown) => thrown as SpawnError),
  )
  assert.match(String(error), /counter\/a\.ask → counter\/b\.ask → counter\/a\.ask/)
  assert.equal((error as SpawnError).code, 'CALL_CYCLE')
  assert.equal(clock.now(), before)
})

test('a chain of nested calls is bounded, and a nested call inherits the deadline', async () => {
  let left = 0
  const definition = counter('counter', {
    handlers: {
      deeper: async (turn) => {
        const depth = Number(turn.payload)
        left = turn.deadlineMs
        return {
          response: await turn.call(`a${depth + 1}`, {
            ref: 'counter',
            action: 'deeper',
            payload: depth + 1,
          }),
        }
      },
    },
  })
  const { call, clock } = await bench({ definitions: [definition] })
  const deadlineMs = clock.now() + 5_000
  const outcome = call('a0', 'counter', 'deeper', { payload: 0, timeoutMs: 5_000 })
  assert.equal(await codeOf(outcome), 'CALL_CYCLE')
  assert.equal(left, deadlineMs)
})

test('a context that has ended makes no more calls', async () => {
  let late: Promise<unknown> = Promise.resolve()
  const definition = counter('counter', {
    handlers: {
      leak: (turn) => {
        void Promise.resolve().then(() => {
          late = turn.call('b', { ref: 'counter', action: 'add' })
          late.catch(() => {})
        })
        return undefined
      },
    },
  })
  const { call, clock } = await bench({ definitions: [definition] })
  await call('a', 'counter', 'leak')
  assert.equal(await codeOf(late), 'CANCELLED')
  await clock.settle()
  assert.equal(await call('b', 'counter', 'read'), 0)
})

test('a full mailbox refuses at once and by name', async () => {
  const definition = counter('counter', {
    mailboxLimit: 3,
    handlers: { slow: async () => void (await clock.sleep(500)) },
  })
  const { clock, runtime } = await bench({ definitions: [definition] })
  const slow = runtime.invoke('a', { ref: 'counter', action: 'slow' })
  await clock.advance(10)
  const waiting = [1, 2, 3].map(() => runtime.invoke('a', { ref: 'counter', action: 'add' }))
  const refused = await runtime
    .invoke('a', { ref: 'counter', action: 'add' })
    .catch((error: unknown) => error)
  assert.match(String(refused), /mailbox of "counter\/a" is full: 3 messages wait/)
  assert.deepEqual(await clock.run(Promise.all([slow, ...waiting])), [undefined, 1, 2, 3])
})

test('an asynchronous call is answered when it stands in the mailbox; its failure is logged', async () => {
  const { call, clock, logger, runtime } = await bench()
  assert.equal(await runtime.invoke('a', { ref: 'counter', action: 'add', async: true }), undefined)
  await runtime.invoke('a', { ref: 'counter', action: 'fail', async: true })
  assert.equal(await call('a', 'counter', 'read'), 1)
  await clock.settle()
  assert.deepEqual(
    logger.lines.map(({ message, fields }) => [message, fields['action'], fields['code']]),
    [['an asynchronous call failed', 'fail', 'ACTION_FAILED']],
  )
})

test('calls with wrong arguments are refused with what was wrong', async () => {
  const { runtime } = await bench()
  const refused = async (name: string, call: object): Promise<string> =>
    runtime.invoke(name, call as never).then(String, (error: unknown) => (error as Error).message)
  assert.match(
    await refused('a', { ref: 'counter', action: 'sub' }),
    /no action "sub"; its actions: add, read, fail/,
  )
  assert.match(
    await refused('a', { ref: 'nobody', action: 'add' }),
    /no definition "nobody", the ref of "a", in the system "test"; it has .*instances of counter, .*called with that as ref$/,
  )
  assert.match(await refused('counter', { action: 'add' }), /is an unnamed definition/)
  assert.match(await refused('a', { ref: 'counter' }), /must name its action/)
  assert.match(await refused('a', { ref: 'counter', action: 'add', timeoutMs: -1 }), /more than 0/)
  assert.match(await refused('x'.repeat(513), { ref: 'counter', action: 'add' }), /longer than 512 bytes/)
  assert.match(await refused('\ud800', { ref: 'counter', action: 'add' }), /surrogate/)
  assert.match(
    await refused('a', { ref: 'counter', action: 'add', metadata: { a: 1 } }),
    /metadata\.a must be a string/,
  )
  for (const idempotencyKey of ['', 'k'.repeat(513), 'ü'.repeat(257), 7, null])
    assert.match(await refused('a', { ref: 'counter', action: 'add', idempotencyKey }), /1 to 512 bytes/)
  // Two that differ in such halves alone would be one key in a store.
  const half = { ref: 'counter', action: 'add', idempotencyKey: 'order-\ud83d' }
  assert.match(await refused('a', half), /the idempotency key has half a surrogate pair/)
})

test('busy callers do not starve timers', async () => {
  const { clock, runtime } = await bench()
  let stop = false
  let turns = 0
  const caller = async (): Promise<void> => {
    while (!stop) {
      await runtime.invoke('v', { ref: 'counter', action: 'read' })
      turns += 1
    }
  }
  clock.after(0, () => {
    stop = true
  })
  await clock.run(caller(), { maxSteps: 1_000 })
  assert.ok(turns > 0)
})
