// The actors of Spawn's Elixir runtime, taken over from a real MariaDB server.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Clock, systemClock } from '../../src/base/index.ts'
import { MariadbSpawnTables } from '../../src/stores/mariadb/index.ts'
import { until } from '../../src/testing/index.ts'
import { mariadbFraming } from '../faults/mariadb-framing.ts'
import { TcpProxy } from '../faults/tcp-proxy.ts'
import { endMariadb, mariadbServer } from '../servers/mariadb.ts'
import type { ElixirDatabase, Saved } from './elixir.ts'
import { elixirCases } from './elixir-cases.ts'

const TABLE = `(id BIGINT PRIMARY KEY, actor TEXT, system TEXT, status TEXT, node TEXT, revision INT DEFAULT 0,
  tags JSON, data_type TEXT, data LONGBLOB, inserted_at DATETIME(6), updated_at DATETIME(6))
  CHARACTER SET utf8mb4 WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME`

let count = 0

async function open(): Promise<ElixirDatabase> {
  const server = await mariadbServer()
  const database = `eigr_${process.pid}_${(count += 1)}`
  const table = `${database}.snapshots`
  await server.query(`CREATE DATABASE ${database}`)
  await server.query(`CREATE TABLE ${table} ${TABLE}`)
  const { host, password, port, user } = server.address
  /** By the server's clock, which the versions of rows go by. */
  const at = async (atMs: number, sql: string, values: readonly unknown[]): Promise<void> => {
    await server.query(`SET @@timestamp = ${atMs / 1_000}`)
    await server.query(sql, values)
    await server.query('SET @@timestamp = DEFAULT')
  }
  return {
    url: `mariadb://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
    save: ({ actor, atMs, data, dataType, id, revision, system, tags }: Saved) =>
      at(
        atMs,
        `INSERT INTO ${table} (id, actor, system, status, node, revision, tags, data_type, data, inserted_at, updated_at)
         VALUES (?, ?, ?, 'UNSET', 'node@host', ?, ?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE actor = VALUES(actor), system = VALUES(system), revision = VALUES(revision),
           tags = VALUES(tags), data_type = VALUES(data_type), data = VALUES(data), updated_at = VALUES(updated_at)`,
        [id, actor, system, revision, JSON.stringify(tags), dataType, data, datetime(atMs), datetime(atMs)],
      ),
    remove: (id, atMs) => at(atMs, `DELETE FROM ${table} WHERE id = ?`, [id]),
    dropPast: async () => {
      await server.query(`ALTER TABLE ${table} REMOVE PARTITIONING`)
      await server.query(`ALTER TABLE ${table} DROP SYSTEM VERSIONING`)
    },
    end: async () => void (await server.query(`DROP DATABASE ${database}`)),
  }
}

/** UTC, as the runtime writes it. */
function datetime(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, -1).replace('T', ' ')
}

elixirCases('MariaDB', open)

test('a server that says nothing any more is given up when an hour is over', async () => {
  const database = await open()
  const { hostname, password, pathname, port, username } = new URL(database.url)
  const proxy = await TcpProxy.start({ host: hostname, port: Number(port) }, mariadbFraming)
  const overdue: (() => void)[] = []
  const clock: Clock = {
    ...systemClock,
    after(delayMs, task, options) {
      if (delayMs < 3_600_000) return systemClock.after(delayMs, task, options)
      overdue.push(task)
      return { cancel: () => void overdue.splice(overdue.indexOf(task), 1) }
    },
  }
  const user = decodeURIComponent(username)
  const tables = new MariadbSpawnTables({
    ...proxy.address,
    user,
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    tls: null,
    clock,
  })
  await tables.open()
  proxy.fate = () => 'swallow'
  const reading = assert.rejects(tables.current().next(), {
    code: 'STORE_UNAVAILABLE',
    message: /no answer within 3601000 ms/,
  })
  await until('the rows to be waited for', () => overdue.length === 1 && proxy.seen.length > 0)
  overdue[0]?.()
  await reading
  await tables.close()
  await proxy.stop()
  await database.end()
})

after(endMariadb)
