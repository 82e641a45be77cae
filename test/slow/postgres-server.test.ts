// The Postgres store and a server that ends sessions, restarts, crashes, has no connection left, lets statements wait, and
// lets nobody in: a private one, which the tests may treat so.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { isSpawnError, type SpawnError } from '../../src/base/index.ts'
import { type DatabaseOptions, PostgresStore } from '../../src/stores/postgres/index.ts'
import { until } from '../../src/testing/index.ts'
import {
  actorId,
  assertStored,
  commitOf,
  envelopeOf,
  json,
  loadOne,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { PrivatePostgres, type TestDatabase } from '../servers/postgres.ts'

let server: PrivatePostgres
before(async () => {
  server = await PrivatePostgres.start(['max_connections = 13', 'superuser_reserved_connections = 3'])
  // One who may do what the owner of the databases may, and counts against the limit of connections.
  await server.query('CREATE USER ordinary; GRANT postgres TO ordinary')
})
after(() => server.end())

/** A store of its own for the test, and what else it wants of the database. */
async function withStore(
  more: Partial<DatabaseOptions>,
  check: (store: PostgresStore, database: TestDatabase) => Promise<void>,
): Promise<void> {
  const database = await server.takeDatabase()
  const store = new PostgresStore({ ...database.options, ...more })
  await store.start()
  try {
    await check(store, database)
  } finally {
    await store.stop()
    await database.release()
  }
}

const failure = async (promise: Promise<unknown>): Promise<SpawnError> => {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}

const NAMES = ['a', 'b', 'c', 'd']

/** Owners that commit one revision after the other, each of which takes what the one before has sent. */
class Owners {
  readonly revisions = new Map<string, number>()
  readonly #store: PostgresStore
  private isRunning = true
  readonly #all: Promise<unknown>

  constructor(store: PostgresStore) {
    this.#store = store
    this.#all = Promise.all(NAMES.map((name) => this.#run(name)))
  }

  get acknowledged(): number {
    return [...this.revisions.values()].reduce((sum, revision) => sum + revision, 0)
  }

  /** Resolves when so many more are acknowledged. */
  async goOn(count: number): Promise<void> {
    const target = this.acknowledged + count
    await Promise.race([
      until(`${count} more commits`, () => this.acknowledged >= target, { timeoutMs: 60_000 }),
      this.#all,
    ])
  }

  /** All that was acknowledged is there, once, and nothing else is. */
  async stop(): Promise<void> {
    this.isRunning = false
    await this.#all
    const actors = await this.#store.load(NAMES.map((name) => actorId(name)))
    for (const [at, actor] of actors.entries()) {
      const name = NAMES[at] ?? ''
      assertStored(actor, commitOf(name, (this.revisions.get(name) ?? 0) - 1))
    }
    const { envelopes } = await this.#store.due(SYSTEM, 0, 100)
    assert.deepEqual(
      envelopes.map(({ id }) => id).toSorted(),
      NAMES.map((name) => `${name} ${this.revisions.get(name)}`),
    )
  }

  async #run(name: string): Promise<void> {
    for (let follows = 0; this.isRunning; follows += 1) {
      const sends = [envelopeOf(`${name} ${follows + 1}`)]
      const takes = follows === 0 ? [] : [`${name} ${follows}`]
      assert.deepEqual(await this.#store.commit([commitOf(name, follows, { sends, takes })]), ['committed'])
      this.revisions.set(name, follows + 1)
    }
  }
}

describe('what was acknowledged is there, once, when', () => {
  test('sessions are ended in the middle of commits', () =>
    withStore({ outageMs: 20_000 }, async (store, { query }) => {
      const owners = new Owners(store)
      let ended = 0
      for (let round = 0; round < 15; round += 1) {
        await owners.goOn(3)
        const rows = await query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'spawn'`,
        )
        ended += rows.length
      }
      assert.ok(ended > 15, `only ${ended} sessions were ended`)
      await owners.goOn(20)
      await owners.stop()
    }))

  for (const how of ['fast', 'immediate'] as const) {
    test(`the server restarts: ${how}`, () =>
      withStore({ outageMs: 60_000 }, async (store) => {
        const owners = new Owners(store)
        await owners.goOn(50)
        await server.halt(how)
        await server.start()
        await owners.goOn(50)
        await owners.stop()
      }))
  }
})

test('calls fail in time while the server is down, and go on when it is up', () =>
  withStore({ outageMs: 100 }, async (store) => {
    await store.commit([commitOf('one', 0)])
    await server.halt('fast')
    const asked = [store.commit([commitOf('one', 1)]), store.load([actorId('one')]), store.prune(0, 1)]
    for (const error of await Promise.all(asked.map((one: Promise<unknown>) => failure(one)))) {
      assert.equal(error.code, 'STORE_UNAVAILABLE')
      assert.ok(error.retryable && error.message.includes('127.0.0.1'), error.message)
    }
    await server.start()
    assert.deepEqual(await store.commit([commitOf('one', 1)]), ['committed'])
  }))

test('without a connection left, a store makes do with those that it has; one without says what to do', () =>
  withStore({ poolSize: 8, user: 'ordinary', outageMs: 300 }, async (store, database) => {
    const others: Client[] = []
    try {
      await store.commit([commitOf('one', 0)])
      // All that an ordinary user can have.
      for (;;) {
        const other = new Client({
          ...server.address,
          user: 'ordinary',
          database: database.options.database ?? '',
        })
        other.on('error', () => undefined)
        const isIn = await other.connect().then(
          () => true,
          () => false,
        )
        if (!isIn) break
        others.push(other)
      }
      const group = Array.from({ length: 40 }, (_none, at) => store.commit([commitOf(`many-${at}`, 0)]))
      assert.ok((await Promise.all(group)).every(([verdict]) => verdict === 'committed'))
      const second = new PostgresStore({ ...database.options, user: 'ordinary', outageMs: 100 })
      const error = await failure(second.start())
      assert.match(error.message, /max_connections/)
      const [first] = others
      await first?.end()
      await second.start()
      assert.equal((await loadOne(second, 'one'))?.revision, 1)
      await second.stop()
    } finally {
      await Promise.all(others.map((other) => other.end()))
    }
  }))

test('a statement that waits for a lock ends in time, and leaves nothing behind', () =>
  withStore({ requestMs: 300 }, async (store, { options }) => {
    await store.commit([commitOf('one', 0), commitOf('two', 0)])
    const other = new Client({ ...server.address, database: options.database })
    await other.connect()
    await other.query("BEGIN; SELECT FROM spawn.actors WHERE name = 'one' FOR UPDATE")
    const error = await failure(store.commit([commitOf('one', 1), commitOf('two', 1)]))
    assert.match(error.message, /longer than its limit.*nothing was committed/)
    assert.deepEqual(await store.commit([commitOf('two', 1)]), ['committed'], 'its neighbours go on')
    await other.query('ROLLBACK')
    assert.deepEqual(await store.commit([commitOf('one', 1)]), ['committed'])
    await other.end()
  }))

test('two stores that fight for actors in opposite orders wait for each other, and neither hangs', () =>
  withStore({}, async (store, { options }) => {
    const other = new PostgresStore(options)
    await other.start()
    const names = Array.from({ length: 60 }, (_none, at) => `actor-${at}`)
    await store.commit(names.map((name) => commitOf(name, 0)))
    let wins = 0
    for (let round = 0; round < 20; round += 1) {
      const revisions = (await store.load(names.map((name) => actorId(name)))).map(
        (actor) => actor?.revision ?? 0,
      )
      const attempt = (side: string) =>
        names.map((name, at) =>
          commitOf(name, revisions[at] ?? 0, { state: json(side), sends: [envelopeOf(name)] }),
        )
      const verdicts = await Promise.all([
        store.commit(attempt('left')),
        other.commit(attempt('right').toReversed()),
      ])
      const [left, right] = verdicts
      for (const [at, name] of names.entries()) {
        const both = [left[at], right.toReversed()[at]]
        assert.ok(both.includes('committed') && both.includes('conflict'), name)
        if (both[0] === 'committed') wins += 1
      }
    }
    assert.ok(wins > 0)
    await other.stop()
  }))

describe('who is not let in is told why, at once:', () => {
  const isRefused = async (user: string, database: string): Promise<boolean> => {
    const client = new Client({ ...server.address, user, database, password: 'wrong' })
    return client.connect().then(
      () => client.end().then(() => false),
      () => true,
    )
  }
  const refused = async (options: DatabaseOptions): Promise<string> => {
    const store = new PostgresStore({ outageMs: 60_000, ...options })
    const error = await failure(store.start())
    assert.equal(error.code, 'STORE_UNAVAILABLE')
    return error.message
  }

  test('a wrong password, a database that is not there, a user without rights', () =>
    withStore({}, async (_store, { options }) => {
      const rules = join(server.data, 'pg_hba.conf')
      const old = readFileSync(rules, 'utf8')
      await server.query("CREATE USER careful PASSWORD 'right'")
      writeFileSync(rules, `host all careful 127.0.0.1/32 scram-sha-256\n${old}`)
      await server.query('SELECT pg_reload_conf()')
      const careful = { ...options, user: 'careful' }
      await until('the rules to be read', () => isRefused('careful', options.database))
      assert.match(await refused({ ...careful, password: 'wrong' }), /password is wrong/)
      assert.match(await refused({ ...careful, password: '' }), /password/)
      assert.match(await refused({ ...options, database: 'nowhere' }), /does not exist; create it/)
      assert.match(await refused({ ...careful, password: 'right' }), /grant it the rights|owner/)
      await server.query('GRANT USAGE ON SCHEMA spawn TO careful', [], options.database)
      await server.query('GRANT SELECT ON ALL TABLES IN SCHEMA spawn TO careful', [], options.database)
      const reader = new PostgresStore({ ...careful, password: 'right', migrates: false })
      await reader.start()
      assert.equal(await loadOne(reader, 'one'), null)
      assert.match((await failure(reader.commit([commitOf('one', 0)]))).message, /grant it the rights/)
      await reader.stop()
    }))

  test('a certificate that nobody vouches for, and a server without TLS', () =>
    withStore({}, async (store, { options }) => {
      await store.commit([commitOf('one', 0)])
      const tls = { verify: true }
      assert.match(await refused({ ...options, tls }), /does not speak TLS/)
      const ca = await speakTls('database.test')
      assert.match(await refused({ ...options, tls }), /certificate is not accepted/)
      assert.match(
        await refused({ ...options, tls: { verify: true, ca } }),
        /certificate is not accepted/,
        'its name',
      )
      for (const good of [{ verify: false }, { verify: true, ca, serverName: 'database.test' }]) {
        const over = new PostgresStore({ ...options, tls: good })
        await over.start()
        assert.equal((await loadOne(over, 'one'))?.revision, 1)
        await over.stop()
      }
    }))

  async function speakTls(name: string): Promise<string> {
    const [key, certificate] = [join(server.data, 'server.key'), join(server.data, 'server.crt')]
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`]
    const files = ['-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', certificate]
    execFileSync('openssl', [...request, ...files], { stdio: 'pipe' })
    server.own(key, certificate)
    appendFileSync(join(server.data, 'postgresql.conf'), 'ssl = on\n')
    await server.query('SELECT pg_reload_conf()')
    await until('the server to speak TLS', async () => {
      const [row] = (await server.query('SHOW ssl')) as { ssl: string }[]
      return row?.ssl === 'on'
    })
    return readFileSync(certificate, 'utf8')
  }
})
