// Faults at every statement of the workload. The short form takes some of the statements, others in each run; the long form
// takes all, with second faults behind the first ones, and storms.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, test, type TestContext } from 'node:test'
import { type Fault, FAULTS } from './link.ts'
import { sweepParts } from './parts-sweep.ts'
import { storm } from './storm.ts'
import { sweepStore } from './store-sweep.ts'
import type { FaultSubject } from './subject.ts'
import { sweep, type SweepOptions } from './sweep.ts'

/** Of the statements, in the short form. */
const EVERY_NTH = 8
/** With these something is settled, and then the second one meets that. */
const UNKNOWN: readonly Fault[] = ['loseAnswer', 'cutBehind', 'cutAnswer', 'late', 'stall']
/** These take no time. */
const QUICK: readonly Fault[] = ['cutBefore', 'loseAnswer', 'cutBehind', 'late', 'refuse']

type What = Omit<SweepOptions, 'subject' | 'database' | 'from'>

export function sweepSuite(subject: FaultSubject): void {
  describe('every fault at statements of a workload', () => {
    test('is not seen by callers while the outage time lasts', (context) =>
      swept(context, subject, { faults: FAULTS, step: EVERY_NTH }))
    test('is told with outage 0, and nothing is lost or done twice', (context) =>
      swept(context, subject, { faults: QUICK, step: EVERY_NTH, outageMs: 0 }))
    test('and another one at the next statement', (context) =>
      swept(context, subject, { faults: ['loseAnswer'], next: 'loseAnswer', step: EVERY_NTH }))
  })
  stormTest(subject, 1, 2_000)
}

export function longSweepSuite(subject: FaultSubject, storms: number): void {
  describe('every fault at every statement of a workload', () => {
    test('is not seen by callers while the outage time lasts', (context) =>
      swept(context, subject, { faults: FAULTS }))
    test('is told with outage 0, and nothing is lost or done twice', (context) =>
      swept(context, subject, { faults: FAULTS, outageMs: 0 }))
    for (const next of FAULTS) {
      test(`and ${next} at the next statement`, (context) =>
        swept(context, subject, { faults: UNKNOWN, next }))
      test(`and ${next} at the next statement, with outage 0`, (context) =>
        swept(context, subject, { faults: UNKNOWN, next, outageMs: 0 }))
    }
  })
  test('every fault at every statement of a group of several packets', async (context) => {
    const met = await sweepParts(subject, { faults: FAULTS })
    context.diagnostic(`${met} faults`)
    assert.ok(met >= FAULTS.length, `only ${met} statements have met a fault`)
  })
  test('every fault at every statement of listings, tools and pruning', async (context) => {
    const met = await sweepStore(subject)
    context.diagnostic(`${met} faults`)
    assert.ok(met > 100, `only ${met} statements have met a fault`)
  })
  stormTest(subject, storms, 5_000)
}

async function swept(context: TestContext, subject: FaultSubject, what: What): Promise<void> {
  const from = randomInt(what.step ?? 1)
  const database = await subject.takeDatabase()
  const { errors, met, rounds, violations } = await sweep({ ...what, subject, database, from })
  const faults = [...met.values()].reduce((sum, count) => sum + count, 0)
  context.diagnostic(`from ${from}: ${rounds} rounds, ${faults} faults, ${JSON.stringify([...errors])}`)
  assert.deepEqual(violations, [])
  assert.ok(faults >= what.faults.length, 'hardly a statement has met anything')
  if (what.outageMs !== 0) assert.deepEqual([...errors], [], 'callers were told of faults that pass')
  await database.release()
}

function stormTest(subject: FaultSubject, storms: number, lastsMs: number): void {
  test('in a storm of faults nothing is lost and nothing is done twice, and service returns when it is over', async (context) => {
    for (let count = 0; count < storms; count += 1) {
      const seed = randomInt(1_000_000)
      const database = await subject.takeDatabase()
      const { acknowledged, errors, faults, violations } = await storm({ subject, database, seed, lastsMs })
      context.diagnostic(
        `seed ${seed}: ${acknowledged} acknowledged, ${faults} faults, ${JSON.stringify([...errors])}`,
      )
      assert.deepEqual(violations, [], `seed ${seed}`)
      await database.release()
    }
  })
}
