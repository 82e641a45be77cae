// What turns set in motion, with real processes: tokens go round a ring by effects, and a thousand calls come later, while
// the server is killed with -9. Longer forms are in test/slow/crash.test.ts; by hand: node test/crash/main.ts --of ring

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { ringOrdeal } from './ring-ordeal.ts'
import { scheduleOrdeal } from './schedule-ordeal.ts'

test('no token is lost or doubled, and none overtakes another, when the server is killed three times', async (context) => {
  const seed = randomInt(1_000_000)
  const { passes, tokens, violations } = await ringOrdeal({ seed, kills: 3, lifeMs: 500 })
  context.diagnostic(`seed ${seed}: ${tokens} tokens were passed on ${passes} times`)
  assert.deepEqual(violations, [], `seed ${seed}`)
  assert.ok(passes > 300, `only ${passes} passes: the server hardly lived`)
})

test('a thousand schedules run exactly once when the server is killed three times meanwhile', async (context) => {
  const seed = randomInt(1_000_000)
  const told = await scheduleOrdeal({ seed, kills: 3, lifeMs: 700 })
  const { acknowledged, ran, unknown, violations } = told
  context.diagnostic(`seed ${seed}: ${acknowledged} acknowledged, ${unknown} unknown, ${ran} ran`)
  assert.deepEqual(violations, [], `seed ${seed}`)
  assert.ok(acknowledged > 900, `only ${acknowledged} schedules were acknowledged`)
})
