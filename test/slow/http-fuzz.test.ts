// A hundred thousand wrong requests against one listener.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { wrongRequests } from '../http/fuzz.ts'

test('a hundred thousand wrong requests', async () => {
  const refusals = await wrongRequests(50_000)
  assert.ok(refusals >= 100_000, `only ${refusals} requests were refused`)
})
