import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, seededRandom } from '../../base/index.ts'
import { IdFilter } from './id-filter.ts'

test('an id that stands is never denied, whatever came and went', () => {
  const filter = new IdFilter()
  const standing = new Set<string>()
  const random = seededRandom(1)
  assert.equal(filter.mayHave('a'), false)
  for (let step = 0; step < 20_000; step += 1) {
    const id = `${'x'.repeat(step % 60)} ${below(random, 500)}`
    if (standing.has(id)) {
      assert.ok(filter.mayHave(id))
      filter.remove(id)
      standing.delete(id)
    } else {
      filter.add(id)
      standing.add(id)
    }
  }
  for (const id of standing) assert.ok(filter.mayHave(id))
  for (const id of standing) filter.remove(id)
  for (const id of standing) assert.ok(!filter.mayHave(id))
})

test('few of the ids that do not stand are taken for some that do', () => {
  const filter = new IdFilter()
  for (let at = 0; at < 20_000; at += 1) filter.add(`a-schedule-${at}`)
  let taken = 0
  for (let at = 20_000; at < 40_000; at += 1) if (filter.mayHave(`a-schedule-${at}`)) taken += 1
  assert.ok(taken < 1_000, `${taken} of 20,000`)
})

test('a bucket that is full stays full', () => {
  const filter = new IdFilter()
  for (let at = 0; at < 300; at += 1) filter.add('a')
  for (let at = 0; at < 299; at += 1) filter.remove('a')
  assert.ok(filter.mayHave('a'))
})
