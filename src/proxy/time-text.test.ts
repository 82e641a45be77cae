import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { isoTime, MAX_TIME_MS, pastTimeOf, timeOf } from './time-text.ts'

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

test('a time of the past may be said by how long ago it was, with its unit', () => {
  const nowMs = Date.UTC(2026, 11, 1, 9)
  assert.equal(pastTimeOf('90s', nowMs), nowMs - 90_000)
  assert.equal(pastTimeOf('7d', nowMs), nowMs - 7 * 86_400_000)
  assert.equal(pastTimeOf('0s', nowMs), nowMs)
  assert.equal(pastTimeOf('999999d', nowMs), 0, 'nothing was before the first time that there is')
  assert.equal(pastTimeOf('2026-11-01T00:00:00z', nowMs), Date.UTC(2026, 10, 1))
  assert.equal(pastTimeOf(String(nowMs + 5), nowMs), nowMs + 5)
  for (const text of ['', '500', '5 m', '-5m', '5w', 'm', 'yesterday'])
    assert.equal(pastTimeOf(text, nowMs), null, text)
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
