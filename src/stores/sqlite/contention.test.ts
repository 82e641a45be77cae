// When processors are found to be short, for a thread whose times are made up.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Contention } from './contention.ts'

/** A thread that lives milliseconds of each kind, and looks each millisecond. */
function living() {
  const spent = { nowMs: 1_000, asleepMs: 0, runningMs: 0 }
  let reads = 0
  const contention = new Contention(() => {
    reads += 1
    return { ...spent }
  })
  const live = (ms: number, share: { readonly running?: number; readonly asleep?: number }): boolean => {
    let isShort = false
    for (let at = 0; at < ms; at += 1) {
      spent.nowMs += 1
      spent.runningMs += share.running ?? 0
      spent.asleepMs += share.asleep ?? 0
      isShort = contention.isShort(spent.nowMs)
    }
    return isShort
  }
  return { live, reads: () => reads }
}

test('a thread that has a processor whenever it wants one is not short of it', () => {
  const { live, reads } = living()
  assert.equal(live(500, { running: 0.95 }), false)
  assert.ok(reads() < 15, `${reads()} readings`)
})

test('one that waits for half of its time is, within a tenth of a second', () => {
  assert.equal(living().live(100, { running: 0.5 }), true)
})

test('what it slept is not counted', () => {
  const { live } = living()
  assert.equal(live(1_000, { running: 0.048, asleep: 0.95 }), false)
  assert.equal(live(1_100, { running: 0.02, asleep: 0.95 }), true)
})

test('it is looked at again, and found when there are processors again', () => {
  const { live } = living()
  assert.equal(live(100, { running: 0.5 }), true)
  assert.equal(live(400, { running: 1 }), false)
})

test('who is short each time is looked at less often', () => {
  const { live, reads } = living()
  live(2_000, { running: 0.5 })
  const before = reads()
  live(4_000, { running: 0.5 })
  assert.ok(reads() - before <= 4, `${reads() - before} readings in four seconds`)
})
