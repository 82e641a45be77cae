// The bytes of a reply that is kept under an idempotency key, on their way to the store.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { jsonCodec, JSON_TYPE_URL, versionedCodec } from '../../src/protocol/index.ts'
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

test('the first answer comes again when its bytes were those of a state with a version, and in its own order when not', async () => {
  const text = 'x'.repeat(100)
  const handlers = {
    say: () => ({ changed: true, state: { text, total: 7 }, response: { text, total: 7 } }),
    turn: () => ({ changed: true, state: { text, total: 8 }, response: { total: 8, text } }),
  }
  const stored = versionedCodec(jsonCodec, { version: 3, steps: new Map() })
  const state = { codec: jsonCodec, stored, initial: () => ({ text: '', total: 0 }) }
  const { call, store } = await bench({ definitions: [counter('counter', { handlers, state })] })
  const actions = ['say', 'turn', 'say', 'turn']
  const answers: string[] = []
  for (const action of actions)
    answers.push(JSON.stringify(await call('a', 'counter', action, { idempotencyKey: action })))
  const [first, second] = [`{"text":"${text}","total":7}`, `{"total":8,"text":"${text}"}`]
  assert.deepEqual(answers, [first, second, first, second])
  const kept = store.groups.flat().map(({ outcomes, state: next }) => ({ reply: outcomes[0]?.reply, next }))
  const types = { reply: `spawn.of.3/say${JSON_TYPE_URL}`, state: `spawn.v3/${JSON_TYPE_URL}` }
  assert.deepEqual({ reply: kept[0]?.reply?.typeUrl, state: kept[0]?.next?.typeUrl }, types)
  assert.deepEqual(
    kept.map(({ next, reply }) => reply?.value === next?.value),
    [true, false],
  )
})
