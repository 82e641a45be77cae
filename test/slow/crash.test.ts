// The crash test for minutes instead of seconds, with lives of all lengths: from killed while starting to long enough for
// a file that has grown.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { ordeal } from '../crash/ordeal.ts'
import { pastOrdeal } from '../crash/past-ordeal.ts'
import { ringOrdeal } from '../crash/ring-ordeal.ts'
import { scheduleOrdeal } from '../crash/schedule-ordeal.ts'
import { wireOrdeal } from '../crash/wire-ordeal.ts'

for (const [what, kills, lifeMs] of [
  ['killed as soon as it lives', 60, 60],
  ['killed in the middle of its work', 60, 1_500],
  ['killed after a long life', 6, 20_000],
] as const) {
  test(`nothing is lost: ${what}`, async (context) => {
    const seed = randomInt(1_000_000)
    const { acknowledged, total, unknown, violations } = await ordeal({ seed, kills, lifeMs })
    context.diagnostic(`seed ${seed}: ${acknowledged} acknowledged, ${unknown} unknown, ${total} in the end`)
    assert.deepEqual(violations, [], `seed ${seed}`)
  })
}

for (const [what, kills, lifeMs] of [
  ['killed as soon as it lives', 60, 60],
  ['killed in the middle of its work', 60, 1_500],
] as const) {
  test(`no token is lost or doubled: ${what}`, async (context) => {
    const seed = randomInt(1_000_000)
    const { passes, tokens, violations } = await ringOrdeal({ seed, kills, lifeMs })
    context.diagnostic(`seed ${seed}: ${tokens} tokens were passed on ${passes} times`)
    assert.deepEqual(violations, [], `seed ${seed}`)
  })
}

for (const [what, kills, lifeMs] of [
  ['killed as soon as they live', 60, 60],
  ['killed in the middle of their work', 60, 1_500],
] as const) {
  test(`nothing is lost between a proxy and its host: ${what}`, async (context) => {
    const seed = randomInt(1_000_000)
    const { acknowledged, total, unknown, violations } = await wireOrdeal({ seed, kills, lifeMs })
    context.diagnostic(`seed ${seed}: ${acknowledged} acknowledged, ${unknown} unknown, ${total} in the end`)
    assert.deepEqual(violations, [], `seed ${seed}`)
  })
}

test('ten thousand schedules run exactly once while the server is killed again and again', async (context) => {
  const seed = randomInt(1_000_000)
  const told = await scheduleOrdeal({ seed, kills: 40, lifeMs: 1_200, schedules: 10_000, windowMs: 60_000 })
  context.diagnostic(
    `seed ${seed}: ${told.acknowledged} acknowledged, ${told.unknown} unknown, ${told.ran} ran`,
  )
  assert.deepEqual(told.violations, [], `seed ${seed}`)
})

test('every revision is what it was said to be while the server is killed again and again', async (context) => {
  const seed = randomInt(1_000_000)
  const { adds, restores, unknown, violations } = await pastOrdeal({ seed, kills: 40, lifeMs: 800 })
  context.diagnostic(`seed ${seed}: ${adds} adds, ${restores} restores, ${unknown} of them unknown`)
  assert.deepEqual(violations, [], `seed ${seed}`)
})
