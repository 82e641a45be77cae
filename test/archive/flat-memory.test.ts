// However large a store is, exporting and importing it takes the same memory: a part, and no more. With more actors in
// test/slow/memory.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAT_BYTES, growth, load, staysFlat } from './measure.ts'

test('20,000 actors with history are exported and imported in flat memory', (context) =>
  staysFlat(20_000, context))

test('a part that was kept in memory would be seen', async () => {
  const loaded = await load(15_000, true)
  assert.ok(growth(loaded, 'export') > FLAT_BYTES && growth(loaded, 'import') > FLAT_BYTES)
})
