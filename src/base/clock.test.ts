import assert from 'node:assert/strict'
import { test } from 'node:test'

import { systemClock } from './clock.ts'

test('a timer fires once, a cancelled one never, and a far one not at once', async () => {
  const fired: string[] = []
  await new Promise<void>((resolve) => {
    const far = systemClock.after(2 ** 40, () => fired.push('far'))
    systemClock.after(0, () => fired.push('cancelled')).cancel()
    systemClock.after(-5, () => fired.push('past'))
    systemClock.after(10, () => {
      far.cancel()
      resolve()
    })
  })
  assert.deepEqual(fired, ['past'])
})

test('a deferred task runs after the microtasks that are due', async () => {
  const order: string[] = []
  await new Promise<void>((resolve) => {
    systemClock.defer(() => {
      order.push('deferred')
      resolve()
    })
    void Promise.resolve().then(() => order.push('microtask'))
  })
  assert.deepEqual(order, ['microtask', 'deferred'])
})

test('the time that has passed does not depend on what the clock on the wall says', (context) => {
  const before = systemClock.elapsedMs()
  context.mock.timers.enable({ apis: ['Date'], now: 1_000 })
  const after = systemClock.elapsedMs()
  assert.equal(systemClock.now(), 1_000)
  assert.ok(after >= before && after - before < 60_000)
})
