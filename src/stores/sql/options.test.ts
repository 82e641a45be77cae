// What a store in a database server is made from: defaults, and numbers that cannot be meant.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSpawnError } from '../../base/index.ts'
import { type DatabaseOptions, settledOptions } from './options.ts'

const OPTIONS: DatabaseOptions = {
  host: 'localhost',
  port: 5_432,
  database: 'spawn',
  user: 'spawn',
  password: '',
  tls: null,
}

test('what is not said has a default', () => {
  const { clock, logger, migrationMs, outageMs, poolSize, requestMs, migrates } = settledOptions(OPTIONS)
  assert.deepEqual([outageMs, poolSize, requestMs, migrates, logger], [5_000, 8, 30_000, true, null])
  assert.equal(migrationMs, 600_000)
  assert.ok(clock.now() > 0)
  assert.equal(settledOptions({ ...OPTIONS, outageMs: 0 }).outageMs, 0)
})

test('numbers that cannot be meant are refused, by name', () => {
  const wrong = [
    { poolSize: 0 },
    { poolSize: 1.5 },
    { port: 65_536 },
    { outageMs: -1 },
    { requestMs: Number.NaN },
    { migrationMs: 0 },
  ]
  for (const more of wrong) {
    const [name = ''] = Object.keys(more)
    const isNamed = (error: unknown): boolean =>
      isSpawnError(error) && error.code === 'INVALID_ARGUMENT' && error.message.includes(name)
    assert.throws(() => settledOptions({ ...OPTIONS, ...more }), isNamed, name)
  }
})
