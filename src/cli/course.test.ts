// How far a work has come, and what is said of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpawnError } from '../base/index.ts'
import { MemoryStore } from '../stores/memory/index.ts'
import { VirtualClock } from '../testing/index.ts'
import { commitOf, envelopeOf, outsideCommit } from '../testing/statestore-fixture.ts'
import { Course, reachedText, standingRows } from './course.ts'

test('the time that is left goes by what this run has done, and not by what an earlier one did', async () => {
  const clock = new VirtualClock()
  const course = new Course(clock, 1_000, 400)
  assert.deepEqual(course.reach(0), { at: 400, of: 1_000, leftMs: null })
  await clock.advance(10_000)
  assert.deepEqual(course.reach(100), { at: 500, of: 1_000, leftMs: 50_000 })
  assert.equal(reachedText(course.reach(100)), '500 of 1,000 (50 %, about 50 s left)')
  assert.equal(reachedText(course.reach(10)), '410 of 1,000 (41 %, about 10 min left)')
  assert.equal(reachedText(course.reach(1)), '401 of 1,000 (40 %, about 2 h left)')
})

test('rows that came meanwhile are among all; what nobody counted is not said', () => {
  const clock = new VirtualClock()
  assert.deepEqual(new Course(clock, 10).reach(12), { at: 12, of: 12, leftMs: 0 })
  assert.equal(reachedText(new Course(clock, null).reach(1_200)), '1,200')
  assert.equal(reachedText(new Course(clock, 0).reach(0)), '0')
})

test('a store that cannot count in time has as many rows as nobody knows', async () => {
  const store = new MemoryStore()
  await store.start()
  const sends = [
    envelopeOf('a'),
    envelopeOf('b', { box: 'timer', dueAtMs: 1 }),
    envelopeOf('fact:c', { box: 'fact' }),
  ]
  await store.commit([commitOf('one', 0), commitOf('two', 0), outsideCommit({ sends })])
  assert.equal(await standingRows(store), 5)
  assert.equal(await standingRows({}), null)
  const holdings = (): Promise<never> =>
    Promise.reject(new SpawnError('STORE_UNAVAILABLE', 'it took too long'))
  assert.equal(await standingRows({ holdings }), null)
})
