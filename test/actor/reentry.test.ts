// Reentrancy along the call chain: who gets in, what is committed, and what each turn sees.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Call, Turn } from '../../src/ports/index.ts'
import { type Bench, bench, codeOf, counter, type CounterOptions, setTotal, totalOf } from './fixture.ts'

type Handlers = NonNullable<CounterOptions['handlers']>

/** Calls an instance of the same definition. */
const to = (turn: Turn, name: string, action: string, payload?: unknown): Promise<unknown> =>
  turn.call(name, { ref: 'counter', action, payload })

/** via: has `b` call `a` back with the action of the payload, and answers with both totals that it saw and the reply. */
const common: Handlers = {
  via: async (turn) => {
    const before = totalOf(turn)
    const reply = await to(turn, 'b', 'back', turn.payload)
    return { response: [before, reply, totalOf(turn)] }
  },
  back: async (turn) => ({ response: await to(turn, 'a', String(turn.payload), 1) }),
}

type Ask = (action: string, more?: Partial<Call>) => Promise<unknown>

async function reentrant(
  handlers: Handlers = {},
  options: CounterOptions = {},
): Promise<Bench & { ask: Ask }> {
  const definition = counter('counter', {
    reentrancy: 'call-chain',
    handlers: { ...common, ...handlers },
    ...options,
  })
  const made = await bench({ definitions: [definition] })
  const ask: Ask = (action, call = {}) => made.runtime.invoke('a', { ref: 'counter', action, ...call })
  return { ...made, ask }
}

test('a call that comes back is let in ahead of the mailbox; the turn around it sees what it did', async () => {
  const { ask, clock } = await reentrant()
  const order: unknown[] = []
  const note = (what: string) => (reply: unknown) => void order.push([what, reply])
  const calls = [
    ask('via', { payload: 'add' }).then(note('via')),
    ask('add', { payload: 10 }).then(note('add')),
  ]
  await clock.run(Promise.all(calls))
  assert.deepEqual(order, [
    ['via', [0, 1, 1]],
    ['add', 11],
  ])
})

test('without reentrancy it is a cycle', async () => {
  const { ask, clock } = await reentrant({}, { reentrancy: 'none' })
  assert.equal(await clock.run(codeOf(ask('via', { payload: 'add' }))), 'CALL_CYCLE')
})

test('the turn within is committed by itself: it stays when the turn around it fails', async () => {
  const { ask, clock, store } = await reentrant({
    fails: async (turn) => {
      await to(turn, 'b', 'back', 'add')
      throw new Error('after all')
    },
  })
  assert.equal(await clock.run(codeOf(ask('fails'))), 'DEFECT')
  assert.equal(store.groups.length, 1)
  assert.equal(await clock.run(ask('read')), 1)
})

test('its answer waits for its commit', async () => {
  const { ask, clock, store } = await reentrant()
  store.hold()
  let answered = false
  const call = ask('via', { payload: 'add' }).then((reply) => ((answered = true), reply))
  await clock.settle()
  assert.equal(store.groups.length, 1)
  assert.equal(answered, false)
  store.release()
  assert.deepEqual(await clock.run(call), [0, 1, 1])
})

test('a turn that returns a state replaces what the turn within it set', async () => {
  const { ask, clock } = await reentrant({
    sets: async (turn) => (await to(turn, 'b', 'back', 'add'), setTotal(totalOf(turn) + 100)),
    stale: async (turn) => {
      const before = totalOf(turn)
      await to(turn, 'b', 'back', 'add')
      return setTotal(before + 1_000)
    },
  })
  assert.equal(await clock.run(ask('sets')), 101)
  assert.equal(await clock.run(ask('stale')), 1_101)
  assert.equal(await clock.run(ask('read')), 1_101)
})

