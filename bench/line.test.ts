import assert from 'node:assert/strict'
import { test } from 'node:test'

import { barText, lineOf, quantityText } from './line.ts'
import { jsonText, tableText } from './table.ts'

const rates = (...values: number[]) => values.map((rate) => ({ rate }))
const choice = { name: 'a path', unit: '/s', metric: 'rate' } as const

test('the value is the median of the rounds, with the extremes beside it', () => {
  assert.deepEqual(lineOf(choice, rates(5, 1, 3), null).value, { min: 1, median: 3, max: 5 })
  assert.deepEqual(lineOf(choice, rates(1, 2, 4, 9), null).value, { min: 1, median: 3, max: 9 })
})

test('the ratio pairs the rounds that were run one after the other', () => {
  // The machine became slower during the run, and something disturbed one round: the medians alone would say 0.1.
  const line = lineOf(choice, rates(50, 8, 5), { name: 'limit', readings: rates(100, 80, 10) })
  assert.equal(line.ratio, 0.5)
})

test('a bar holds when all of its parts do', () => {
  const bar = { atLeast: 100, ratioAtLeast: 0.5 }
  const holds = (own: number, limit: number): boolean | null =>
    lineOf({ ...choice, bar }, rates(own), { name: 'limit', readings: rates(limit) }).holds
  assert.equal(holds(100, 200), true)
  assert.equal(holds(99, 100), false)
  assert.equal(holds(100, 201), false)
  assert.equal(
    lineOf({ ...choice, bar }, rates(1_000), null).holds,
    false,
    'a ratio needs something beside it',
  )
  assert.equal(lineOf({ ...choice, bar: { atMost: 5 } }, rates(6), null).holds, false)
  assert.equal(lineOf(choice, rates(1), null).holds, null)
})

test('what is beside a line may call it otherwise, and a line may have nothing beside it', () => {
  const own = [{ fired: 30, pendingMb: 7 }]
  const beside = { name: 'calls', readings: rates(60) }
  assert.equal(lineOf({ ...choice, metric: 'fired', besideMetric: 'rate' }, own, beside).ratio, 0.5)
  const line = lineOf(
    { ...choice, metric: 'pendingMb', besideMetric: null, bar: { atMost: 20 } },
    own,
    beside,
  )
  assert.deepEqual(
    { ratio: line.ratio, beside: line.beside, holds: line.holds },
    { ratio: null, beside: null, holds: true },
  )
})

test('a round that did not measure what is asked for is told, not guessed at', () => {
  assert.throws(() => lineOf(choice, [{ p50Us: 1 }], null), /no rate/)
  assert.throws(() => lineOf(choice, rates(Number.NaN), null), /no rate/)
})

test('quantities have three digits and a unit', () => {
  assert.equal(quantityText(1_523_000, '/s'), '1.52 M/s')
  assert.equal(quantityText(104_499, '/s'), '104 k/s')
  assert.equal(quantityText(0.1234, 'ms'), '0.123 ms')
  assert.equal(quantityText(1_024, 'bytes'), '1024 bytes')
  assert.equal(quantityText(-0.0213, 'MB'), '-0.0213 MB')
})

test('a line as JSON and as a row of the table', () => {
  const bar = { ratioAtLeast: 0.5 }
  const line = lineOf({ ...choice, bar }, rates(40), { name: 'limit', readings: rates(100) })
  assert.equal(barText(line), 'ratio ≥ 0.50')
  const { bar: text, beside, holds, name, ratio, unit, value } = JSON.parse(jsonText(line))
  assert.deepEqual(
    { bar: text, beside, holds, name, ratio, unit, value },
    {
      bar: 'ratio ≥ 0.50',
      beside: 100,
      holds: false,
      name: 'a path',
      ratio: 0.4,
      unit: '/s',
      value: 40,
    },
  )
  assert.match(tableText([line]), /\| a path \|\s+40 \/s \|.*\| ratio ≥ 0\.50 \| ✗ {3}\|$/)
})
