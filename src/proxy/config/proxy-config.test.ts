import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULTS } from './proxy-config.ts'

test('what SDKs count on when nobody says anything', () => {
  const { bodyBytes, listen, system, userFunction } = DEFAULTS
  assert.deepEqual(listen, { host: '127.0.0.1', port: 9001, allowedHosts: [] })
  assert.deepEqual(userFunction, { host: null, port: 8090 })
  assert.equal(system, 'spawn-system')
  assert.equal(bodyBytes, 8 * 1024 * 1024)
})
