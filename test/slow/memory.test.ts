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
    const { bufferBytes, bytesPerCall, text } = await growthOf(shape, calls)
    context.diagnostic(text)
    assert.ok(bytesPerCall < 2, text)
    assert.ok(bufferBytes < 32 * 2 ** 20, text)
  })
}
