import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Patience, QUICK_ENDS } from './patience.ts'

test('one that served for long is started again at once', () => {
  const patience = new Patience()
  for (let count = 0; count < 20; count += 1) assert.equal(patience.ended(60_000), 0)
})

test('quick ends are waited for ever longer, and too many in a row are the end', () => {
  const patience = new Patience()
  const rests = Array.from({ length: QUICK_ENDS }, (_, at) => patience.ended(at * 10))
  assert.deepEqual(rests, [100, 200, 400, 800, null])
})

test('one that served for long in between makes good for all before', () => {
  const patience = new Patience()
  for (let count = 1; count < QUICK_ENDS; count += 1) assert.notEqual(patience.ended(10), null)
  assert.equal(patience.ended(10_000), 0)
  assert.equal(patience.ended(10), 100)
})
