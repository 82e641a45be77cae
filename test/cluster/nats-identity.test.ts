// Who is let in by NATS, how it is encrypted, and what an operator reads when it does not work: against real servers that
// want it so. No secret is in any error, nor in the log.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { nkeys } from '@nats-io/transport-node'
import { isSpawnError, type SpawnError, systemClock } from '../../src/base/index.ts'
import { type NatsSettings, openNats } from '../../src/cluster/nats/index.ts'
import { until } from '../../src/testing/index.ts'
import { JETSTREAM, ownCluster, PrivateNats } from '../servers/nats.ts'

type Identity = NatsSettings['identity']
type Tls = NatsSettings['tls']

const SECRET = "s3cret/with:'@%?"
const logged: unknown[] = []
const log = (message: string, fields?: unknown): void => void logged.push(message, fields)
const logger = { debug: log, info: log, warn: log, error: log }

function settingsOf(server: PrivateNats, identity: Identity, tls: Tls = null): NatsSettings {
  return { servers: [server.address], identity, tls }
}

/** Whether a member gets in: it writes an entry, and hears itself. */
async function works(settings: NatsSettings): Promise<void> {
  const { register, wire } = openNats(settings, { cluster: ownCluster(), clock: systemClock, logger })
  let heard = 0
  await register.start()
  await wire.start('me', () => (heard += 1))
  assert.ok((await register.put('a', 'x', 0)) !== null)
  wire.send('me', Uint8Array.of(1))
  await until('what was sent', () => heard === 1)
  await Promise.all([register.stop(), wire.stop()])
}

async function failureOf(settings: NatsSettings): Promise<SpawnError> {
  const { register, wire } = openNats(settings, { cluster: ownCluster(), clock: systemClock, logger })
  try {
    await register.start()
    await wire.start('me', () => undefined)
  } catch (thrown) {
    assert.ok(isSpawnError(thrown), inspect(thrown))
    assert.equal(thrown.code, 'MEMBER_UNAVAILABLE')
    return thrown
  } finally {
    await register.stop()
    await wire.stop()
  }
  return assert.fail('it was let in')
}

after(() => assert.doesNotMatch(inspect(logged, { depth: 10 }), /s3cret|SU[A-Z0-9]{50}/))

async function refused(settings: NatsSettings, expected: RegExp, isRetryable = false): Promise<void> {
  const error = await failureOf(settings)
  assert.match(error.message, expected)
  assert.equal(error.retryable, isRetryable)
  assert.doesNotMatch(inspect(error, { depth: 10 }), /s3cret|SU[A-Z0-9]{50}/)
}

async function withServer(settings: string, run: (server: PrivateNats) => Promise<void>): Promise<void> {
  const server = await PrivateNats.start(settings)
  try {
    await run(server)
  } finally {
    await server.end()
  }
}

describe('NATS lets in', () => {
  test('a user with a password', () =>
    withServer(
      `${JETSTREAM}\nauthorization { user: "ada b", password: ${JSON.stringify(SECRET)} }`,
      async (server) => {
        await works(settingsOf(server, { kind: 'password', user: 'ada b', password: SECRET }))
        await refused(
          settingsOf(server, null),
          /does not let this member in .*: name a user and password, a token, or a key/,
        )
        await refused(
          settingsOf(server, { kind: 'password', user: 'ada b', password: 's3cret' }),
          /NATS at 127\.0\.0\.1:\d+ does not let this member in .*: check the user and the password/,
        )
      },
    ))

  test('a token', () =>
    withServer(`${JETSTREAM}\nauthorization { token: ${JSON.stringify(SECRET)} }`, async (server) => {
      await works(settingsOf(server, { kind: 'token', token: SECRET }))
      await refused(settingsOf(server, { kind: 'token', token: 's3cret2' }), /check the token/)
    }))

  test('an NKEY', () => {
    const pair = nkeys.createUser()
    const seed = new TextDecoder().decode(pair.getSeed())
    const other = new TextDecoder().decode(nkeys.createUser().getSeed())
    return withServer(
      `${JETSTREAM}\nauthorization { users: [ { nkey: ${pair.getPublicKey()} } ] }`,
      async (server) => {
        await works(settingsOf(server, { kind: 'nkey', seed: `${seed}\n` }))
        await refused(
          settingsOf(server, { kind: 'nkey', seed: other }),
          /check that its NKEY is known to the server/,
        )
        await refused(
          settingsOf(server, { kind: 'nkey', seed: 's3cret' }),
          /the key of this member cannot be read/,
        )
      },
    )
  })

  test('a JWT of an account that an operator has signed, by a credentials file', () => {
    const authority = jwtAuthority()
    return withServer(`${JETSTREAM}\n${authority.config}`, async (server) => {
      await works(settingsOf(server, { kind: 'credentials', text: authority.credentials(authority.account) }))
      const stranger = authority.credentials(nkeys.createAccount())
      await refused(
        settingsOf(server, { kind: 'credentials', text: stranger }),
        /check the credentials: they may have expired/,
      )
      await refused(
        settingsOf(server, { kind: 'credentials', text: 's3cret' }),
        /the key of this member cannot be read/,
      )
    })
  })
})

