import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'

import { isSpawnError } from '../base/index.ts'
import { actor, type Context, Value } from '../sdk/index.ts'
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
