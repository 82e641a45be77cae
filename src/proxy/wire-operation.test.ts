// Which requests are the wire's, and which are people's.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'

import { systemInPath, wireOperation } from './wire-operation.ts'

const JSON_TYPE = 'application/json'
const OCTETS = 'application/octet-stream'

function of(method: string, url: string, type?: string): string | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no more of it is looked at
  return wireOperation({ method, url, headers: { 'content-type': type } } as IncomingMessage)
}

test('the three operations, whatever is in the names', () => {
  const S = '/api/v1/system/s'
  assert.equal(of('POST', '/api/v1/system', OCTETS), 'register')
  assert.equal(of('POST', '/api/v1/system?x=1', OCTETS), 'register')
  assert.equal(of('POST', `${S}/actors/spawn`), 'spawn')
  assert.equal(of('POST', `${S}/actors/spawn?revision=3`), 'spawn')
  for (const name of ['a', 'a/b', 'a?b', 'ä', 'a/actions', '%', 'invoke']) {
    assert.equal(of('POST', `${S}/actors/${name}/invoke`, OCTETS), 'invoke', name)
  }
  assert.equal(of('POST', `${S}/actors/a/invoke`, JSON_TYPE), 'invoke')
  assert.equal(of('POST', `${S}/actors/a/invoke?x=1`, JSON_TYPE), 'invoke')
})

test('what people ask for, by the same words', () => {
  const S = '/api/v1/system/s'
  assert.equal(of('POST', `${S}/actors/a/actions/invoke`, JSON_TYPE), null)
  assert.equal(of('POST', `${S}/actors/a/actions/invoke?ref=b`), null)
  assert.equal(of('POST', `${S}/actors/a/actions/add?ref=invoke`, JSON_TYPE), null)
  assert.equal(of('PUT', `${S}/actors/spawn`), null)
  assert.equal(of('GET', `${S}/actors/invoke`), null)
  assert.equal(of('GET', `${S}/actors`), null)
  assert.equal(of('GET', '/health'), null)
})

test('the system of a path, encoded or not', () => {
  assert.equal(systemInPath('/api/v1/system/my%20system/actors/a/invoke'), 'my system')
  assert.equal(systemInPath('/api/v1/system/100%/actors/a/invoke'), '100%')
  assert.equal(systemInPath('/api/v1/system'), '')
})
