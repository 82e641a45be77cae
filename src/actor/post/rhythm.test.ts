import assert from 'node:assert/strict'
import { test } from 'node:test'

import { nextByCron } from './rhythm.ts'

test('what cannot be a rhythm is told in our words: the expression or the time zone', () => {
  for (const [expression, timeZone, message] of [
    [
      'every day',
      'UTC',
      /^the cron expression "every day" cannot be used; it must be five or six fields, such as/,
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
