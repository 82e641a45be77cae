// The MariaDB store and a server at the beginning: tables that are made, cut off, or of another release; settings under which it would
// lose what it acknowledges; users and sockets that are let in or not.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Connection } from '../../src/stores/mariadb/connection.ts'
import { type DatabaseOptions, MariadbStore } from '../../src/stores/mariadb/index.ts'
import type { Database } from '../../src/stores/mariadb/database.ts'
import { SETTLE } from '../../src/stores/mariadb/block.ts'
import { DELETE } from '../../src/stores/mariadb/commit-statement.ts'
import { pastStatements } from '../../src/stores/mariadb/past.ts'
import { settledOptions } from '../../src/stores/sql/options.ts'
import { ConnectionLost } from '../../src/stores/sql/session.ts'
import { assertStored, commitOf, envelopeOf, loadOne, NOON_MS } from '../../src/testing/statestore-fixture.ts'
import { until } from '../../src/testing/index.ts'
import { PrivateMariadb } from '../servers/mariadb.ts'
import { failure, refused as refusedBy, withMariadb as withStore } from './server-fixture.ts'

let server: PrivateMariadb
before(async () => {
  server = await PrivateMariadb.start()
})
after(() => server.end())

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
    withStore(server, {}, async (store, { query }) => {
      await store.stop()
      await query('DELETE FROM spawn_migrations')
      await query('DROP TABLE spawn_places')
      const { pending, version } = await store.schema.status()
      assert.deepEqual([version, pending.length], [0, 2])
      await store.start()
      assert.deepEqual(await store.commit([commitOf('one', 0, { sends: [envelopeOf('a')] })]), ['committed'])
    }))

  test('of a newer release is refused, and left as it is', () =>
    withStore(server, {}, async (store, { query }) => {
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
      withStore(server, {}, async (_store, { options }) => {
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
    withStore(server, {}, async (_store, { options }) => {
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

test('a server that has no room for another prepared statement is waited for, and its session is not used again', () =>
  withStore(server, {}, async (store, { options }) => {
    assert.deepEqual(await store.commit([commitOf('a', 0)]), ['committed'])
    const group = (revision: number) =>
      ['a', 'b'].map((name) => commitOf(name, name === 'a' ? revision : revision - 1))
    // It executes what was prepared last in the place of what it did not prepare; so nobody knows what it did.
    await server.query('SET GLOBAL max_prepared_stmt_count = 0')
    try {
      const hasty = new MariadbStore({ ...options, migrates: false, outageMs: 50 })
      const error = await failure(hasty.start())
      assert.equal(error.code, 'STORE_UNAVAILABLE')
      assert.match(error.message, /raise its max_prepared_stmt_count/)
      const sessions = await server.query(
        'SELECT id FROM information_schema.processlist WHERE db IS NOT NULL',
      )
      const committed = store.commit(group(1))
      const isNew = async (): Promise<boolean> =>
        (await server.query('SELECT id FROM information_schema.processlist WHERE db IS NOT NULL')).some(
          ([id]) => !sessions.some(([before]) => before === id),
        )
      await until('another session to be tried', isNew)
      await server.query('SET GLOBAL max_prepared_stmt_count = DEFAULT')
      assert.deepEqual(await committed, ['committed', 'committed'])
      assert.equal((await loadOne(store, 'a'))?.revision, 2)
    } finally {
      await server.query('SET GLOBAL max_prepared_stmt_count = DEFAULT')
    }
  }))

test('on such a server what cannot be prepared is not executed, nor anything else in its place', () =>
  withStore(server, {}, async (_store, { options }) => {
    const session = await Connection.open(settledOptions(options))
    try {
      // Were this one executed, its rows would be an answer that the driver does not expect, which ends the process.
      assert.deepEqual(await session.rows('SELECT ?, 1', [7]), [[7, 1]])
      const [[, count] = []] = await server.query("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'")
      await server.query(`SET GLOBAL max_prepared_stmt_count = ${Number(count)}`)
      const asked = [2, 3].map((at) => session.rows(`SELECT ?, ${at}`, [at]))
      const answers = await Promise.allSettled(asked)
      assert.deepEqual(
        answers.map(({ status }) => status),
        ['rejected', 'rejected'],
      )
      await assert.rejects(async () => asked[0], /max_prepared_stmt_count/)
    } finally {
      await server.query('SET GLOBAL max_prepared_stmt_count = DEFAULT')
      session.destroy()
    }
  }))

test('on such a server a block that cannot be prepared is not executed, nor a read in its place', () =>
  withStore(server, {}, async (_store, { options }) => {
    const session = await Connection.open(settledOptions(options))
    try {
      // It has no parameters, so it takes the values of any other.
      assert.deepEqual(await session.rows('SELECT 1', []), [[1]])
      await server.query('SET GLOBAL max_prepared_stmt_count = 0')
      const values = [1, 1, 1, ...['s', '', 'a'].map((name) => Buffer.from(name)), 1, 1]
      await assert.rejects(session.objection(DELETE, values), /max_prepared_stmt_count/)
    } finally {
      await server.query('SET GLOBAL max_prepared_stmt_count = DEFAULT')
      session.destroy()
    }
  }))

test('on such a server a commit of a new shape is executed when it is prepared, and nothing in its place', () =>
  withStore(server, {}, async (_store, { options }) => {
    const store = new MariadbStore({ ...options, migrates: false, poolSize: 1, outageMs: 50 })
    await store.start()
    const others = ['b', 'c'].map((name) => commitOf(name, 0))
    // What was prepared last: a read, whose rows nobody expects; a block, which would do something else with these values.
    const before = [
      () => store.systems(),
      () => store.commit([commitOf('a', 0)]),
      () => store.commit([commitOf('d', 0, { sends: [envelopeOf('e')] })]),
    ]
    try {
      for (const prepare of before) {
        await prepare()
        await server.query('SET GLOBAL max_prepared_stmt_count = 0')
        const error = await failure(store.commit(others))
        assert.equal(error.code, 'STORE_UNAVAILABLE')
        assert.match(error.message, /raise its max_prepared_stmt_count/)
        await server.query('SET GLOBAL max_prepared_stmt_count = DEFAULT')
        for (const name of ['b', 'c']) assert.equal(await loadOne(store, name), null)
      }
      assert.equal((await loadOne(store, 'a'))?.revision, 1)
      assert.deepEqual(await store.commit(others), ['committed', 'committed'])
    } finally {
      await server.query('SET GLOBAL max_prepared_stmt_count = DEFAULT')
      await store.stop()
    }
  }))

test('on such a server nothing is pruned in the place of a statement that it does not prepare, and pruning goes on', () =>
  withStore(server, {}, async (store, { options, query }) => {
    const outcomes = [0, 1].map((at) => ({ key: `key ${at}`, reply: null, expiresAtMs: NOON_MS + at }))
    assert.deepEqual(await store.commit([commitOf('a', 0, { outcomes })]), ['committed'])
    // As many numbers as pruning has, which would be taken for a time and a limit, or more; and what settles a commit.
    const others = [2, 3, 8].map((count) => `SELECT ${Array.from({ length: count }, () => '?').join()}`)
    for (const sql of [...others, SETTLE]) {
      const values = Array.from(sql.matchAll(/\?/g), () => NOON_MS * 2)
      const session = await Connection.open(settledOptions(options))
      const database = { ask: (work: (asked: Connection) => unknown) => work(session) } as unknown as Database
      try {
        assert.equal(await pastStatements(database).prune(NOON_MS - 1, 10), 0)
        await server.query('SET GLOBAL max_prepared_stmt_count = 0')
        await assert.rejects(session.rows(sql, values), /max_prepared_stmt_count/)
        assert.equal((await query('SELECT 1 FROM spawn_outcomes')).length, 2, sql)
      } finally {
        await server.query('SET GLOBAL max_prepared_stmt_count = DEFAULT')
        session.destroy()
      }
    }
    await server.query('SET GLOBAL max_prepared_stmt_count = 0')
    try {
      assert.equal(await store.prune(NOON_MS, 10), 1, 'what has expired goes')
    } finally {
      await server.query('SET GLOBAL max_prepared_stmt_count = DEFAULT')
    }
  }))

describe('who is not let in is told why, at once:', () => {
  const open = (options: DatabaseOptions): MariadbStore => new MariadbStore(options)
  const refused = (options: DatabaseOptions): Promise<string> => refusedBy(open, options)

  test('a wrong password, a database that is not there, a user without rights', () =>
    withStore(server, {}, async (_store, { options }) => {
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
    withStore(server, { host: server.socketPath }, async (store) => {
      assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'])
    }))
})

test('a session that is given up answers all that was asked of it, at once: nothing of it keeps the process alive', async () => {
  const options = settledOptions({ ...server.address, database: '', tls: null, requestMs: 600_000 })
  const session = await Connection.open(options)
  const asked = [1, 2].map((value) => session.rows('SELECT SLEEP(?)', [value]))
  session.destroy()
  const ends = await Promise.allSettled(asked)
  for (const end of ends) assert.ok(end.status === 'rejected' && end.reason instanceof ConnectionLost)
})
