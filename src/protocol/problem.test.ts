// A problem document tells a client everything that the error told, except a defect's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { ERROR_CODES, SpawnError } from '../base/index.ts'
import { fromProblem, toProblem } from './problem.ts'
import { isErrorCode } from './status.ts'

const codes = Object.keys(ERROR_CODES).filter(isErrorCode)

test('a problem reads as RFC 9457 wants it', () => {
  const error = new SpawnError('MAILBOX_FULL', 'cart/1 has 10000 messages waiting', {
    details: { waiting: 10_000 },
  })
  assert.deepEqual(toProblem(error), {
    type: 'urn:spawn:error:MAILBOX_FULL',
    title: 'The mailbox is full',
    status: 429,
    detail: 'cart/1 has 10000 messages waiting',
    code: 'MAILBOX_FULL',
    retryable: true,
    details: { waiting: 10_000 },
  })
  assert.equal(toProblem(new SpawnError('INVALID_ARGUMENT', 'x'), 415).status, 415)
})

test('an error comes back from its problem, through JSON', () => {
  const details = fc.dictionary(fc.string(), fc.jsonValue())
  fc.assert(
    fc.property(
      fc.constantFrom(...codes),
      fc.string(),
      fc.boolean(),
      details,
      (code, message, retryable, facts) => {
        const sent = new SpawnError(code, message, { retryable, details: facts })
        const problem = toProblem(sent)
        const back = fromProblem(problem.status, JSON.parse(JSON.stringify(problem)))
        assert.deepEqual([back.code, back.retryable], [code, retryable])
        if (code === 'DEFECT') return
        assert.equal(back.message, message)
        assert.equal(JSON.stringify(back.details), JSON.stringify(sent.details))
      },
    ),
  )
})

test('a defect tells neither its message nor its details', () => {
  const problem = toProblem(new SpawnError('DEFECT', 'secret', { details: { also: 'secret' } }))
  assert.ok(!JSON.stringify(problem).includes('secret'))
})

test('an answer that is no problem of ours is understood by its status', () => {
  for (const [status, code] of [
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'INVALID_ARGUMENT'],
    [429, 'MAILBOX_FULL'],
    [500, 'MEMBER_UNAVAILABLE'],
    [502, 'MEMBER_UNAVAILABLE'],
    [504, 'DEADLINE_EXCEEDED'],
  ] as const) {
    for (const body of [undefined, null, '<html>', [], {}, { code: 'toString' }, { code: 7 }]) {
      const error = fromProblem(status, body)
      assert.equal(error.code, code)
      assert.match(error.message, new RegExp(`answered ${status}`))
    }
  }
  assert.equal(
    fromProblem(429, { code: 'MAILBOX_FULL', detail: 7, details: 'x' }).message,
    'The mailbox is full',
  )
})