test('turns are let in several levels deep, also straight to themselves, and the depth is bounded', async () => {
  const deep = async (turn: Turn) => {
    const left = Number(turn.payload)
    if (left > 0) await to(turn, left % 2 === 0 ? 'a' : 'b', 'deep', left - 1)
    return setTotal(totalOf(turn) + 1)
  }
  const { ask, clock, runtime } = await reentrant({ deep })
  assert.equal(await clock.run(ask('deep', { payload: 9 })), 5)
  assert.equal(await clock.run(runtime.invoke('b', { ref: 'counter', action: 'read' })), 5)
  assert.equal(await clock.run(codeOf(ask('deep', { payload: 100 }))), 'CALL_CYCLE')
  assert.equal(await clock.run(ask('read')), 5)
})

test('only calls of the chain get in', async () => {
  const { ask, clock, runtime } = await reentrant({
    waits: async (turn) => (await clock.sleep(100), { response: totalOf(turn) }),
  })
  const waits = ask('waits')
  const foreign = runtime.invoke('b', { ref: 'counter', action: 'back', payload: 'add' })
  assert.equal(await clock.run(waits), 0)
  assert.equal(await clock.run(foreign), 1)
})

test('calls that come back together run one after the other', async () => {
  let running = 0
  let most = 0
  const { ask, clock } = await reentrant({
    fan: async (turn) => {
      await Promise.all(['b', 'c', 'd'].map((name) => to(turn, name, 'back', 'slow')))
      return { response: totalOf(turn) }
    },
    slow: async (turn) => {
      running += 1
      most = Math.max(most, running)
      await clock.sleep(10)
      running -= 1
      return setTotal(totalOf(turn) + 1)
    },
  })
  assert.equal(await clock.run(ask('fan')), 3)
  assert.equal(most, 1)
})

test('a call that came back and waits for another has its own deadline', async () => {
  const { ask, clock } = await reentrant({
    slow: async () => (await clock.sleep(100), { response: 'done' }),
    both: async (turn) => {
      const waits = turn.call('a', { ref: 'counter', action: 'slow' })
      const hurried = turn.call('a', { ref: 'counter', action: 'add', timeoutMs: 20 })
      const before = clock.now()
      const code = await codeOf(hurried)
      return { response: [code, clock.now() - before, await waits] }
    },
  })
  assert.deepEqual(await clock.run(ask('both')), ['DEADLINE_EXCEEDED', 20, 'done'])
})

test('a turn that ends before the one within it is applied after it', async () => {
  const log: string[] = []
  const { ask, clock } = await reentrant({
    hasty: (turn) => {
      void to(turn, 'b', 'back', 'slow')
      return clock.sleep(10).then(() => (log.push('hasty returns'), setTotal(totalOf(turn) + 100)))
    },
    slow: async (turn) => {
      await clock.sleep(100)
      log.push('slow returns')
      return setTotal(totalOf(turn) + 1)
    },
  })
  const before = clock.now()
  const hasty = ask('hasty')
  const add = ask('add', { payload: 1_000 })
  assert.equal(await clock.run(hasty), 100)
  assert.equal(clock.now() - before, 100)
  assert.deepEqual(log, ['hasty returns', 'slow returns'])
  assert.equal(await clock.run(add), 1_100)
})

test('a turn given up while another runs within it lets no other turn in before that has ended', async () => {
  const order: string[] = []
  const { ask, clock } = await reentrant({
    slow: async (turn) => (await clock.sleep(500), order.push('within'), setTotal(totalOf(turn) + 1)),
    after: (turn) => (order.push('after'), setTotal(totalOf(turn) + 10)),
  })
  const cancel = new AbortController()
  const outer = codeOf(ask('via', { payload: 'slow', signal: cancel.signal }))
  const after = ask('after')
  await clock.advance(50)
  cancel.abort()
  assert.equal(await clock.run(outer), 'CANCELLED')
  assert.equal(await clock.run(after), 11)
  assert.deepEqual(order, ['within', 'after'])
})

