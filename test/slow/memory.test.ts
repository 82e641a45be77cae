// A million calls on a thousand actors, and a million actors that come and go: memory ends where it was. So it does when a
// large store is exported and imported.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { staysFlat } from '../archive/measure.ts'
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

test('200,000 actors with history are exported and imported in flat memory', (context) =>
  staysFlat(200_000, context))
