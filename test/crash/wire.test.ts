// "Acknowledged is durable" through the wire: a proxy and a host as real processes, killed in turns and together. A longer
// form is in test/slow/crash.test.ts; by hand: node test/crash/main.ts --of wire

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { wireOrdeal } from './wire-ordeal.ts'

test('no acknowledged add is lost and none is doubled when proxy and host are killed three times', async (context) => {
  const seed = randomInt(1_000_000)
  const { acknowledged, total, unknown, violations } = await wireOrdeal({ seed, kills: 3, lifeMs: 600 })
  context.diagnostic(`seed ${seed}: ${acknowledged} acknowledged, ${unknown} unknown, ${total} in the end`)
  assert.deepEqual(violations, [], `seed ${seed}`)
  assert.ok(acknowledged > 40, `only ${acknowledged} adds were acknowledged: they hardly lived`)
})

test('a proxy that acknowledges before it writes would be found out', async () => {
  const proxy = ['--durability', 'snapshot', '--snapshot-interval', '3600000']
  const { violations } = await wireOrdeal({ seed: 1, kills: 2, proxy })
  assert.notDeepEqual(violations, [])
})
