import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTiming, MESH_TIMING, timingOf } from './timing.ts'

test('times that do not fit are refused; those that follow from a lease fit', () => {
  const timing = { ...MESH_TIMING, heartbeatMs: 3_000 }
  assert.throws(() => checkTiming(timing), {
    code: 'INVALID_ARGUMENT',
    message: /leaseMs \(6000\).*three times/,
  })
  assert.throws(() => checkTiming({ ...MESH_TIMING, marginMs: 0 }), { message: /marginMs/ })
  for (const leaseMs of [300, 1_000, 6_000, 600_000]) checkTiming(timingOf(leaseMs))
  const { heartbeatMs, leaseMs, marginMs, requestMs, retryMs } = MESH_TIMING
  assert.deepEqual([heartbeatMs, leaseMs, marginMs, requestMs, retryMs], [2_000, 6_000, 1_500, 1_000, 250])
  for (const wrong of [299, 600_001, NaN]) assert.throws(() => timingOf(wrong), { code: 'INVALID_ARGUMENT' })
})
