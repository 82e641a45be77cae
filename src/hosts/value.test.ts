import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isValue, Value } from './value.ts'

test('a Value says what it was told and leaves the rest as it was', () => {
  const value = Value.of().state({ total: 1 }).response('done').tags({ a: 'b' }).checkpoint()
  const { changed, nextState, nextTags, reply, durable } = value
  assert.deepEqual(
    { changed, nextState, nextTags, reply, durable },
    { changed: true, nextState: { total: 1 }, nextTags: { a: 'b' }, reply: 'done', durable: true },
  )
  assert.equal(Value.of().changed, false)
  assert.equal(Value.of().nextTags, null)
})

test('what a Value says does not depend on the order in which it was told', () => {
  const [one, two] = [{ a: 'b' }, { total: 1 }]
  assert.deepEqual(
    Value.of().checkpoint().tags(one).response('done').state(two),
    Value.of().state(two).response('done').tags(one).checkpoint(),
  )
})

test('Value.of takes a state, or a state and a response', () => {
  assert.deepEqual(Value.of({ total: 1 }), Value.of().state({ total: 1 }))
  assert.deepEqual(Value.of({ total: 1 }, 2), Value.of().response(2).state({ total: 1 }))
})

test('a falsy state is a state', () => {
  assert.equal(Value.of(0).changed, true)
  assert.equal(Value.of().state(null).changed, true)
})

test('a Value that is kept and used again does not change', () => {
  const base = Value.of().response('ok')
  void base.state({ total: 1 }).tags({ a: 'b' }).checkpoint()
  assert.deepEqual(base, Value.of().response('ok'))
})

test('noreply takes the response back and nothing else', () => {
  assert.deepEqual(Value.of({ total: 1 }, 2).checkpoint().noreply(), Value.of({ total: 1 }).checkpoint())
})

test('Values are told apart from responses that look like them', () => {
  assert.ok(isValue(Value.of()))
  assert.ok(!isValue({ changed: true, nextState: 1, nextTags: null, reply: 1, durable: false }))
  assert.ok(!isValue(undefined))
  assert.ok(!isValue('text'))
})
