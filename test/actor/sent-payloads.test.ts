// What a receiver gets of a payload that another actor's turn has sent: the same value whether it comes from memory or from
// its bytes, and one that nobody else changes.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import { type Bench, bench, counter } from './fixture.ts'

interface Order {
  amount: number
  items: string[]
}

/** A sender that sends what it is given, and a receiver that keeps what it has seen and then does with it what it is told. */
async function pair(then: (order: Order, at: Bench) => void = () => {}) {
  const seen: unknown[] = []
  const sender = counter('sender', {
    handlers: {
      send: ({ payload }) => {
        const effects = [payload].flat().map((one) => ({ to: 'receiver', action: 'take', payload: one }))
        return { workflow: { effects, broadcasts: [], route: null, timers: null } }
      },
    },
  })
  const receiver = counter('receiver', {
    kind: 'named',
    handlers: {
      take: ({ payload }) => {
        seen.push(structuredClone(payload))
        then(payload as Order, at)
        return { changed: true, state: { total: seen.length } }
      },
    },
  })
  const at: Bench = await bench({ definitions: [sender, receiver] })
  const send = (payload: unknown) => at.call('a', 'sender', 'send', { payload })
  return { at, seen, send }
}

test('a payload that its sender changes later arrives as it was sent', async () => {
  const { at, seen } = await pair()
  await at.clock.advance(50)
  const order: Order = { amount: 1, items: ['x'] }
  at.store.hold()
  const sent = at.runtime.invoke('a', { ref: 'sender', action: 'send', payload: order })
  await at.clock.advance(0)
  order.amount = 2
  order.items.push('y')
  at.store.release()
  await at.clock.run(sent)
  await at.clock.advance(50)
  assert.deepEqual(seen, [{ amount: 1, items: ['x'] }])
})

test('a payload that a receiver changes before it fails comes again as it was sent', async () => {
  let failures = 0
  const { at, seen, send } = await pair((order) => {
    order.amount += 1
    order.items.push('y')
    failures += 1
    if (failures < 3) throw new SpawnError('ACTION_FAILED', 'not yet')
  })
  await send({ amount: 1, items: ['x'] })
  await at.clock.advance(5_000)
  const sent: Order = { amount: 1, items: ['x'] }
  assert.deepEqual(seen, [sent, sent, sent])
})

test('a payload that a receiver changes before its commit is lost comes again as it was sent', async () => {
  const { at, seen, send } = await pair((order, { store }) => {
    order.items.push('y')
    if (seen.length === 1) store.failCommit = 'before'
  })
  const orders = [1, 2].map((amount): Order => ({ amount, items: ['x'] }))
  await send(orders)
  await at.clock.advance(5_000)
  assert.deepEqual(seen, [...orders, ...orders])
})

test('a payload arrives as JSON has it, also when that is not how it was given', async () => {
  const { at, seen, send } = await pair()
  const given = [{ none: undefined, zero: -0 }, { when: new Date(0) }, { form: { toJSON: () => 'its own' } }]
  for (const payload of given) await send(payload)
  await at.clock.advance(50)
  assert.deepStrictEqual(seen, [{ zero: 0 }, { when: '1970-01-01T00:00:00.000Z' }, { form: 'its own' }])
})

test('a payload that is forwarded goes on as it came, whatever the actor between has done to it', async () => {
  const seen: unknown[] = []
  const workflow = { effects: [], broadcasts: [], route: null, timers: null }
  const sender = counter('sender', {
    handlers: {
      send: ({ payload }) => ({
        workflow: { ...workflow, effects: [{ to: 'between', action: 'pass', payload }] },
      }),
    },
  })
  let passed = 0
  const between = counter('between', {
    kind: 'named',
    handlers: {
      pass: ({ payload }) => {
        const order = payload as Order
        order.items.push('y')
        passed += 1
        if (passed === 2) throw new SpawnError('ACTION_FAILED', 'not yet')
        const route = { kind: 'forward', to: 'receiver', action: 'take' } as const
        return { workflow: { ...workflow, route } }
      },
    },
  })
  const receiver = counter('receiver', {
    kind: 'named',
    handlers: {
      take: ({ payload }) => {
        seen.push(structuredClone(payload))
        return {}
      },
    },
  })
  const at = await bench({ definitions: [sender, between, receiver] })
  // What is sent before the store was read is delivered from there, in its bytes.
  await at.clock.advance(50)
  const order: Order = { amount: 1, items: ['x'] }
  for (let count = 0; count < 2; count += 1) await at.call('a', 'sender', 'send', { payload: order })
  await at.clock.advance(5_000)
  assert.equal(passed, 3)
  assert.deepEqual(seen, [order, order], 'at the first delivery, and at a second')
})

test('what is sent says when, and so does what is sent a second later', async () => {
  const { at, send } = await pair()
  const began = at.clock.now()
  for (let times = 0; times < 2; times += 1) {
    await send([
      { amount: 1, items: [] },
      { amount: 2, items: [] },
    ])
    await at.clock.advance(1_000)
  }
  const headers = at.store.groups.flat().flatMap(({ sends }) => sends.map(({ header }) => header))
  const afterMs = headers.map((header) => Number(/"(\d{13})"/.exec(header)?.[1]) - began)
  assert.equal(afterMs.length, 4)
  for (const [nth, ms] of afterMs.entries()) {
    const leastMs = nth < 2 ? 0 : 1_000
    assert.ok(ms >= leastMs && ms < leastMs + 100, `${ms}`)
  }
})
