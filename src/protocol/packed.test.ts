import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as own from './packed.ts'

test('another copy of this package has the same classes, so that either knows what the other has packed', async () => {
  const path = './packed.ts?another-copy'
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is the same file
  const copy = (await import(path)) as typeof own
  assert.notEqual(copy.isSealed, own.isSealed)
  assert.ok(new copy.Packed('a', new Uint8Array()) instanceof own.Packed)
  assert.ok(new copy.Json(1) instanceof own.Json)
})