describe('NATS is asked with TLS', () => {
  let folder = ''
  const file = (name: string): string => join(folder, name)
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'spawn-nats-tls-'))
    makeCertificates(folder)
  })
  after(() => rmSync(folder, { recursive: true }))

  const serverTls = (more = ''): string =>
    `${JETSTREAM}\ntls { cert_file: "${file('server.pem')}", key_file: "${file('server.key')}" ${more} }`

  test('by the authority that is named, and by no other', () =>
    withServer(serverTls(), async (server) => {
      await works(settingsOf(server, null, { verify: true, ca: read('ca.pem') }))
      await works(settingsOf(server, null, { verify: false }))
      const untrusted = /shows a certificate that is not trusted .*: name the authority that has signed it/
      await refused(settingsOf(server, null, { verify: true }), untrusted)
      await refused(settingsOf(server, null, { verify: true, ca: read('other.pem') }), untrusted)
      await refused(
        settingsOf(server, null, { verify: true, ca: read('ca.pem'), serverName: 'elsewhere' }),
        untrusted,
      )
      await refused(settingsOf(server, null), untrusted)
    }))

  test('with a certificate of its own, where the server wants one', () =>
    withServer(serverTls(`, ca_file: "${file('ca.pem')}", verify: true`), async (server) => {
      const ca = read('ca.pem')
      await works(
        settingsOf(server, null, { verify: true, ca, cert: read('client.pem'), key: read('client.key') }),
      )
      await refused(
        settingsOf(server, null, { verify: true, ca }),
        /does it want a certificate of this member\?/,
        true,
      )
    }))

  test('never without it, when TLS is asked for and the server has none', () =>
    withServer(JETSTREAM, (server) =>
      refused(
        settingsOf(server, null, { verify: true, ca: read('ca.pem') }),
        /offers no TLS, and the settings ask for it/,
      ),
    ))
})

