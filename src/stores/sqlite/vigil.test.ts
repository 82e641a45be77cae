// How long the store's thread waits awake, on a time that each look moves on.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Vigil } from './vigil.ts'

/** A vigil whose every look at the time takes ten microseconds; `comesAfter` looks a request is there. */
function watched() {
  const state = { nowMs: 0, looks: 0, comesAfter: Number.POSITIVE_INFINITY }
  const vigil = new Vigil<string>({
    receive: () => (++state.looks > state.comesAfter ? 'request' : undefined),
    nowMs: () => (state.nowMs += 0.01),
  })
  const next = (): string | undefined => {
    state.looks = 0
    return vigil.next()
  }
  return { state, vigil, next }
}

test('a request that comes soon is taken awake', () => {
  const { next, state } = watched()
  state.comesAfter = 5
  assert.equal(next(), 'request')
  assert.equal(state.looks, 6)
})

test('a vigil ends after a moment', () => {
  const { next, state } = watched()
  const fromMs = state.nowMs
  assert.equal(next(), undefined)
  assert.ok(state.nowMs - fromMs < 1.1, `it took ${state.nowMs - fromMs} ms`)
  assert.ok(state.looks > 10)
})

test('vigils in vain are given up', () => {
  const { next, state } = watched()
  for (let at = 0; at < 3; at += 1) assert.equal(next(), undefined)
  assert.equal(next(), undefined)
  assert.equal(state.looks, 0)
})

test('one that was not in vain makes up for those before', () => {
  const { next, state } = watched()
  for (let at = 0; at < 2; at += 1) next()
  state.comesAfter = 1
  assert.equal(next(), 'request')
  state.comesAfter = Number.POSITIVE_INFINITY
  for (let at = 0; at < 3; at += 1) {
    next()
    assert.ok(state.looks > 0)
  }
})

test('after a short sleep it watches again, after a long one it does not', () => {
  const { next, state, vigil } = watched()
  for (let at = 0; at < 4; at += 1) next()
  state.nowMs += 2
  vigil.woken()
  next()
  assert.equal(state.looks, 0)
  vigil.woken()
  next()
  assert.ok(state.looks > 0)
})
