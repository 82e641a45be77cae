// The MariaDB store and a server that ends sessions and statements, restarts, crashes, hangs, has no connection left, lets
// statements wait, takes no large packets, and lets nobody in: a private one, which the tests may treat so.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import * as mariadb from 'mariadb'
import { isSpawnError, type SpawnError } from '../../src/base/index.ts'
import { type Commit, silentLogger } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { type DatabaseOptions, MariadbStore } from '../../src/stores/mariadb/index.ts'
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
import { PrivateMariadb, type TestDatabase } from '../servers/mariadb.ts'
import { Owners } from './owners.ts'

let server: PrivateMariadb
before(async () => {
  server = await PrivateMariadb.start(['--max-connections=14'])
  // One who has no connection to spare.
  await server.query("CREATE USER ordinary IDENTIFIED BY 'ordinary'")
  await server.query('GRANT ALL ON `spawn\\_test\\_%`.* TO ordinary')
})
after(() => server.end())

const ORDINARY = { user: 'ordinary', password: 'ordinary' }

/** A store of its own for the test, and what else it wants of the database. */
async function withStore(
  more: Partial<DatabaseOptions>,
  check: (store: MariadbStore, database: TestDatabase) => Promise<void>,
): Promise<void> {
  const database = await server.takeDatabase()
  const store = new MariadbStore({ ...database.options, ...more })
  await store.start()
  try {
    await check(store, database)
  } catch (thrown) {
    store.abandon()
    throw thrown
  }
  await store.stop()
  await database.release()
}

const failure = async (promise: Promise<unknown>): Promise<SpawnError> => {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}

/** What of a store's sessions is under way. */
async function sessionsOf({ options: { database } }: TestDatabase): Promise<unknown[]> {
  const rows = await server.query('SELECT id FROM information_schema.processlist WHERE db = ?', [database])
  return rows.map(([id]) => id)
}

/** Another session in a database, which the test may do with as it likes. */
async function sessionIn({ options }: TestDatabase): Promise<mariadb.Connection> {
  return mariadb.createConnection({ ...server.address, database: options.database })
}

describe('what was acknowledged is there, once, when', () => {
  for (const how of ['KILL', 'KILL QUERY'] as const) {
    test(`sessions or statements are ended in the middle of commits: ${how}`, () =>
      withStore({ outageMs: 20_000 }, async (store, database) => {
        const owners = new Owners(store)
        let ended = 0
        for (let round = 0; round < 40; round += 1) {
          await owners.goOn(3)
          for (const id of await sessionsOf(database)) {
            // It may have gone already.
            ended += await server.query(`${how} ${String(id)}`).then(
              () => 1,
              () => 0,
            )
          }
        }
        assert.ok(ended > 40, `only ${ended} were ended`)
        await owners.goOn(20)
        await owners.stop()
      }))
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`the server restarts: ${signal}`, () =>
      withStore({ outageMs: 60_000 }, async (store) => {
        const owners = new Owners(store)
        for (let round = 0; round < 2; round += 1) {
          await owners.goOn(50)
          await server.halt(signal)
          await server.start()
          await owners.goOn(50)
        }
        await owners.stop()
      }))
  }

  test('the server hangs for longer than a request may take', () => {
    const said: string[] = []
    const logger = { ...silentLogger, warn: (message: string) => said.push(message) }
    return withStore({ requestMs: 1_000, outageMs: 60_000, logger }, async (store) => {
      const owners = new Owners(store)
      await owners.goOn(20)
      server.freeze()
      // Sessions were given up, and new ones did not come.
      await until('the store to notice', () => said.includes('the database cannot be reached'))
      server.thaw()
      await owners.goOn(20)
      await owners.stop()
    })
  })
})

test('calls fail in time while the server is down, and go on when it is up', () =>
  withStore({ outageMs: 100 }, async (store) => {
    await store.commit([commitOf('one', 0)])
    await server.halt('SIGTERM')
    const errors = await Promise.all(
      [store.commit([commitOf('one', 1)]), store.load([actorId('one')]), store.prune(0, 1)].map(failure),
    )
    await server.start()
    for (const { code, message, retryable } of errors) {
      assert.equal(code, 'STORE_UNAVAILABLE')
      assert.ok(retryable && message.includes('127.0.0.1'), message)
    }
    assert.deepEqual(await store.commit([commitOf('one', 1)]), ['committed'])
  }))

