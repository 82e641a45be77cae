// The Postgres store and a server that ends sessions, restarts, crashes, has no connection left, lets statements wait, and
// lets nobody in: a private one, which the tests may treat so.
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { type DatabaseOptions, PostgresStore } from '../../src/stores/postgres/index.ts'
import { until } from '../../src/testing/index.ts'
import { actorId, commitOf, envelopeOf, json, loadOne } from '../../src/testing/statestore-fixture.ts'
import { Owners } from '../conformance/owners.ts'
import {
  checkCertificates,
  checkNewPassword,
  failure,
  refused as refusedBy,
  withPostgres,
} from '../conformance/server-fixture.ts'
import { makeCertificate } from '../servers/certificate.ts'
import { PrivatePostgres, type TestDatabase } from '../servers/postgres.ts'

let server: PrivatePostgres
before(async () => {
  server = await PrivatePostgres.start(['max_connections = 13', 'superuser_reserved_connections = 3'])
  // One who may do what the owner of the databases may, and counts against the limit of connections.
  await server.query('CREATE USER ordinary; GRANT postgres TO ordinary')
})
after(() => server.end())

/** A store of its own for the test, and what else it wants of the database. */
const withStore = (
  more: Partial<DatabaseOptions>,
  check: (store: PostgresStore, database: TestDatabase) => Promise<void>,
): Promise<void> => withPostgres(server, more, check)

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

test('a deadlock with somebody else: one of both is given up, and the commit is done', () =>
  withStore({ outageMs: 60_000 }, async (store, { options, query }) => {
    await store.commit([commitOf('one', 0), commitOf('two', 0)])
    const other = new Client({ ...server.address, database: options.database })
    await other.connect()
    // Who looks first is given up.
    await other.query(
      "SET deadlock_timeout = '60s'; BEGIN; SELECT FROM spawn.actors WHERE name = 'two' FOR UPDATE",
    )
    const behind = store.commit([commitOf('one', 1), commitOf('two', 1)])
    await until(
      'the commit to wait',
      async () => (await query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length > 0,
    )
    await other.query("SELECT FROM spawn.actors WHERE name = 'one' FOR UPDATE")
    await other.query('ROLLBACK')
    assert.deepEqual(await behind, ['committed', 'committed'])
    const [row] = (await server.query(
      'SELECT pg_stat_clear_snapshot(), deadlocks FROM pg_stat_database WHERE datname = $1',
      [options.database],
    )) as { deadlocks: string }[]
    assert.equal(Number(row?.deadlocks), 1)
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
  const open = (options: DatabaseOptions): PostgresStore => new PostgresStore(options)
  const refused = (options: DatabaseOptions): Promise<string> => refusedBy(open, options)

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

  test('a certificate that nobody vouches for, one that has expired, and a server without TLS', () =>
    withStore({}, (_store, { options }) =>
      checkCertificates(open, options, async (name, isOver) => {
        const { ca, certificate, key } = makeCertificate(server.data, name, isOver)
        server.own(key, certificate)
        appendFileSync(join(server.data, 'postgresql.conf'), 'ssl = on\n')
        await server.query('SELECT pg_reload_conf()')
        await until('the server to speak TLS', async () => {
          const [row] = (await server.query('SHOW ssl')) as { ssl: string }[]
          return row?.ssl === 'on'
        })
        return ca
      }),
    ))

  test('a password that was changed: sessions that are open go on', () =>
    withStore({}, async (_store, { options }) => {
      const rules = join(server.data, 'pg_hba.conf')
      await server.query("CREATE USER turning PASSWORD 'first'; GRANT postgres TO turning")
      writeFileSync(rules, `host all turning 127.0.0.1/32 scram-sha-256\n${readFileSync(rules, 'utf8')}`)
      await server.query('SELECT pg_reload_conf()')
      await until('the rules to be read', () => isRefused('turning', options.database))
      await checkNewPassword(open, { ...options, user: 'turning', password: 'first' }, async (to) => {
        await server.query(`ALTER USER turning PASSWORD '${to}'`)
      })
    }))
})
