// Whose certificate is accepted, whatever name the driver asks for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DatabaseTls } from '../sql/options.ts'
import { tlsOf } from './tls.ts'

/** What a driver finds wrong with a certificate of these names, when it takes the host for localhost. */
function wrongWith(subjectaltname: string, host: string, tls: DatabaseTls): Error | undefined {
  const settings = tlsOf({ host, tls })
  assert.ok(settings !== false && 'checkServerIdentity' in settings)
  const check = settings.checkServerIdentity as (host: string, certificate: object) => Error | undefined
  return check('localhost', { subject: { CN: '' }, subjectaltname })
}

test('the certificate must be of the host, also where that is an address', () => {
  const tls = { verify: true }
  assert.equal(wrongWith('IP Address:10.0.0.1', '10.0.0.1', tls), undefined)
  assert.equal(wrongWith('DNS:db.example', 'db.example', tls), undefined)
  for (const host of ['10.0.0.1', 'db.example'])
    assert.match(String(wrongWith('DNS:localhost', host, tls)), /ERR_TLS_CERT_ALTNAME|does not match/)
})

test('or of the name that was said', () => {
  const tls = { verify: true, serverName: 'db.example' }
  assert.equal(wrongWith('DNS:db.example', '10.0.0.1', tls), undefined)
  assert.match(String(wrongWith('IP Address:10.0.0.1', '10.0.0.1', tls)), /does not match/)
})

test('without TLS there is nothing to say', () => {
  assert.equal(tlsOf({ host: 'db.example', tls: null }), false)
})
