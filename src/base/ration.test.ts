import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Ration } from './ration.ts'

test('of one kind the first ten of a second are told, and the next one says how many were left out', () => {
  let nowMs = 5_000
  const ration = new Ration<object>({ now: () => nowMs })
  const [one, other] = [{}, {}]
  const take = (times: number, kind: object): (number | null)[] =>
    Array.from({ length: times }, () => ration.take(kind))
  assert.deepEqual(take(10, one), Array(10).fill(0))
  assert.deepEqual(take(7, one), Array(7).fill(null))
  assert.deepEqual(take(1, other), [0])
  nowMs += 999
  assert.deepEqual(take(1, one), [null])
  nowMs += 1
  assert.deepEqual(take(2, one), [8, 0])
  assert.deepEqual(take(9, one), [...Array(8).fill(0), null])
  nowMs -= 60_000
  assert.deepEqual(take(1, one), [1])
})
