// Ten thousand wrong requests; a hundred thousand are in test/slow/http-fuzz.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { wrongRequests } from './fuzz.ts'

test('ten thousand wrong requests', { timeout: 120_000 }, async () => {
  const refusals = await wrongRequests(5_000)
  assert.ok(refusals >= 10_000, `only ${refusals} requests were refused`)
})
