// Restores with real processes: documents are written to and restored while the server is killed with -9. A longer
// form is in test/slow/crash.test.ts; by hand: node test/crash/main.ts --of past

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { pastOrdeal } from './past-ordeal.ts'

test('every revision is what it was said to be when the server is killed three times meanwhile', async (context) => {
  const seed = randomInt(1_000_000)
  const { adds, restores, unknown, violations } = await pastOrdeal({ seed, kills: 3, lifeMs: 500 })
  context.diagnostic(`seed ${seed}: ${adds} adds, ${restores} restores, ${unknown} of them unknown`)
  assert.deepEqual(violations, [], `seed ${seed}`)
  assert.ok(restores > 50 && unknown > 0, `only ${restores} restores and ${unknown} unknown: it hardly lived`)
})
