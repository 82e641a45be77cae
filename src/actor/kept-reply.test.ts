import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ActionDefinition } from '../ports/index.ts'
import { jsonCodec, Packed, SEALED } from '../protocol/index.ts'
import { keptReply, markReply } from './kept-reply.ts'

const named = (name: string): ActionDefinition => {
  return { name, timeoutMs: null, timerMs: null, query: false, payload: jsonCodec, response: jsonCodec }
}

test('a reply comes back as it was, with its action, whatever their names', () => {
  const value = new Uint8Array([1, 2])
  for (const name of ['add', '7', '/', 'a/b.1/', '\0ä漢']) {
    const action = named(name)
    for (const typeUrl of ['type.googleapis.com/spawn.JSONType', 'x', '/', 'spawn.of.3/addx']) {
      // Also what is remembered.
      for (let time = 0; time < 2; time += 1)
        assert.deepEqual(keptReply(markReply(action, new Packed(typeUrl, value))), {
          action: name,
          reply: new Packed(typeUrl, value),
        })
    }
    assert.deepEqual(keptReply(markReply(action, null)), { action: name, reply: null })
  }
})

test('replies of one type of several actions, and of several types of one, come back in any order', () => {
  const actions = [named('add'), named('take')]
  const types = ['type.googleapis.com/spawn.JSONType', 'x']
  for (let at = 0; at < 16; at += 1) {
    const action = actions[at % 2]!
    const reply = new Packed(types[(at >> 1) % 2]!, new Uint8Array([at]))
    assert.deepEqual(keptReply(markReply(action, reply)), { action: action.name, reply })
  }
})

test('what does not say its action is of any', () => {
  const reply = new Packed('type.googleapis.com/spawn.JSONType', new Uint8Array([1]))
  assert.deepEqual(keptReply(reply), { action: null, reply })
  assert.deepEqual(keptReply(null), { action: null, reply: null })
})

test('any number of types comes back, though not all are remembered', () => {
  const action = named('add')
  for (let at = 0; at < 1_000; at += 1) {
    const reply = new Packed(`t/${at}`, new Uint8Array(0))
    assert.deepEqual(keptReply(markReply(action, reply)), { action: 'add', reply })
  }
})

test('one that is encrypted still is no reply', () => {
  for (const first of Object.values(SEALED)) {
    const { typeUrl } = markReply(named('add'), null)
    assert.throws(() => keptReply(new Packed(typeUrl, Uint8Array.of(first, 1))), { code: 'STATE_UNREADABLE' })
  }
})
