// A million calls on a thousand actors, and a million actors that come and go: memory ends where it was.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf } from '../memory/measure.ts'

for (const [shape, calls] of [
  ['calls', 1_000_000],
  ['short-lived', 1_000_000],
  ['short-lived-stored', 1_000_000],
] as const) {
  test(`memory stays flat over ${calls} calls: ${shape}`, async (context) => {
    const { bytesPerCall, held } = await growthOf(shape, calls)
    const megabytes = held.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ')
    context.diagnostic(`${bytesPerCall.toFixed(2)} bytes per call; MB held: ${megabytes}`)
    assert.ok(bytesPerCall < 2, `${bytesPerCall.toFixed(1)} bytes per call; MB held: ${megabytes}`)
  })
}
