// The bytes of a reply that is kept under an idempotency key, on their way to the store.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bench, counter } from './fixture.ts'

test('a reply that is kept may share its buffer with others, and its bytes with the state that it says', async () => {
  const text = 'x'.repeat(1_000)
  const total = { total: 7 }
  const handlers = {
    fill: () => ({ changed: true, state: total, response: text }),
    say: () => ({ changed: true, state: total, response: { total: 7 } }),
  }
  const { clock, runtime, store } = await bench({ definitions: [counter('counter', { handlers })] })
  for (const action of ['fill', 'say'])
    await clock.run(runtime.invoke('a', { ref: 'counter', action, idempotencyKey: action }))
  const [long, short] = store.groups
    .flat()
    .map(({ outcomes, state }) => ({ reply: outcomes[0]?.reply, state }))
  assert.ok(long?.reply && long.reply.value.length > text.length)
  assert.ok(long.reply.value.buffer.byteLength > long.reply.value.length)
  assert.ok(short?.reply && short.reply.value === short.state?.value)
})
