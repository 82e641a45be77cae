// Which NATS servers the variables of Spawn's own proxy mean, and what of them is refused.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ClusterVariables, readClusterVariables } from './cluster-variables.ts'

const of = (set: Readonly<Record<string, string>>): ClusterVariables =>
  readClusterVariables(new Map(Object.entries(set)))

const ON = { SPAWN_USE_INTERNAL_NATS: 'true' }

describe('the variables say', () => {
  test('nothing, while NATS is not switched on', () => {
    const { nats, unused } = of({ SPAWN_INTERNAL_NATS_HOSTS: 'nats://one' })
    assert.equal(nats, null)
    assert.deepEqual(unused, ['SPAWN_INTERNAL_NATS_HOSTS'])
  })
  test('the server of this machine, with nothing but the switch', () =>
    assert.deepEqual(of(ON).nats, { servers: ['127.0.0.1:4222'], identity: null, tls: null }))
  test('several servers, as manifests write them', () => {
    const { nats } = of({ ...ON, SPAWN_INTERNAL_NATS_HOSTS: 'nats://one:4222, nats://two,three:5000' })
    assert.deepEqual(nats?.servers, ['one:4222', 'two:4222', 'three:5000'])
  })
  test('that the connection is encrypted', () =>
    assert.equal(of({ ...ON, SPAWN_INTERNAL_NATS_TLS: 'true' }).nats?.tls?.verify, true))
  test('a user and a password', () => {
    const auth = { SPAWN_INTERNAL_NATS_AUTH: 'true', SPAWN_INTERNAL_NATS_AUTH_USER: 'ada' }
    assert.deepEqual(of({ ...ON, ...auth, SPAWN_INTERNAL_NATS_AUTH_PASS: 'secret' }).nats?.identity, {
      kind: 'password',
      user: 'ada',
      password: 'secret',
    })
  })
  test('a JWT', () => {
    const auth = { SPAWN_INTERNAL_NATS_AUTH: 'true', SPAWN_INTERNAL_NATS_AUTH_TYPE: 'jwt' }
    assert.deepEqual(of({ ...ON, ...auth, SPAWN_INTERNAL_NATS_AUTH_JWT: 'ey' }).nats?.identity, {
      kind: 'jwt',
      jwt: 'ey',
    })
  })
})

test('who connects says nothing while it is not switched on', () => {
  const { nats, unused } = of({ ...ON, SPAWN_INTERNAL_NATS_AUTH_USER: 'ada' })
  assert.equal(nats?.identity, null)
  assert.deepEqual(unused, ['SPAWN_INTERNAL_NATS_AUTH_USER'])
})

const WRONG: readonly (readonly [Readonly<Record<string, string>>, string, RegExp])[] = [
  [{ SPAWN_USE_INTERNAL_NATS: 'maybe' }, 'SPAWN_USE_INTERNAL_NATS', /true or false/],
  [{ ...ON, SPAWN_INTERNAL_NATS_HOSTS: 'a b' }, 'SPAWN_INTERNAL_NATS_HOSTS', /must name its servers/],
  [{ ...ON, SPAWN_INTERNAL_NATS_AUTH: 'true' }, 'SPAWN_INTERNAL_NATS_AUTH_USER', /is missing/],
  [
    { ...ON, SPAWN_INTERNAL_NATS_AUTH: 'true', SPAWN_INTERNAL_NATS_AUTH_TYPE: 'jwt' },
    'SPAWN_INTERNAL_NATS_AUTH_JWT',
    /is missing/,
  ],
  [
    { ...ON, SPAWN_INTERNAL_NATS_AUTH: 'true', SPAWN_INTERNAL_NATS_AUTH_TYPE: 'kerberos' },
    'SPAWN_INTERNAL_NATS_AUTH_TYPE',
    /simple or jwt/,
  ],
]

for (const [set, where, expected] of WRONG) {
  test(`a mistake in ${where} is told: ${expected.source}`, () => {
    const { mistakes, nats } = of(set)
    assert.equal(nats, null)
    assert.deepEqual(
      mistakes.map((mistake) => mistake.where),
      [where],
    )
    assert.match(mistakes[0]?.problem ?? '', expected)
  })
}
