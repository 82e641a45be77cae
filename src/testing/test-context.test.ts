import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'

import { isSpawnError } from '../base/index.ts'
import { actor, type Context, effect, Value } from '../sdk/index.ts'
import { runAction, testContext } from './test-context.ts'

interface Counter {
  total: number
}

const add = (ctx: Context<Counter>, { value }: { value: number }) => {
  const total = ctx.state.total + value
  return Value.of().state({ total }).response({ total })
}

test('a handler is a function of a context and a payload', () => {
  const outcome = add(testContext({ state: { total: 1 } }), { value: 2 })
  assert.deepEqual(outcome, Value.of({ total: 3 }, { total: 3 }))
  assert.deepEqual(outcome.nextState, { total: 3 })
})

test('a context shows what a handler has assigned', () => {
  const ctx = testContext({ state: { total: 1 }, tags: { a: '1' }, self: { name: 'counter' } })
  const assigns = (context: Context<Counter>) => {
    context.state = { total: context.state.total + 1 }
    context.tags = { b: '2' }
  }
  assigns(ctx)
  assert.deepEqual(ctx.state, { total: 2 })
  assert.deepEqual(ctx.tags, { b: '2' })
  assert.deepEqual(ctx.self, { system: 'test', parent: '', name: 'counter' })
})

test('the state of a context cannot be changed in place', () => {
  const ctx = testContext({ state: { total: 1 } })
  // @ts-expect-error the types say so too
  assert.throws(() => (ctx.state.total = 2), TypeError)
})

test('calls of a handler are answered by the test', async () => {
  const ctx = testContext({ answer: (name, { action, payload }) => ({ name, action, payload }) })
  assert.deepEqual(await ctx.invoke('bank', { action: 'pay', payload: 5 }), {
    name: 'bank',
    action: 'pay',
    payload: 5,
  })
  await assert.rejects(testContext().invoke('bank', { action: 'pay' }), /no answer to the call of "bank"/)
})

test('runAction runs an action with its schemas', async () => {
  const counter = actor('counter', {
    kind: 'unnamed',
    state: { total: 0 },
    tags: { colour: 'red' },
    actions: {
      add: { payload: z.object({ value: z.number().default(1) }), handler: add },
      whoami: (ctx) => ctx.self,
    },
  })
  const first = await runAction(counter, 'add', { payload: {} })
  assert.deepEqual(first, {
    state: { total: 1 },
    changed: true,
    tags: { colour: 'red' },
    response: { total: 1 },
    checkpoint: false,
    workflow: null,
  })
  const total: number = (await runAction(counter, 'add', { state: { total: 5 }, payload: { value: 2 } }))
    .response.total
  assert.equal(total, 7)
  assert.deepEqual((await runAction(counter, 'whoami', { self: { name: 'c-1' } })).response, {
    system: 'test',
    parent: 'counter',
    name: 'c-1',
  })
  await assert.rejects(
    // @ts-expect-error a payload of the wrong type
    runAction(counter, 'add', { payload: { value: 'x' } }),
    (error) => isSpawnError(error) && error.code === 'INVALID_ARGUMENT' && /value: /.test(error.message),
  )
})

test('what a handler sets in motion is data, made by the words that it uses itself', async () => {
  const account = actor('account', {
    kind: 'unnamed',
    state: { balance: 0 },
    actions: { deposit: (ctx, { amount }: { amount: number }) => ctx.state.balance + amount },
  })
  const split = (_ctx: Context, { amount }: { amount: number }) =>
    Value.of()
      .effects(['a', 'b'].map((name) => effect(account, name).deposit({ amount: amount / 2 })))
      .broadcast({ channel: 'splits', payload: { amount } })
      .response({ amount })
      .pipe(account, 'deposit', 'fees')
  const till = actor('till', {
    actions: { split, tick: { timer: 1_000, handler: () => Value.of().timer('tick', null) } },
  })

  // The Value itself says it all …
  const { workflow } = split(testContext(), { amount: 10 })
  assert.deepEqual(workflow?.effects, [
    effect(account, 'a').deposit({ amount: 5 }),
    effect(account, 'b').deposit({ amount: 5 }),
  ])
  // … and so does the action as its host runs it.
  const outcome = await runAction(till, 'split', { payload: { amount: 10 } })
  assert.deepEqual(outcome.workflow, {
    effects: [
      effect('a', 'deposit', { amount: 5 }, { ref: 'account' }),
      effect(account, 'b').deposit({ amount: 5 }),
    ],
    broadcasts: [{ channel: 'splits', payload: { amount: 10 } }],
    route: { kind: 'pipe', to: 'fees', ref: 'account', action: 'deposit' },
    timers: null,
  })
  const own: { amount: number } = outcome.response
  assert.deepEqual(own, { amount: 10 })
  assert.deepEqual((await runAction(till, 'tick', {})).workflow?.timers, { tick: null })
})

test('calls for later are answered by the test, too', async () => {
  const ctx = testContext({ answer: (name, { delayMs, receipt }) => ({ name, delayMs, receipt }) })
  assert.deepEqual(await ctx.invoke('bank', { action: 'pay', delay: 5 }), {
    name: 'bank',
    delayMs: 5,
    receipt: undefined,
  })
  assert.deepEqual(await ctx.invoke('bank', { action: 'pay', receipt: true }), {
    name: 'bank',
    delayMs: undefined,
    receipt: true,
  })
})
