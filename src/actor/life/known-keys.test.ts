import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, hashOf, LIMITS, seededRandom } from '../../base/index.ts'
import { Budget } from './budget.ts'
import { KnownKeys } from './known-keys.ts'

const hashes = (keys: readonly string[]): Uint32Array => Uint32Array.from(keys, hashOf)
const keysOf = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_none, at) => `order-${from + at}`)

test('nothing is fresh before the store was asked, and nothing that it has or that was used after it was', () => {
  const keys = new KnownKeys(new Budget(LIMITS))
  const random = seededRandom(3)
  assert.equal(keys.isFresh('order-1'), false)
  keys.add('lost')
  assert.ok(keys.asks() > 0)
  const stored = keysOf(500)
  keys.learn(hashes(stored))
  assert.equal(keys.asks(), 0)
  const used = new Set(stored)
  for (let step = 0; step < 5_000; step += 1) {
    const key = `order-${below(random, 10_000)}`
    assert.equal(keys.isFresh(key), !used.has(key), key)
    if (step % 3 > 0) continue
    keys.add(key)
    used.add(key)
  }
  for (const key of used) assert.ok(!keys.isFresh(key))
})

test('what is asked for in vain stays in proportion to the lookups', () => {
  const keys = new KnownKeys(new Budget(LIMITS))
  let asked = 0
  for (let lookups = 1; lookups <= 100_000; lookups += 1) {
    const limit = keys.asks()
    assert.ok(limit <= 8_192)
    asked += limit
    if (limit > 0) keys.learn(null)
    assert.ok(asked <= 128 * lookups, `${asked} keys for ${lookups} lookups`)
  }
  assert.ok(asked > 50_000, 'it is tried again')
})

test('memory is counted, bounded, and given back', () => {
  const budget = new Budget(LIMITS)
  const keys = new KnownKeys(budget)
  keys.learn(hashes(keysOf(10)))
  const few = budget.bytes
  assert.ok(few > 0 && few <= 256)
  for (const key of keysOf(98_304)) keys.add(key)
  assert.equal(budget.bytes, 524_288)
  assert.equal(keys.isFresh('order-5'), false)
  assert.equal(keys.isFresh('another'), true)
  keys.add('one-too-many')
  assert.equal(budget.bytes, 0)
  assert.equal(keys.isFresh('another'), false, 'there may be any')
  keys.learn(hashes(keysOf(100)))
  keys.forget()
  assert.equal(budget.bytes, 0)
})

test('the table has the size that its keys need, from the store at once or one by one, and keeps them as it grows', () => {
  for (const count of [1, 12, 13, 24, 25, 1_000, 8_192]) {
    const [atOnce, oneByOne] = [new Budget(LIMITS), new Budget(LIMITS)]
    const learnt = new KnownKeys(atOnce)
    learnt.learn(hashes(keysOf(count)))
    const grown = new KnownKeys(oneByOne)
    grown.learn(hashes([]))
    for (const key of keysOf(count)) grown.add(key)
    assert.equal(atOnce.bytes, oneByOne.bytes, `${count} keys`)
    for (const keys of [learnt, grown]) {
      assert.ok(keysOf(count).every((key) => !keys.isFresh(key)))
      assert.ok(keysOf(10, count).every((key) => keys.isFresh(key)))
    }
  }
})

test('what the store answers to two turns within each other adds up', () => {
  const budget = new Budget(LIMITS)
  const keys = new KnownKeys(budget)
  keys.learn(hashes(keysOf(100)))
  keys.add('order-100')
  keys.learn(hashes(keysOf(50, 75)))
  assert.equal(budget.bytes, 4 * 256)
  assert.ok(keysOf(125).every((key) => !keys.isFresh(key)))
  assert.ok(keysOf(25, 125).every((key) => keys.isFresh(key)))
})
