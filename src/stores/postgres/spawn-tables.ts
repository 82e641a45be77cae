// The tables of Spawn's Elixir runtime in Postgres: `snapshots` and `historical_snapshots`, as the search path of the user
// finds them. Decides what is asked of them. All of it is one read-only transaction, so of one moment; cursors read the rows
// in one go, whatever indexes there are.

import { isSpawnError, LIMITS, messageOf, SpawnError } from '../../base/index.ts'
import type { SpawnPastRow, SpawnRow, SpawnTables } from '../../ports/index.ts'
import { BatchSize } from '../sql/batch-size.ts'
import { type DatabaseOptions, settledOptions } from '../sql/options.ts'
import type { Row } from '../sql/rows.ts'
import { NotConnected } from '../sql/session.ts'
import { bytesIn, spawnPastRow, spawnRow } from '../sql/spawn-rows.ts'
import { Connection } from './connection.ts'
import { storeError } from './failures.ts'

/** A sort of all that there is may take long. */
const REQUEST_MS = 3_600_000

const epochMs = (...columns: readonly string[]): string =>
  `floor(extract(epoch FROM coalesce(${columns.join(', ')})) * 1000)::bigint`

const CURRENT = `SELECT id, system, actor, revision, tags::text, data_type, data, ${epochMs('updated_at', 'inserted_at')}
  FROM snapshots ORDER BY id`

/** The newest first: rows were only ever added. */
const PAST = `SELECT h.actor_id, h.system, h.actor, h.revision, h.tags::text, h.data_type, h.data,
    ${epochMs('h.updated_at', 'h.valid_from', 'h.inserted_at')}, s.id, s.system, s.actor
  FROM historical_snapshots h LEFT JOIN snapshots s ON s.id = h.actor_id
  ORDER BY h.actor_id, h.historical_id DESC`

export class PostgresSpawnTables implements SpawnTables {
  readonly #options: DatabaseOptions
  #connection: Connection | null = null

  constructor(options: DatabaseOptions) {
    this.#options = { ...options, requestMs: REQUEST_MS }
  }

  async open(): Promise<void> {
    await this.#asking(async () => {
      this.#connection = await Connection.open(settledOptions(this.#options))
      // Who takes the rows in may take its time with them.
      await this.#connection.run(
        'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0',
      )
      if (await this.#has('snapshots')) return
      const { database, host } = this.#options
      const message = `the database ${database} on ${host} has no table "snapshots": Spawn has kept nothing there that this user finds`
      throw new SpawnError('INVALID_ARGUMENT', message)
    })
  }

  async *current(): AsyncGenerator<readonly SpawnRow[]> {
    for await (const rows of this.#fetched('spawn_current', CURRENT)) yield rows.map(spawnRow)
  }

  async *past(): AsyncGenerator<readonly SpawnPastRow[]> {
    if (!(await this.#asking(() => this.#has('historical_snapshots')))) return
    for await (const rows of this.#fetched('spawn_past', PAST)) yield rows.map(spawnPastRow)
  }

  async close(): Promise<void> {
    await this.#connection?.end()
    this.#connection = null
  }

  async *#fetched(cursor: string, select: string): AsyncGenerator<readonly Row[]> {
    await this.#asking(() => this.#open.run(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${select}`))
    const size = new BatchSize(LIMITS.loadGroup)
    for (;;) {
      const text = `FETCH ${size.rows} FROM ${cursor}`
      const rows = await this.#asking(() => this.#open.query({ name: '', text }, []))
      if (rows.length === 0) break
      size.note(rows.length, bytesIn(rows))
      yield rows
    }
    await this.#asking(() => this.#open.run(`CLOSE ${cursor}`))
  }

  async #has(table: string): Promise<boolean> {
    const text = 'SELECT to_regclass($1) IS NOT NULL'
    const rows = await this.#open.query({ name: '', text }, [table])
    return rows[0]?.[0] === true
  }

  get #open(): Connection {
    if (this.#connection === null)
      throw new SpawnError('DEFECT', 'the tables were read before they were opened')
    return this.#connection
  }

  #error(thrown: unknown): SpawnError {
    const { database, host, port } = this.#options
    const address = `${host}:${port}/${database}`
    if (isSpawnError(thrown) || thrown instanceof NotConnected) return storeError(address, thrown)
    const message = `the tables of Spawn in the Postgres at ${address} cannot be read (${messageOf(thrown)}): see that this user may read them, and run it again`
    return new SpawnError('STORE_UNAVAILABLE', message, { cause: thrown, retryable: false })
  }

  async #asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask()
    } catch (thrown) {
      throw this.#error(thrown)
    }
  }
}
