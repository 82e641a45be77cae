// "Acknowledged is durable", with real processes: 64 callers, 100 actors, three times kill -9. A longer form is in
// test/slow/crash.test.ts; by hand: node test/crash/main.ts --minutes 10 --seed 7

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { ordeal } from './ordeal.ts'

test('no acknowledged add is lost and none is doubled, nor its fact, when the server is killed three times', async (context) => {
  const seed = randomInt(1_000_000)
  const { acknowledged, total, unknown, violations } = await ordeal({ seed, kills: 3, lifeMs: 600 })
  context.diagnostic(`seed ${seed}: ${acknowledged} acknowledged, ${unknown} unknown, ${total} in the end`)
  assert.deepEqual(violations, [], `seed ${seed}`)
  assert.ok(acknowledged > 60, `only ${acknowledged} adds were acknowledged: the server hardly lived`)
})

test('a server that acknowledges before it writes would be found out', async () => {
  const { violations } = await ordeal({ seed: 1, kills: 1, module: './forgetful-counter.ts' })
  assert.notDeepEqual(violations, [])
})
