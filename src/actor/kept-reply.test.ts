import assert from 'node:assert/strict'
import { test } from 'node:test'

import { seededRandom } from '../base/index.ts'
import type { ActionDefinition } from '../ports/index.ts'
import { jsonCodec, Packed, SEALED } from '../protocol/index.ts'
import { areAlike, keptReply, markReply } from './kept-reply.ts'

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

const inner = { list: [1] }

test('a reply is the state when both are flat, of one content in one order, or have the same inside', () => {
  assert.ok(areAlike({ total: 1 }, { total: 1 }))
  assert.ok(areAlike({}, {}))
  assert.ok(areAlike(inner, inner))
  const first = { name: 'a', open: true, none: null, left: undefined, zero: 0, inner }
  const second = { name: 'a', open: true, none: null, left: undefined, zero: -0, inner }
  assert.ok(areAlike(first, second))
  assert.equal(JSON.stringify(first), JSON.stringify(second))
})

test('a reply that could be another text than the state is not', () => {
  const toJSON = function (this: { total: number }): number {
    return this.total
  }
  class Own {
    total = 1
  }
  const inherits = Object.create({ total: 1 }) as object
  const unlike: readonly (readonly [unknown, unknown])[] = [
    [{ total: 1 }, { total: 2 }],
    [{ total: 1 }, { total: '1' }],
    [{ total: 1 }, { sum: 1 }],
    [{ total: 1 }, { total: 1, more: 1 }],
    [{ total: 1, more: 1 }, { total: 1 }],
    [
      { a: 1, b: 1 },
      { b: 1, a: 1 },
    ],
    [{ inner }, { inner: { list: [1] } }],
    [{ total: Number.NaN }, { total: Number.NaN }],
    [
      { total: 1, toJSON },
      { total: 1, toJSON },
    ],
    [new Own(), new Own()],
    [new Own(), { total: 1 }],
    [{ total: 1 }, inherits],
    [inherits, { total: 1 }],
    [[1], [1]],
    [{ 0: 1 }, [1]],
    [{}, null],
    [null, null],
    [1, 1],
    [undefined, undefined],
    [{ total: 1 }, undefined],
  ]
  for (const [first, second] of unlike) {
    assert.ok(!areAlike(first, second), String(unlike.findIndex((pair) => pair[0] === first)))
  }
})

test('a reply that is the state is one text with it, whatever they are', () => {
  const random = seededRandom(12)
  const pick = (count: number): number => Math.floor(random.next() * count)
  const values = [0, -0, 1, '', 'a', null, undefined, true, inner, { list: [1] }, [], Number.NaN]
  const object = (): object => {
    const made: Record<string, unknown> = {}
    for (let left = pick(4); left > 0; left -= 1) made['abc1'.charAt(pick(4))] = values[pick(values.length)]
    return made
  }
  let alike = 0
  for (let round = 0; round < 20_000; round += 1) {
    const [first, second] = [object(), object()]
    if (!areAlike(first, second)) continue
    alike += 1
    assert.equal(JSON.stringify(first), JSON.stringify(second))
  }
  assert.ok(alike > 200, `${alike} are enough to say something`)
})