test('without a connection left, a store makes do with those that it has; one without says what to do', () =>
  withStore({ ...ORDINARY, poolSize: 8, outageMs: 300 }, async (store, { options }) => {
    const others: mariadb.Connection[] = []
    try {
      await store.commit([commitOf('one', 0)])
      for (;;) {
        const other = await mariadb.createConnection({ ...server.address, ...ORDINARY }).catch(() => null)
        if (other === null) break
        others.push(other)
      }
      const group = Array.from({ length: 40 }, (_none, at) => store.commit([commitOf(`many-${at}`, 0)]))
      assert.ok((await Promise.all(group)).every(([verdict]) => verdict === 'committed'))
      const second = new MariadbStore({ ...options, ...ORDINARY, outageMs: 100 })
      const error = await failure(second.start())
      assert.match(error.message, /max_connections/)
      await others.pop()?.end()
      await until('the place to be free', () => second.start().then(() => true))
      assert.equal((await loadOne(second, 'one'))?.revision, 1)
      await second.stop()
    } finally {
      await Promise.all(others.map((other) => other.end()))
    }
  }))

const LOCK_ONE = `SELECT * FROM spawn_actors WHERE system = '${SYSTEM}' AND parent = '' AND name = 'one' FOR UPDATE`

describe('a statement behind a lock', () => {
  test('goes on when the lock is let go', () =>
    withStore({ requestMs: 2_000, outageMs: 60_000 }, async (store, database) => {
      await store.commit([commitOf('one', 0), commitOf('two', 0)])
      const other = await sessionIn(database)
      await other.query('START TRANSACTION')
      await other.query(LOCK_ONE)
      const behind = store.commit([commitOf('one', 1), commitOf('two', 1)])
      await until('the commit to wait', async () => {
        const [row] = await server.query(
          "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
        )
        return Number(row?.[0]) > 0
      })
      await other.query('ROLLBACK')
      assert.deepEqual(await behind, ['committed', 'committed'])
      await other.end()
    }))

  test('ends in time when it is not, says so, and leaves nothing behind', () =>
    withStore({ requestMs: 2_000, outageMs: 0 }, async (store, database) => {
      await store.commit([commitOf('one', 0), commitOf('two', 0)])
      const other = await sessionIn(database)
      await other.query('START TRANSACTION')
      await other.query(LOCK_ONE)
      const error = await failure(store.commit([commitOf('one', 1), commitOf('two', 1)]))
      assert.match(error.message, /a lock did not come in time.*nothing was committed/)
      assert.deepEqual(await store.commit([commitOf('two', 1)]), ['committed'], 'its neighbours go on')
      await other.query('ROLLBACK')
      assert.deepEqual(await store.commit([commitOf('one', 1)]), ['committed'])
      await other.end()
    }))
})

test('two stores that fight for actors in opposite orders: of each pair of commits one is done', () =>
  withStore({}, async (store, { options }) => {
    const other = new MariadbStore(options)
    await other.start()
    const names = Array.from({ length: 60 }, (_none, at) => `actor-${at}`)
    for (let round = 0; round < 20; round += 1) {
      const revisions = (await store.load(names.map((name) => actorId(name)))).map(
        (actor) => actor?.revision ?? 0,
      )
      const attempt = (side: string): Commit[] =>
        names.map((name, at) =>
          commitOf(name, revisions[at] ?? 0, { state: json(side), sends: [envelopeOf(name)] }),
        )
      const [left, right] = await Promise.all([
        store.commit(attempt('left')),
        other.commit(attempt('right').toReversed()),
      ])
      for (const [at, name] of names.entries())
        assert.deepEqual(
          new Set([left[at], right.toReversed()[at]]),
          new Set(['committed', 'conflict']),
          name,
        )
    }
    await other.stop()
  }))