describe('an operator reads what to do', () => {
  test('when nobody is there, or the name is unknown', async () => {
    const server = await PrivateNats.start()
    await server.end()
    await refused(settingsOf(server, null), /cannot be reached \(connection refused\): is it running/, true)
    await refused(
      { servers: ['no.such.host.invalid:4222'], identity: null, tls: null },
      /NATS at no\.such\.host\.invalid:4222 cannot be reached/,
      true,
    )
  })

  test('when the server has no JetStream', () =>
    withServer('', (server) =>
      refused(settingsOf(server, null), /has no JetStream, which keeps the leases of members/),
    ))

  test('when the account has none', () =>
    withServer(`${JETSTREAM}\naccounts { a: { users: [ { user: u, password: p } ] } }`, (server) =>
      refused(
        settingsOf(server, { kind: 'password', user: 'u', password: 'p' }),
        /has no JetStream|enable JetStream for the account/,
      ),
    ))

  const permitting = (publish: string, subscribe: string): string =>
    `${JETSTREAM}\nauthorization { users: [ { user: u, password: p, permissions: { publish: [${publish}], subscribe: [${subscribe}] } } ] }`
  const identity: Identity = { kind: 'password', user: 'u', password: 'p' }

  test('when it may do only what docs/operations.md says, which is enough', () =>
    withServer(permitting('"spawn.>", "$JS.API.>", "$KV.>"', '"spawn.>", "_INBOX.>"'), (server) =>
      works(settingsOf(server, identity)),
    ))

  const needed: readonly [what: string, publish: string, subscribe: string, expected: RegExp][] = [
    [
      'JetStream',
      '"spawn.>", "$KV.>"',
      '"spawn.>", "_INBOX.>"',
      /does not permit it .*STREAM.INFO.*: see docs\/operations\.md/,
    ],
    ['answers', '"spawn.>", "$JS.API.>", "$KV.>"', '"spawn.>"', /does not permit it .*_INBOX/],
    [
      'hearing',
      '"spawn.>", "$JS.API.>", "$KV.>"',
      '"_INBOX.>"',
      /does not permit it .*Subscription to "spawn\./,
    ],
    [
      'sending',
      '"$JS.API.>", "$KV.>"',
      '"spawn.>", "_INBOX.>"',
      /does not permit .*send to spawn\..*see docs\/operations\.md/,
    ],
  ]
  for (const [what, publish, subscribe, expected] of needed)
    test(`when ${what} is not permitted`, () =>
      withServer(permitting(publish, subscribe), async (server) => {
        assert.match((await failureOf(settingsOf(server, identity))).message, expected)
      }))

  test('when the server takes less at once than members need', () =>
    withServer(`${JETSTREAM}\nmax_payload: 2048`, (server) =>
      refused(
        settingsOf(server, null),
        /takes 2048 bytes at once, and members need 4096: raise its max_payload/,
      ),
    ))
})

/** What `nsc` makes: an operator, an account that it has signed, and users that the account signs. */
function jwtAuthority(): {
  config: string
  account: nkeys.KeyPair
  credentials: (account: nkeys.KeyPair) => string
} {
  const operator = nkeys.createOperator()
  const account = nkeys.createAccount()
  const everything = { subs: -1, data: -1, payload: -1 }
  const limits = { ...everything, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }
  const accountJwt = signed(operator, account.getPublicKey(), 'account', {
    limits: { ...limits, ...storage },
  })
  const system = nkeys.createAccount()
  const systemJwt = signed(operator, system.getPublicKey(), 'system', { limits })
  const operatorJwt = signedAs('operator', operator, operator.getPublicKey(), 'operator', {
    system_account: system.getPublicKey(),
  })
  const config = [
    `operator: ${operatorJwt}`,
    `system_account: ${system.getPublicKey()}`,
    'resolver: MEMORY',
    `resolver_preload: { ${account.getPublicKey()}: ${accountJwt}, ${system.getPublicKey()}: ${systemJwt} }`,
  ].join('\n')
  const credentials = (by: nkeys.KeyPair): string => {
    const user = nkeys.createUser()
    const jwt = signedAs('user', by, user.getPublicKey(), 'member', { ...everything, pub: {}, sub: {} })
    const seed = new TextDecoder().decode(user.getSeed())
    return [
      '-----BEGIN NATS USER JWT-----',
      jwt,
      '------END NATS USER JWT------',
      '',
      '-----BEGIN USER NKEY SEED-----',
      seed,
      '------END USER NKEY SEED------',
      '',
    ].join('\n')
  }
  return { config, account, credentials }
}

const signed = (by: nkeys.KeyPair, subject: string, name: string, claims: object): string =>
  signedAs('account', by, subject, name, claims)

function signedAs(type: string, by: nkeys.KeyPair, subject: string, name: string, claims: object): string {
  const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = {
    jti: name,
    iat: Math.floor(Date.now() / 1_000),
    iss: by.getPublicKey(),
    name,
    sub: subject,
    nats: { ...claims, type, version: 2 },
  }
  const text = `${base64({ typ: 'JWT', alg: 'ed25519-nkey' })}.${base64(body)}`
  return `${text}.${Buffer.from(by.sign(new TextEncoder().encode(text))).toString('base64url')}`
}

/** An authority, another one, and certificates of a server at 127.0.0.1 and of a client that the first has signed. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): unknown =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  for (const name of ['ca', 'other'])
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    )
  writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  for (const name of ['server', 'client']) {
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    )
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names',
      '-out',
      `${name}.pem`,
    )
  }
}
