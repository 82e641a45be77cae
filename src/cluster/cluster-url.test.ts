// What the URL of a cluster means; that nothing that is shown, or said to be wrong, tells a secret.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NatsPlan } from './cluster-plan.ts'
import { clusterText, readClusterUrl } from './cluster-url.ts'

const planOf = (text: string): NatsPlan => {
  const reading = readClusterUrl(text)
  if ('problem' in reading) throw new Error(`"${text}" ${reading.problem}`)
  return reading.nats
}
const problemOf = (text: string): string => {
  const reading = readClusterUrl(text)
  return 'problem' in reading ? reading.problem : 'none'
}

describe('a URL says', () => {
  test('servers, with the usual port', () =>
    assert.deepEqual(planOf('nats://one,two:4333,[::1]:5000'), {
      servers: ['one:4222', 'two:4333', '[::1]:5000'],
      identity: null,
      tls: null,
    }))
  test('a user and a password', () =>
    assert.deepEqual(planOf('nats://ada:p%40ss@one').identity, {
      kind: 'password',
      user: 'ada',
      password: 'p@ss',
    }))
  test('a token', () =>
    assert.deepEqual(planOf('nats://t0ken@one').identity, { kind: 'token', token: 't0ken' }))
  test('files of keys', () => {
    assert.deepEqual(planOf('nats://one?nkey=/a.nk').identity, { kind: 'nkey', seedFile: '/a.nk' })
    assert.deepEqual(planOf('nats://one?credentials=/a.creds').identity, {
      kind: 'credentials',
      file: '/a.creds',
    })
  })
  test('how the connection is encrypted', () => {
    const usual = { verify: true, caFile: null, certFile: null, keyFile: null }
    assert.deepEqual(planOf('tls://one').tls, usual)
    assert.deepEqual(planOf('nats://one?tls=no-verify').tls, { ...usual, verify: false })
    assert.deepEqual(planOf('nats://one/?ca=/ca.pem&cert=/c.pem&key=/k.pem').tls, {
      verify: true,
      caFile: '/ca.pem',
      certFile: '/c.pem',
      keyFile: '/k.pem',
    })
  })
})

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['', /must be nats:/],
  ['nat://one', /did you mean "?nats/],
  ['nats://', /must name its servers/],
  ['nats://one:0', /must name its servers/],
  ['nats://one:70000', /must name its servers/],
  ['nats://one?tsl=off', /did you mean "?tls/],
  ['nats://one?tls=maybe', /must be verify, no-verify/],
  ['nats://one?ca=/a&ca=/b', /says ca twice/],
  ['nats://one?ca=', /says nothing with ca/],
  ['nats://one?cert=/a', /cert and key together/],
  ['tls://one?tls=off', /encrypted, and that it is not/],
  ['nats://ada:b@one?nkey=/a', /more than one way/],
  ['nats://%zz@one', /cannot be read/],
  ['nats://secret#1@one', /must not have a #/],
]

for (const [text, expected] of WRONG) {
  test(`"${text}" is refused`, () => {
    assert.match(problemOf(text), expected)
    assert.doesNotMatch(problemOf(text), /secret|ada/)
  })
}

test('what is shown can be read again, and has no secret in it', () => {
  const urls = [
    'nats://one,two:4333',
    'nats://one?tls=verify&ca=%2Fca.pem',
    'nats://one?nkey=%2Fa.nk',
    'nats://one?tls=no-verify&cert=%2Fc&key=%2Fk',
  ]
  for (const url of urls) assert.equal(clusterText(planOf(url)), url)
  assert.equal(clusterText(planOf('nats://ada:secret@one')), 'nats://ada:***@one')
  assert.equal(clusterText(planOf('nats://secret@one')), 'nats://***@one')
})
