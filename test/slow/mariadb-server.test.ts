// The MariaDB store and a server that ends sessions and statements, restarts, crashes, hangs, has no connection left, lets
// statements wait, and takes no large packets: a private one, which the tests may treat so.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as mariadb from 'mariadb'
import { type Commit, silentLogger } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { type DatabaseOptions, MariadbStore } from '../../src/stores/mariadb/index.ts'
import { until } from '../../src/testing/index.ts'
import { actorId, commitOf, envelopeOf, json, loadOne, SYSTEM } from '../../src/testing/statestore-fixture.ts'
import { PrivateMariadb, type TestDatabase } from '../servers/mariadb.ts'
import {
  checkCertificates,
  checkNewPassword,
  failure,
  withMariadb as withStore,
} from '../conformance/server-fixture.ts'
import { makeCertificate } from '../servers/certificate.ts'
import { Crew } from '../conformance/crew.ts'
import { Owners } from '../conformance/owners.ts'

let server: PrivateMariadb
before(async () => {
  server = await PrivateMariadb.start(['--max-connections=14'])
  // One who has no connection to spare.
  await server.query("CREATE USER ordinary IDENTIFIED BY 'ordinary'")
  await server.query('GRANT ALL ON `spawn\\_test\\_%`.* TO ordinary')
})
after(() => server.end())

const ORDINARY = { user: 'ordinary', password: 'ordinary' }

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
      withStore(server, { outageMs: 20_000 }, async (store, database) => {
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

  for (const how of ['KILL', 'KILL QUERY'] as const) {
    test(`the same, of groups of calls alone: ${how}`, () =>
      withStore(server, { outageMs: 20_000 }, async (store, database) => {
        const crews = ['a', 'b', 'c'].map((name) => new Crew(store, name))
        for (let round = 0; round < 60; round += 1) {
          await Promise.all(crews.map((crew) => crew.goOn(2)))
          for (const id of await sessionsOf(database))
            // It may have gone already.
            await server.query(`${how} ${String(id)}`).catch(() => null)
        }
        for (const crew of crews) await crew.stop()
      }))
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`the server restarts: ${signal}`, () =>
      withStore(server, { outageMs: 60_000 }, async (store) => {
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
    return withStore(server, { requestMs: 1_000, outageMs: 60_000, logger }, async (store) => {
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
  withStore(server, { outageMs: 100 }, async (store) => {
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
  withStore(server, { ...ORDINARY, poolSize: 8, outageMs: 300 }, async (store, { options }) => {
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

/** Whether a transaction waits for a lock. */
async function isWaiting(): Promise<boolean> {
  const [row] = await server.query(
    "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
  )
  return Number(row?.[0]) > 0
}

/** The server shows what it saw when it was last asked, unless that is more than a tenth of a second ago. */
const SEEN = { pauseMs: 150 }

describe('a statement behind a lock', () => {
  test('goes on when the lock is let go', () =>
    withStore(server, { requestMs: 2_000, outageMs: 60_000 }, async (store, database) => {
      await store.commit([commitOf('one', 0), commitOf('two', 0)])
      const other = await sessionIn(database)
      await other.query('START TRANSACTION')
      await other.query(LOCK_ONE)
      const behind = store.commit([commitOf('one', 1), commitOf('two', 1)])
      await until('the commit to wait', isWaiting, SEEN)
      await other.query('ROLLBACK')
      assert.deepEqual(await behind, ['committed', 'committed'])
      await other.end()
    }))

  test('that waits for one of ours is given up, or that one is: the commit is done', () =>
    withStore(server, { outageMs: 60_000 }, async (store, database) => {
      await store.commit([commitOf('one', 0), commitOf('two', 0)])
      const other = await sessionIn(database)
      await other.query('CREATE TABLE scratch (n INT) ENGINE = InnoDB')
      await other.query('START TRANSACTION')
      // The server gives up who has changed less.
      await other.query('INSERT INTO scratch SELECT seq FROM seq_1_to_1000')
      await other.query(LOCK_ONE.replace("'one'", "'two'"))
      const behind = store.commit([commitOf('one', 1), commitOf('two', 1)])
      await until('the commit to wait', isWaiting, SEEN)
      await other.query(LOCK_ONE)
      await other.query('ROLLBACK')
      assert.deepEqual(await behind, ['committed', 'committed'])
      const [row] = await server.query(
        "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Innodb_deadlocks'",
      )
      assert.equal(Number(row?.[0]), 1)
      await other.query('DROP TABLE scratch')
      await other.end()
    }))

  test('ends in time when it is not, says so, and leaves nothing behind', () =>
    withStore(server, { requestMs: 2_000, outageMs: 0 }, async (store, database) => {
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
  withStore(server, {}, async (store, { options }) => {
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
  withStore(server, {}, async (store) => {
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

describe('who is let in', () => {
  const open = (options: DatabaseOptions): MariadbStore => new MariadbStore(options)

  test('a certificate that nobody vouches for, one that has expired, and a server without TLS', () =>
    withStore(server, {}, (_store, { options }) =>
      checkCertificates(open, options, async (name, isOver) => {
        const { ca, certificate, key } = makeCertificate(server.folder, name, isOver)
        server.own(key, certificate)
        await server.halt('SIGTERM')
        await server.start([`--ssl-key=${key}`, `--ssl-cert=${certificate}`])
        return ca
      }),
    ))

  test('a password that was changed: sessions that are open go on', () =>
    withStore(server, {}, async (_store, { options }) => {
      await server.query("CREATE USER turning IDENTIFIED BY 'first'")
      await server.query(`GRANT ALL ON ${options.database}.* TO turning`)
      await checkNewPassword(open, { ...options, user: 'turning', password: 'first' }, async (to) => {
        await server.query(`ALTER USER turning IDENTIFIED BY '${to}'`)
      })
    }))
})
