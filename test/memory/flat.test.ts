// Memory stays flat however many calls are made and however many actors come and go. The full form, with a million of
// each, is test/slow/memory.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf } from './measure.ts'

/** Less than the smallest object with one field, so that nothing can leak once per call. */
const FLAT_BYTES_PER_CALL = 10

for (const shape of ['calls', 'short-lived'] as const) {
  test(`memory stays flat: ${shape}`, async () => {
    const { bytesPerCall, text } = await growthOf(shape, 100_000)
    assert.ok(bytesPerCall < FLAT_BYTES_PER_CALL, text)
  })
}

test('calls for later that wait take no memory', async () => {
  const { bytesPerCall, text } = await growthOf('pending', 35_000)
  assert.ok(bytesPerCall < FLAT_BYTES_PER_CALL, text)
})

test('a leak of one reply per call would be seen', async () => {
  const { bytesPerCall, text } = await growthOf('calls', 50_000, true)
  assert.ok(bytesPerCall > FLAT_BYTES_PER_CALL, text)
})