test('a group that is larger than a packet is one group: all of it, or what its conflicts leave', () =>
  withStore({}, async (store) => {
    const state = new Packed('t', new Uint8Array(6 * 1_024 * 1_024).fill(7))
    const payload = new Packed('p', new Uint8Array(6 * 1_024 * 1_024).fill(9))
    const names = ['a', 'b']
    const large = (follows: number): Commit[] =>
      names.map((name) =>
        commitOf(name, follows, { state, sends: [envelopeOf(`${name} ${follows}`, { payload })] }),
      )
    assert.deepEqual(await store.commit(large(0)), ['committed', 'committed'])
    const taking = outsideTaking('never')
    const mixed = [...large(1), taking, commitOf('b', 5)]
    assert.deepEqual(await store.commit(mixed), ['committed', 'committed', 'conflict', 'conflict'])
    for (const name of names) {
      const actor = await loadOne(store, name)
      assert.deepEqual([actor?.revision, actor?.state?.value.length], [2, state.value.length])
    }
    const found = await store.envelopes(
      SYSTEM,
      names.flatMap((name) => [`${name} 0`, `${name} 1`]),
    )
    assert.ok(found.every((envelope) => envelope?.payload?.value.length === payload.value.length))
    const places = found.map((envelope) => envelope?.place)
    assert.equal(new Set(places).size, 4)
  }))

function outsideTaking(id: string): Commit {
  return commitOf(actorId(''), 0, { revision: 0, birth: 0, state: null, takes: [id] })
}

test('many members start at once on an empty database: one makes the tables', async () => {
  await server.query('CREATE DATABASE spawn_test_starters')
  const options = { ...server.address, database: 'spawn_test_starters', tls: null, poolSize: 1 }
  const stores = Array.from({ length: 8 }, () => new MariadbStore(options))
  const done = await Promise.all(stores.map((store) => store.schema.migrate()))
  assert.equal(done.filter((migrations) => migrations.length > 0).length, 1)
  await Promise.all(stores.map((store) => store.start()))
  const verdicts = await Promise.all(stores.map((store, at) => store.commit([commitOf(`one-${at}`, 0)])))
  assert.ok(verdicts.every(([verdict]) => verdict === 'committed'))
  await Promise.all(stores.map((store) => store.stop()))
  await server.query('DROP DATABASE spawn_test_starters')
})

describe('the schema of a database', () => {
  test('that was cut off in a migration is brought to its end', () =>
    withStore({}, async (store, { query }) => {
      await store.stop()
      await query('DELETE FROM spawn_migrations')
      await query('DROP TABLE spawn_places')
      const { pending, version } = await store.schema.status()
      assert.deepEqual([version, pending.length], [0, 1])
      await store.start()
      assert.deepEqual(await store.commit([commitOf('one', 0, { sends: [envelopeOf('a')] })]), ['committed'])
    }))

  test('of a newer release is refused, and left as it is', () =>
    withStore({}, async (store, { query }) => {
      await store.stop()
      await query("INSERT INTO spawn_migrations VALUES (99, 'of the future', UTC_TIMESTAMP())")
      assert.match((await failure(store.start())).message, /99.*newer release/)
      assert.match((await failure(store.schema.migrate())).message, /99.*newer release/)
      await query('DELETE FROM spawn_migrations WHERE version = 99')
    }))

  test('that is behind is refused by a store that must not change it', async () => {
    await server.query('CREATE DATABASE spawn_test_behind')
    const options = { ...server.address, database: 'spawn_test_behind', tls: null }
    const careful = new MariadbStore({ ...options, migrates: false })
    assert.match((await failure(careful.start())).message, /spawn store migrate/)
    await careful.schema.migrate()
    await careful.start()
    await careful.stop()
    await server.query('DROP DATABASE spawn_test_behind')
  })
})

