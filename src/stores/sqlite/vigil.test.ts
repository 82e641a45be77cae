// How long the store's thread waits awake, on a time that each look moves on.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Vigil } from './vigil.ts'

const NEVER = Number.POSITIVE_INFINITY

/** A vigil whose every look at the time takes ten microseconds; a request is there after `comesAfter` looks for one. */
function watched() {
  const state = { nowMs: 0, looks: 0, listened: 0, comesAfter: NEVER }
  const vigil = new Vigil<string>({
    // It is listened to sixteen times between two looks at the time; once in these there is something.
    bell: () => Math.floor((state.listened += 1) / 16),
    receive: () => (++state.looks > state.comesAfter ? 'request' : undefined),
    nowMs: () => (state.nowMs += 0.01),
  })
  const next = (): string | undefined => {
    state.looks = 0
    return vigil.next()
  }
  /** Answers whether it waited awake for a request that comes so long after the answer before. */
  const watchesFor = (pauseMs: number): boolean => {
    const fromMs = state.nowMs
    state.comesAfter = pauseMs / 0.01
    if (next() === undefined) {
      state.nowMs = Math.max(state.nowMs, fromMs + pauseMs)
      vigil.woken()
    }
    return state.looks > 0
  }
  return { state, vigil, next, watchesFor }
}

test('a request that comes soon is taken awake', () => {
  const { next, state } = watched()
  state.comesAfter = 5
  assert.equal(next(), 'request')
  assert.equal(state.looks, 6)
})

test('a vigil ends after a millisecond', () => {
  const { next, state } = watched()
  const fromMs = state.nowMs
  assert.equal(next(), undefined)
  assert.ok(state.nowMs - fromMs < 1.1, `it took ${state.nowMs - fromMs} ms`)
  assert.ok(state.looks > 10)
})

test('nothing is looked for that was not rung for, but at first', () => {
  const state = { nowMs: 0, bell: 7, looks: 0 }
  const vigil = new Vigil<string>({
    bell: () => state.bell,
    receive: () => (++state.looks > 2 ? 'request' : undefined),
    nowMs: () => {
      if ((state.nowMs += 0.01) > 0.5) state.bell = 9
      if (state.nowMs > 0.8) state.bell = 10
      return state.nowMs
    },
  })
  assert.equal(vigil.next(), 'request')
  assert.equal(state.looks, 3)
  assert.ok(state.nowMs > 0.8 && state.nowMs < 0.85)
})

test('vigils in vain are given up, and stay so while pauses are long', () => {
  const { watchesFor } = watched()
  const watched100 = Array.from({ length: 100 }, () => watchesFor(2))
  assert.deepEqual(watched100, [...Array<boolean>(4).fill(true), ...Array<boolean>(96).fill(false)])
})

test('what comes at the end of them each time costs vigils no longer', () => {
  const { watchesFor } = watched()
  for (let at = 0; at < 30; at += 1) watchesFor(0.9)
  for (let at = 0; at < 100; at += 1) assert.equal(watchesFor(0.9), false)
})

test('one pause that is long does not end them', () => {
  const { watchesFor } = watched()
  for (let at = 0; at < 100; at += 1) assert.ok(watchesFor(0.3))
  watchesFor(10_000)
  for (let at = 0; at < 100; at += 1) assert.ok(watchesFor(0.3))
})

test('after some short sleeps it waits awake again', () => {
  const { watchesFor } = watched()
  for (let at = 0; at < 1_000; at += 1) watchesFor(100)
  let requests = 1
  while (requests < 100 && !watchesFor(0.1)) requests += 1
  assert.ok(requests > 2 && requests < 15, `after ${requests} requests`)
})

test('sleep that it was not asked for does not count', () => {
  const { state, vigil, watchesFor } = watched()
  watchesFor(2)
  for (let at = 0; at < 100; at += 1) {
    vigil.woken()
    state.nowMs += 100
  }
  assert.ok(watchesFor(0.1))
})
