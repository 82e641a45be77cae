import assert from 'node:assert/strict'
import { test } from 'node:test'

import { nextByCron } from './rhythm.ts'

test('what cannot be a rhythm is told in our words: the expression or the time zone', () => {
  for (const [expression, timeZone, message] of [
    [
      'every day',
      'UTC',
      /^the cron expression "every day" cannot be used; it must be five to seven fields, such as/,
    ],
    ['61 * * * *', 'UTC', /^the cron expression "61 \* \* \* \*" cannot be used; .*61/],
    [
      '0 9 * * *',
      'Mars/Olympus',
      /^there is no time zone "Mars\/Olympus": it must be a name such as Europe\/Berlin/,
    ],
  ] as const) {
    assert.throws(() => nextByCron(expression, timeZone, 0), { code: 'INVALID_ARGUMENT', message })
  }
})

/** The times from one on, as the wall clock there and the offset show them. */
function* times(expression: string, timeZone: string, from: string): Generator<string> {
  for (let atMs = Date.parse(from); ;) {
    const next = nextByCron(expression, timeZone, atMs)
    if (next === null) return
    yield new Date(next).toISOString().slice(5, 16)
    atMs = next
  }
}

const BERLIN = 'Europe/Berlin'

test('a time of the day keeps its hour on the wall when summer begins and ends', () => {
  for (const [from, expected] of [
    ['2026-03-28T00:00Z', ['03-28T08:00', '03-29T07:00', '03-30T07:00']],
    ['2026-10-24T00:00Z', ['10-24T07:00', '10-25T08:00', '10-26T08:00']],
  ] as const) {
    assert.deepEqual([...times('0 9 * * *', BERLIN, from).take(3)], expected)
  }
})

test('an hour that is left out comes at its end, one that comes twice counts once', () => {
  const spring = times('30 2 * * *', BERLIN, '2026-03-28T12:00Z').take(2)
  assert.deepEqual([...spring], ['03-29T01:00', '03-30T00:30'])
  const autumn = times('30 2 * * *', BERLIN, '2026-10-24T12:00Z').take(2)
  assert.deepEqual([...autumn], ['10-25T00:30', '10-26T01:30'])
  // Lists and ranges, too.
  const twoInSpring = times('15,45 2 * * *', BERLIN, '2026-03-28T12:00Z').take(2)
  assert.deepEqual([...twoInSpring], ['03-29T01:00', '03-30T00:15'])
  const twoInAutumn = times('15 2-3 * * *', BERLIN, '2026-10-24T12:00Z').take(3)
  assert.deepEqual([...twoInAutumn], ['10-25T00:15', '10-25T02:15', '10-26T01:15'])
})

test('what comes every few minutes goes on through both nights', () => {
  const spring = times('*/30 * * * *', BERLIN, '2026-03-29T00:15Z').take(4)
  assert.deepEqual([...spring], ['03-29T00:30', '03-29T01:00', '03-29T01:30', '03-29T02:00'])
  const autumn = times('*/30 * * * *', BERLIN, '2026-10-24T23:45Z').take(6)
  assert.deepEqual(
    [...autumn],
    ['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30', '10-25T02:00', '10-25T02:30'],
  )
})
