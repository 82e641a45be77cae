import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type ErrorCode, isSpawnError } from '../../base/index.ts'
import { actor, Value } from '../../sdk/index.ts'
import { runAction } from '../../testing/test-context.ts'

const coded = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(isSpawnError(error), String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

test('the workflow of a Value is that of the outcome, with its payloads as they are', async () => {
  const payload = { live: 'payload' }
  const sender = actor('sender', {
    actions: {
      send: () => Value.of().effect('other', 'take', payload).broadcast({ channel: 'c' }).timer('tick', 50),
      later: async () => Value.of().pipe('other', 'take'),
      nothing: () => Value.of(),
    },
  })
  const { workflow } = await runAction(sender, 'send', {})
  const expected = Value.of().effect('other', 'take', payload).broadcast({ channel: 'c' }).timer('tick', 50)
  assert.deepEqual(workflow, expected.workflow)
  assert.equal(workflow?.effects[0]?.payload, payload)
  const { workflow: later } = await runAction(sender, 'later', {})
  assert.deepEqual(later?.route, { kind: 'pipe', to: 'other', action: 'take' })
  assert.equal((await runAction(sender, 'nothing', {})).workflow, null)
})

test('a wrong use of this package is the fault of the handler, not of its caller', async () => {
  const careless = actor('careless', {
    actions: {
      // @ts-expect-error a second route
      routes: () => Value.of().pipe('a', 'b').pipe('c', 'd'),
      // @ts-expect-error misspelt
      calls: (ctx) => ctx.invoke('other', { action: 'x', dealy: 5 }),
      refuses: (_ctx, options: { delay: number }) => Value.of().effect('other', 'x', null, options),
    },
  })
  await assert.rejects(
    runAction(careless, 'routes', {}),
    coded('ACTION_FAILED', /^"careless" action "routes" failed: a Value goes one way: it has a pipe to "a"/),
  )
  await assert.rejects(
    runAction(careless, 'calls', {}),
    coded(
      'ACTION_FAILED',
      /^"careless" action "calls" failed: the call of "other" has an unknown option "dealy"/,
    ),
  )
  await assert.rejects(
    runAction(careless, 'refuses', { payload: { delay: -1 } }),
    coded('ACTION_FAILED', /^"careless" action "refuses" failed: the effect on "other" has a bad `delay`/),
  )
})
