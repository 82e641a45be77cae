import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { isoTime, MAX_TIME_MS, timeOf } from './time-text.ts'

test('a time is read however its offset is written', () => {
  const nineMs = Date.UTC(2026, 11, 1, 9)
  for (const text of [
    '2026-12-01T09:00:00Z',
    '2026-12-01t09:00z',
    '2026-12-01T09:00:00.000Z',
    '2026-12-01T10:00:00+01:00',
    '2026-12-01T04:00:00.000000-05:00',
    String(nineMs),
  ]) {
    assert.equal(timeOf(text), nineMs, text)
  }
})

test('what could mean two times, or means none, is no time', () => {
  for (const text of [
    '',
    'tomorrow',
    '2026-12-01',
    '2026-12-01T09:00:00',
    '2026-12-01 09:00:00Z',
    '2026-12-01T9:00:00Z',
    '2026-12-01T09Z',
    '2026-12-01T25:00:00Z',
    '2026-02-30T09:00:00Z',
    '2026-02-29T09:00:00Z',
    '2026-13-01T09:00:00Z',
    '2026-00-01T09:00:00Z',
    '2026-12-01T09:00:00+0100',
    '2026-12-01T09:00:00+99:00',
    '1796115600',
    '-1',
    '1e12',
    '8640000000000001',
  ]) {
    assert.equal(timeOf(text), null, text)
  }
  assert.notEqual(timeOf('2028-02-29T09:00:00Z'), null)
})

test('a time that is shown is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (epochMs) => {
      assert.equal(timeOf(isoTime(epochMs)), epochMs)
    }),
  )
})

test('a time beyond the last one is shown as that', () => {
  assert.equal(isoTime(Number.MAX_SAFE_INTEGER), isoTime(MAX_TIME_MS))
})
