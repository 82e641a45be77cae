// How much turns of one actor bring into a commit that waits to leave: what they send, and what is kept of their replies.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Turn } from '../../src/ports/index.ts'
import { bench, counter, setTotal, totalOf } from './fixture.ts'

test('turns of one actor share a commit until what they send and keep weighs as much as a group', async () => {
  const payload = 'x'.repeat(1_000)
  const effects = [{ to: 'other', ref: 'counter', action: 'read', payload }]
  const workflow = { effects, broadcasts: [], route: null, timers: null }
  const handlers = {
    send: (turn: Turn) => ({ ...setTotal(totalOf(turn) + 1), workflow }),
    only: () => ({ workflow }),
    keep: (turn: Turn) => ({ ...setTotal(totalOf(turn) + 1), response: payload }),
  }
  for (const action of ['send', 'only', 'keep']) {
    const at = await bench({
      definitions: [counter('counter', { handlers })],
      limits: { commitGroupBytes: 10_000 },
    })
    const { clock, runtime, store } = at
    store.hold()
    const first = runtime.invoke('b', { ref: 'counter', action: 'add' })
    await clock.settle()
    const calls = Array.from({ length: 40 }, (_, n) =>
      runtime.invoke('a', {
        ref: 'counter',
        action,
        ...(action === 'keep' && { idempotencyKey: `key-${n}` }),
      }),
    )
    await clock.settle()
    store.release()
    await clock.run(Promise.all([first, ...calls]))
    const weights = store.groups.flat().map(({ outcomes, sends }) => 1_512 * (outcomes.length + sends.length))
    assert.ok(Math.max(...weights) <= 11_512 && weights.length < 20, `${action}: ${weights.join()}`)
    assert.equal(
      weights.reduce((sum, weight) => sum + weight, 0),
      40 * 1_512,
    )
    const total = action === 'only' ? 0 : 40
    assert.equal(await at.call('a', 'counter', 'read'), total)
  }
})
