import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as own from './errors.ts'

test('an error of another copy of this package is one; what only looks like one is not', async () => {
  const path = './errors.ts?another-copy'
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is the same file
  const copy = (await import(path)) as typeof own
  const { isSpawnError } = own
  assert.notEqual(copy.SpawnError, own.SpawnError)
  const error: unknown = new copy.SpawnError('PERMISSION_DENIED', 'not you')
  assert.ok(isSpawnError(error))
  assert.equal(error.group, 'caller')
  assert.equal(
    isSpawnError(Object.assign(new Error('x'), { name: 'SpawnError', code: 'PERMISSION_DENIED' })),
    false,
  )
  assert.equal(
    isSpawnError(
      Object.defineProperty(new copy.SpawnError('DEFECT', 'x'), 'code', { value: 'OF_A_LATER_RELEASE' }),
    ),
    false,
  )
})

test('a code that there is not is refused, with those there are', () => {
  assert.throws(
    () => new own.SpawnError('OUT_OF_STOCK' as own.ErrorCode, 'none left'),
    /^TypeError: there is no error code "OUT_OF_STOCK".*INVALID_ARGUMENT, .*DEFECT$/,
  )
})
