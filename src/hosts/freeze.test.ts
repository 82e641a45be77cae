import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'

import { ActorStateSchema } from '../protocol/gen/spawn/actors/actor_pb.ts'
import { deepFreeze } from './freeze.ts'

test('data is frozen at any depth', () => {
  const state = { list: [{ a: 1 }], map: { b: { c: 2 } }, nothing: null }
  assert.equal(deepFreeze(state), state)
  for (const part of [state, state.list, state.list[0], state.map, state.map.b])
    assert.ok(Object.isFrozen(part))
})

test('messages are frozen, and still encode', () => {
  const message = deepFreeze(
    create(ActorStateSchema, { tags: { a: 'b' }, state: { typeUrl: 'x', value: new Uint8Array([1]) } }),
  )
  assert.ok(Object.isFrozen(message))
  assert.ok(Object.isFrozen(message.tags))
  assert.ok(Object.isFrozen(message.state))
  assert.equal(toBinary(ActorStateSchema, message).length > 0, true)
})

test('what belongs to a class of its own is left alone', () => {
  const state = { bytes: new Uint8Array(2), at: new Date(0), map: new Map() }
  deepFreeze(state)
  state.bytes[0] = 1
  assert.deepEqual([state.bytes[0], Object.isFrozen(state.at), Object.isFrozen(state.map)], [1, false, false])
})

test('a cycle ends, and primitives pass', () => {
  const loop: { self?: unknown } = {}
  loop.self = loop
  assert.ok(Object.isFrozen(deepFreeze(loop)))
  assert.equal(deepFreeze(1), 1)
  assert.equal(deepFreeze(null), null)
})

test('what was frozen before is not looked into again', () => {
  let looks = 0
  const old = deepFreeze({ inner: { n: 1 } })
  const watched = new Proxy(old, { ownKeys: (target) => ((looks += 1), Reflect.ownKeys(target)) })
  Object.freeze(watched)
  looks = 0
  Object.isFrozen(watched)
  const looksOfOneTest = looks
  looks = 0
  deepFreeze({ watched })
  assert.equal(looks, looksOfOneTest)
})
