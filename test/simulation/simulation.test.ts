// The promises of the engine, over many seeds: the next ones are in test/slow/, `npm run sim -- --seeds N --seed S` runs more. A seed that once failed
// stands in seeds.test.ts under the name of what was wrong.

import assert from 'node:assert/strict'
import { aside } from '../aside.ts'
import { logOf, simulate } from './simulate.ts'

const test = aside(import.meta.url)

const SEEDS = 300
const SEEDS_PER_TEST = 100

for (let first = 1; first <= SEEDS; first += SEEDS_PER_TEST) {
  const last = first + SEEDS_PER_TEST - 1
  test(`every promise holds for seeds ${first} to ${last}`, async () => {
    let entries = 0
    for (let seed = first; seed <= last; seed += 1) {
      const verdict = await simulate(seed)
      entries += verdict.entries
      assert.deepEqual(verdict.violations, [], `seed ${seed}; replay: npm run sim -- --seed ${seed} --log`)
    }
    assert.ok(entries > 20 * SEEDS_PER_TEST, `only ${entries} turns left an entry: the seeds try nothing`)
  })
}

test('who follows the facts and keeps its position misses none and sees none twice, whatever dies', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { violations } = await simulate(seed, { followed: true })
    assert.deepEqual(violations, [], `seed ${seed}, followed`)
  }
})

test('a seed gives the same simulation every time, to the last step', async () => {
  for (const seed of [3, 25, 141, 206]) {
    const first = await simulate(seed)
    const second = await simulate(seed)
    assert.equal(second.steps, first.steps)
    assert.equal(logOf(second), logOf(first), `seed ${seed} differs from itself`)
  }
})

test('the seeds reach what they are for: every code of failure, every event', async () => {
  const codes = new Set<string>()
  const fates = new Set<string>()
  for (let seed = 1; seed <= 150; seed += 1) {
    const { history, storeLog } = await simulate(seed)
    for (const { answer } of history.ops) if (answer?.ok === false) codes.add(answer.code)
    for (const { event } of storeLog) fates.add(event)
  }
  const expected = [
    'ACTION_FAILED',
    'ACTOR_NOT_FOUND',
    'CALL_CYCLE',
    'CANCELLED',
    'DEADLINE_EXCEEDED',
    'DRAINING',
    'MAILBOX_FULL',
    'STATE_CONFLICT',
    'STORE_UNAVAILABLE',
  ]
  assert.deepEqual([...codes].toSorted(), expected)
  for (const fate of ['applied', 'conflict', 'failBefore', 'failAfter', 'failThenApply', 'hang', 'dropped']) {
    assert.ok(fates.has(fate), `no store link met the fate ${fate}`)
  }
})
