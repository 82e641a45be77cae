// That a thread's times are its own, and add up.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { monotonicMs } from './clock.ts'
import { threadTime } from './thread-time.ts'

test('a thread that works does not sleep, and runs for no more than that time', () => {
  const from = threadTime()
  while (monotonicMs() - from.nowMs < 40);
  const to = threadTime()
  assert.ok(to.nowMs - from.nowMs >= 40)
  assert.equal(to.asleepMs, from.asleepMs)
  const ranMs = to.runningMs - from.runningMs
  assert.ok(ranMs > 0 && ranMs < to.nowMs - from.nowMs + 10, `${ranMs} ms`)
})
