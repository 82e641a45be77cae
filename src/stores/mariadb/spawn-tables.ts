// The table of Spawn's Elixir runtime in MariaDB: `snapshots`, whose past are the versions of its rows. Decides what is asked of
// it. It is only read, in one transaction, page by page in the order of its key; so the server may be set up in a way in which
// it could not be a store.

import { createConnection as createSocket, type Socket } from 'node:net'
import { isSpawnError, LIMITS, messageOf, SpawnError } from '../../base/index.ts'
import type { SpawnPastRow, SpawnRow, SpawnTables } from '../../ports/index.ts'
import { BatchSize } from '../sql/batch-size.ts'
import { type DatabaseOptions, type SettledDatabaseOptions, settledOptions } from '../sql/options.ts'
import type { Row } from '../sql/rows.ts'
import { bytesIn, spawnPastRow, spawnRow } from '../sql/spawn-rows.ts'
import { within } from '../sql/within.ts'
import { type Client, configOf, loadDriver, type Value } from './connection.ts'

const epochMs = (...columns: readonly string[]): string =>
  `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', COALESCE(${columns.join(', ')})) DIV 1000`

const CURRENT = `SELECT id, \`system\`, actor, revision, CONVERT(tags USING utf8mb4), data_type, data, ${epochMs('updated_at', 'inserted_at')}
  FROM snapshots WHERE id > ? ORDER BY id LIMIT ?`

/** The newest first, from the key's end. */
const PAST = `SELECT h.id, h.\`system\`, h.actor, h.revision, CONVERT(h.tags USING utf8mb4), h.data_type, h.data,
    ${epochMs('h.updated_at', 'h.ROW_START')}, s.id, s.\`system\`, s.actor, CAST(h.ROW_END AS CHAR)
  FROM snapshots FOR SYSTEM_TIME ALL AS h LEFT JOIN snapshots AS s ON s.id = h.id
  WHERE h.ROW_END <= NOW(6) AND (h.id < ? OR (h.id = ? AND h.ROW_END < ?))
  ORDER BY h.id DESC, h.ROW_END DESC LIMIT ?`

const BEHIND_ALL = { id: Number.MAX_SAFE_INTEGER, rowEnd: '1970-01-01 00:00:01' }

const NO_TABLE = 1_146
const NOT_VERSIONED = 4_124

const CONNECT_MS = 10_000
/** A page of a table without the right index may take long. */
const REQUEST_MS = 3_600_000
const GRACE_MS = 1_000
/** The server should have given a statement up by then. */
const LIMIT_MS = REQUEST_MS + GRACE_MS

/** Who takes the rows in may take its time with them. */
const BEGIN = [
  `SET SESSION time_zone = '+00:00', SESSION max_statement_time = ${REQUEST_MS / 1_000},
    SESSION idle_transaction_timeout = 0, SESSION idle_readonly_transaction_timeout = 0`,
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
  'SELECT id FROM snapshots LIMIT 1',
]

export class MariadbSpawnTables implements SpawnTables {
  readonly #options: SettledDatabaseOptions
  #socket: Socket | null = null
  #client: Client | null = null

  constructor(options: DatabaseOptions) {
    this.#options = settledOptions(options)
  }

  async open(): Promise<void> {
    const { host, port } = this.#options
    const driver = await loadDriver()
    const socket = host.startsWith('/') ? createSocket(host) : createSocket(port, host)
    this.#socket = socket
    const client = await this.#asking(CONNECT_MS, () =>
      driver.createConnection(configOf(this.#options, socket)),
    )
    // What a session hears between two statements, the next one says.
    client.on('error', () => socket.destroy())
    this.#client = client
    for (const sql of BEGIN) await this.#asking(LIMIT_MS, () => client.query({ sql }))
  }

  async *current(): AsyncGenerator<readonly SpawnRow[]> {
    const size = new BatchSize(LIMITS.loadGroup)
    let after = Number.MIN_SAFE_INTEGER
    for (;;) {
      const asked = size.rows
      const rows = await this.#rows(CURRENT, [after, asked])
      if (rows.length === 0) return
      size.note(rows.length, bytesIn(rows))
      after = Number(rows.at(-1)?.[0])
      yield rows.map(spawnRow)
    }
  }

  async *past(): AsyncGenerator<readonly SpawnPastRow[]> {
    const size = new BatchSize(LIMITS.loadGroup)
    let { id, rowEnd } = BEHIND_ALL
    for (;;) {
      const rows = await this.#pastRows([id, id, rowEnd, size.rows])
      const last = rows.at(-1)
      if (last === undefined) return
      size.note(rows.length, bytesIn(rows))
      id = Number(last[0])
      rowEnd = String(last[11])
      yield rows.map(spawnPastRow)
    }
  }

  async close(): Promise<void> {
    const client = this.#client
    const socket = this.#socket
    this.#client = null
    this.#socket = null
    if (client === null || socket?.destroyed !== false) return void socket?.destroy()
    await within(
      this.#options.clock,
      GRACE_MS,
      () => client.end(),
      () => socket.destroy(),
    ).catch(() => socket.destroy())
  }

  /** None where rows have no versions. */
  async #pastRows(values: readonly Value[]): Promise<readonly Row[]> {
    try {
      return await this.#rows(PAST, values)
    } catch (thrown) {
      if (isSpawnError(thrown) && errnoOf(thrown.cause) === NOT_VERSIONED) return []
      throw thrown
    }
  }

  async #rows(sql: string, values: readonly Value[]): Promise<readonly Row[]> {
    const client = this.#client
    if (client === null) throw new SpawnError('DEFECT', 'the tables were read before they were opened')
    const rows = await this.#asking(LIMIT_MS, () => client.execute({ sql }, values))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the driver answers rows as arrays
    return rows as readonly Row[]
  }

  async #asking<Answer>(limitMs: number, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await within(this.#options.clock, limitMs, ask, () => this.#socket?.destroy())
    } catch (thrown) {
      throw this.#error(thrown)
    }
  }

  #error(cause: unknown): SpawnError {
    const { database, host, port } = this.#options
    const address = `${host}:${port}/${database}`
    if (errnoOf(cause) === NO_TABLE) {
      const message = `the database ${address} has no table "snapshots": Spawn has kept nothing there`
      return new SpawnError('INVALID_ARGUMENT', message, { cause })
    }
    const message = `the tables of Spawn in the MariaDB at ${address} cannot be read (${reasonOf(cause)}): see that it runs and this user may read them, and run it again`
    return new SpawnError('STORE_UNAVAILABLE', message, { cause, retryable: false })
  }
}

function errnoOf(thrown: unknown): number | null {
  return thrown instanceof Error && 'errno' in thrown && typeof thrown.errno === 'number'
    ? thrown.errno
    : null
}

/** What MariaDB said, without the statement that the driver puts behind it. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error && 'sqlMessage' in thrown && typeof thrown.sqlMessage === 'string')
    return thrown.sqlMessage
  return messageOf(thrown)
}
