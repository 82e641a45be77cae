// How long the store's thread waits awake, on a time that each look moves on.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Vigil } from './vigil.ts'

const NEVER = Number.POSITIVE_INFINITY

const NOTHING = (): boolean => false

/** A vigil whose every look at the time takes ten microseconds; a request is there after `comesAfter` looks for one. */
function watched() {
  const state = { nowMs: 0, looks: 0, comesAfter: NEVER }
  const vigil = new Vigil<string>({
    receive: () => {
      state.looks += 1
      if (state.looks <= state.comesAfter) return undefined
      state.comesAfter = NEVER
      return 'request'
    },
    nowMs: () => (state.nowMs += 0.01),
  })
  const next = (): string | undefined => {
    state.looks = 0
    return vigil.next(NOTHING)
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

/**
 * The same with other work to do, in steps of twenty microseconds; when each slice has ended, another thirty are gone.
 *
 * @returns how the pause went, for a request that comes so long after the answer before.
 */
function worked(slices = NEVER) {
  const { state, vigil, watchesFor } = watched()
  const pause = (pauseMs: number) => {
    const fromMs = state.nowMs
    let left = slices
    let steps = 0
    let endedMs = 0
    const took = vigil.next((goesOn) => {
      if (left === 0) return false
      left -= 1
      state.comesAfter = 0
      do {
        steps += 1
        state.nowMs += 0.02
        state.looks = state.nowMs - fromMs < pauseMs ? -1 : 0
      } while (goesOn())
      state.nowMs += 0.03
      endedMs = state.nowMs - fromMs
      // Unless it has come.
      if (state.comesAfter === 0) state.comesAfter = Math.max(0, pauseMs - endedMs) / 0.01
      state.looks = 0
      return true
    })
    return { took, steps, endedMs, tookMs: state.nowMs - fromMs }
  }
  return { pause, watchesFor }
}

test('other work has ended when the next request is expected', () => {
  const { pause, watchesFor } = worked()
  for (let at = 0; at < 50; at += 1) watchesFor(0.5)
  for (let at = 0; at < 50; at += 1) {
    const { endedMs, steps, took, tookMs } = pause(0.5)
    assert.equal(took, 'request')
    assert.ok(steps > 8, `${steps} steps of work`)
    assert.ok(endedMs < 0.45 && tookMs < 0.55, `work until ${endedMs} ms, and the request after ${tookMs}`)
  }
})

test('it ends at once when a request comes sooner', () => {
  const { pause, watchesFor } = worked()
  for (let at = 0; at < 50; at += 1) watchesFor(0.5)
  const { took, tookMs } = pause(0.1)
  assert.equal(took, 'request')
  assert.ok(tookMs < 0.18, `taken after ${tookMs} ms`)
})

test('and is the less, the sooner requests come, but never nothing', () => {
  const { pause } = worked()
  const steps = Array.from({ length: 100 }, () => pause(0.01).steps)
  assert.deepEqual(new Set(steps), new Set([1]))
})

test('when there is no more of it, the rest of the pause is a vigil', () => {
  const { pause, watchesFor } = worked(1)
  for (let at = 0; at < 50; at += 1) watchesFor(0.1)
  const { steps, took, tookMs } = pause(0.4)
  assert.deepEqual([steps, took], [3, 'request'])
  assert.ok(tookMs >= 0.39 && tookMs < 0.45, `taken after ${tookMs} ms`)
})

test('while requests are not expected soon, there is more time, but not for ever', () => {
  const { pause, watchesFor } = worked()
  for (let at = 0; at < 50; at += 1) watchesFor(10)
  const { endedMs, took } = pause(100)
  assert.equal(took, undefined)
  assert.ok(endedMs > 1.9 && endedMs < 2.1, `work until ${endedMs} ms`)
})
