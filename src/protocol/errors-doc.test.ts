// docs/errors.md says of every code what the code says, in the same order.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { ERROR_CODES, SpawnError } from '../base/index.ts'
import { toProblem } from './problem.ts'
import { CODE_STATUS, isErrorCode } from './status.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

test('the table has one row for each code, with its facts', () => {
  const documented = rows.map(([code, group, retryable, http, grpc]) => [
    code,
    group,
    retryable,
    http,
    grpc?.split(' ')[0],
  ])
  const coded = Object.entries(ERROR_CODES).map(([code, { group, retryable }]) => {
    assert.ok(isErrorCode(code))
    const { http, grpc } = CODE_STATUS[code]
    return [`\`${code}\``, group, retryable ? 'yes' : 'no', `${http}`, `${grpc}`]
  })
  assert.deepEqual(documented, coded)
})

test('every row says what it means and what to do, and names one gRPC status by number and name', () => {
  const names = new Map<string, string>()
  for (const [code, , , , grpc = '', meaning = '', remedy = ''] of rows) {
    assert.match(meaning, /\.$/, code)
    assert.match(remedy, /\.$/, code)
    assert.match(grpc, /^\d+ [A-Z_]+$/, code)
    const [number = '', name = ''] = grpc.split(' ')
    assert.equal(names.get(number) ?? name, name)
    names.set(number, name)
  }
})

test('the example is what a problem looks like', () => {
  const example: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
  // As room.ts says it.
  const text = 'the mailbox of "cart/1" is full: 10000 messages wait; call again later'
  const error = new SpawnError('MAILBOX_FULL', text, { details: { limit: 10_000 } })
  assert.deepEqual(example, toProblem(error))
})