describe('a server that would lose what it acknowledges', () => {
  for (const unsafe of [0, 2]) {
    test(`is refused: innodb_flush_log_at_trx_commit = ${unsafe}`, () =>
      withStore({}, async (_store, { options }) => {
        await server.query(`SET GLOBAL innodb_flush_log_at_trx_commit = ${unsafe}`)
        try {
          const error = await failure(new MariadbStore(options).start())
          assert.match(error.message, /SET GLOBAL innodb_flush_log_at_trx_commit = 1/)
          assert.equal(error.code, 'STORE_UNAVAILABLE')
        } finally {
          await server.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1')
        }
      }))
  }

  test('a replica is waited for, until it is the primary', () =>
    withStore({}, async (_store, { options }) => {
      await server.query('SET GLOBAL read_only = ON')
      try {
        const hasty = new MariadbStore({ ...options, outageMs: 50 })
        assert.match((await failure(hasty.start())).message, /read-only/)
        const patient = new MariadbStore({ ...options, outageMs: 60_000 })
        const starting = patient.start()
        await server.query('SET GLOBAL read_only = OFF')
        await starting
        await patient.stop()
      } finally {
        await server.query('SET GLOBAL read_only = OFF')
      }
    }))
})

describe('who is not let in is told why, at once:', () => {
  const refused = async (options: DatabaseOptions): Promise<string> => {
    const error = await failure(new MariadbStore({ ...options, outageMs: 60_000 }).start())
    assert.equal(error.code, 'STORE_UNAVAILABLE')
    return error.message
  }

  test('a wrong password, a database that is not there, a user without rights', () =>
    withStore({}, async (_store, { options }) => {
      const { database } = options
      assert.match(await refused({ ...options, password: 'wrong' }), /password is wrong/)
      assert.doesNotMatch(await refused({ ...options, password: 'wrong' }), /s3cret|'wrong'/)
      assert.match(await refused({ ...options, database: 'nowhere' }), /does not exist; create it/)
      await server.query("CREATE USER careful IDENTIFIED BY 'right'")
      const careful = { ...options, user: 'careful', password: 'right', migrates: false }
      assert.match(await refused(careful), /may not use the database/)
      await server.query(`GRANT SELECT ON ${database}.* TO careful`)
      const reader = new MariadbStore(careful)
      await reader.start()
      assert.equal(await loadOne(reader, 'one'), null)
      assert.match((await failure(reader.commit([commitOf('one', 0)]))).message, /grant the user the rights/)
      await reader.stop()
      // As docs/operations.md has it. It counts for sessions that begin then.
      await server.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${database}.* TO careful`)
      await reader.start()
      assert.deepEqual(await reader.commit([commitOf('one', 0, { sends: [envelopeOf('a')] })]), ['committed'])
      assertStored(await loadOne(reader, 'one'), commitOf('one', 0))
      await reader.stop()
    }))

  test('the rights that docs/operations.md grants are enough to make the tables', async () => {
    await server.query('CREATE DATABASE spawn_test_owned')
    await server.query("CREATE USER owner IDENTIFIED BY 'own'")
    await server.query(
      'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON spawn_test_owned.* TO owner',
    )
    const store = new MariadbStore({
      ...server.address,
      user: 'owner',
      password: 'own',
      database: 'spawn_test_owned',
      tls: null,
    })
    await store.start()
    assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'])
    await store.stop()
    await server.query('DROP DATABASE spawn_test_owned')
  })

  test('over the Unix socket of the server', () =>
    withStore({ host: server.socketPath }, async (store) => {
      assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'])
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
        const over = new MariadbStore({ ...options, tls: good })
        await over.start()
        assert.equal((await loadOne(over, 'one'))?.revision, 1)
        await over.stop()
      }
    }))

  /** Restarts the server with a certificate of this name. */
  async function speakTls(name: string): Promise<string> {
    const [key, certificate] = [join(server.folder, 'server.key'), join(server.folder, 'server.crt')]
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`]
    const files = ['-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', certificate]
    execFileSync('openssl', [...request, ...files], { stdio: 'pipe' })
    server.own(key, certificate)
    await server.halt('SIGTERM')
    await server.start([`--ssl-key=${key}`, `--ssl-cert=${certificate}`])
    return readFileSync(certificate, 'utf8')
  }
})