test('a deadline reaches the turn within: both are given up, and the mailbox goes on', async () => {
  const { ask, clock } = await reentrant({ hang: () => new Promise(() => {}) }, { timeouts: { via: 100 } })
  const outer = codeOf(ask('via', { payload: 'hang' }))
  const after = ask('add')
  assert.equal(await clock.run(outer), 'DEADLINE_EXCEEDED')
  assert.equal(await clock.run(after), 1)
})

test('a call that comes back to a turn which is over waits like any other', async () => {
  const { ask, clock } = await reentrant({
    // It does not wait for the call that it makes.
    leaves: (turn) => void to(turn, 'a', 'add'),
    late: async (turn) => (await clock.sleep(50), { response: await to(turn, 'a', 'add') }),
    starts: (turn) => (void to(turn, 'b', 'late').catch(() => {}), clock.sleep(10).then(() => undefined)),
  })
  await clock.run(ask('leaves'))
  assert.equal(await clock.run(ask('read')), 1)
  await clock.run(ask('starts'))
  await clock.advance(100)
  assert.equal(await clock.run(ask('read')), 2)
})

test('a lost commit within fails the turns around it, and the next call sees what stands', async () => {
  const { ask, clock, store } = await reentrant({
    within: async (turn) => (await clock.sleep(1), setTotal(totalOf(turn) + 1)),
  })
  await clock.run(ask('add'))
  store.hold()
  store.failCommit = 'before'
  const outer = codeOf(ask('via', { payload: 'within' }))
  const next = ask('read')
  await clock.advance(10)
  store.release()
  assert.equal(await clock.run(outer), 'STORE_UNAVAILABLE')
  assert.equal(await clock.run(next), 1)
})

test('an init action can be called back, and fails what came back with it', async () => {
  const { ask, clock } = await reentrant(
    {
      begin: async (turn) => {
        if (turn.self.name !== 'a') return undefined
        await to(turn, 'b', 'back', 'add')
        return setTotal(totalOf(turn) + 10)
      },
    },
    { init: 'begin' },
  )
  assert.equal(await clock.run(ask('read')), 11)

  const hanging = await reentrant(
    {
      begin: async (turn) =>
        turn.self.name === 'a' ? void (await to(turn, 'b', 'back', 'hang')) : undefined,
      hang: () => new Promise(() => {}),
    },
    { init: 'begin', timeouts: { begin: 100 } },
  )
  assert.equal(await hanging.clock.run(codeOf(hanging.ask('read'))), 'DEADLINE_EXCEEDED')
})

test('what comes back is bounded like the mailbox, and an idempotency key holds within, too', async () => {
  const { ask, clock } = await reentrant(
    {
      fan: async (turn) => {
        const names = ['b', 'c', 'd', 'e', 'f']
        const codes = await Promise.all(names.map((name) => codeOf(to(turn, name, 'back', 'slow'))))
        return { response: codes.toSorted() }
      },
      slow: async () => void (await clock.sleep(10)),
      twice: async (turn) => {
        const once = () => turn.call('a', { ref: 'counter', action: 'add', idempotencyKey: 'k' })
        return { response: [await once(), await once(), totalOf(turn)] }
      },
    },
    { mailboxLimit: 3 },
  )
  const busy = 'MAILBOX_FULL'
  assert.deepEqual(await clock.run(ask('fan')), [busy, busy, 'no error', 'no error', 'no error'])
  assert.deepEqual(await clock.run(ask('twice')), [1, 1, 1])
})

test('a call that comes back through a pipe is let in, too', async () => {
  const route = { kind: 'pipe', to: 'a', ref: 'counter', action: 'add' } as const
  const { ask, clock } = await reentrant({
    passes: () => ({ response: 5, workflow: { effects: [], broadcasts: [], route, timers: null } }),
    asks: async (turn) => ({ response: [await to(turn, 'b', 'passes'), totalOf(turn)] }),
  })
  assert.deepEqual(await clock.run(ask('asks')), [5, 5])
})
