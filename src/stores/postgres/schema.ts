// The schema of a database: which version it has, and bringing it up to date. Everything that is pending happens in one
// transaction under a lock that all members share: one migrates, the others wait and find it done; one that dies leaves it as it was.

import { SpawnError } from '../../base/index.ts'
import type { Migration } from '../../ports/index.ts'
import { DatabaseSchema } from '../sql/database-schema.ts'
import { askMs } from '../sql/migration-turn.ts'
import type { SettledDatabaseOptions } from '../sql/options.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { sqlState } from './failures.ts'
import { MIGRATIONS } from './migrations.ts'

/** A number that others hardly use: the letters "spawn". */
const LOCK = 0x73_70_61_77_6e
const LOCK_NOT_AVAILABLE = '55P03'

/** Whether our list of versions is there, and whether anything is. */
const FOUND = `SELECT to_regclass('spawn.migrations') IS NOT NULL,
  EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('spawn') AND relkind IN ('r', 'p', 'v', 'm', 'f'))`
const VERSION = 'SELECT coalesce(max(version), 0) FROM spawn.migrations'
const RECORD = 'INSERT INTO spawn.migrations (version, title) VALUES ($1, $2)'

/** The schema may have been made by somebody who may, for a user who may not. */
const SCHEMA = `DO $$ BEGIN
  IF to_regnamespace('spawn') IS NULL THEN CREATE SCHEMA spawn; END IF;
  CREATE TABLE IF NOT EXISTS spawn.migrations (
    version int4 PRIMARY KEY,
    title text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
  );
END $$`

export class PostgresSchema extends DatabaseSchema<Connection> {
  readonly #options: SettledDatabaseOptions

  constructor(database: Database) {
    super(database, MIGRATIONS)
    this.#options = database.options
  }

  protected versionBy(connection: Connection): Promise<number> {
    return versionOf(connection)
  }

  protected async attempt(connection: Connection): Promise<readonly Migration[] | null> {
    const { migrationMs, requestMs } = this.#options
    if (!(await locks(connection, askMs(requestMs)))) return null
    try {
      await connection.run(
        `SET LOCAL lock_timeout = ${requestMs}; SET LOCAL statement_timeout = ${migrationMs}; ${SCHEMA}`,
        migrationMs,
      )
      const pending = await this.pendingBy(connection)
      for (const { statements, title, version } of pending) {
        for (const statement of statements) await connection.run(statement, migrationMs)
        await connection.query({ name: '', text: RECORD }, [version, title])
      }
      await connection.run('COMMIT')
      return pending
    } catch (thrown) {
      // A session in a transaction that failed is of no use to others, and ends it with its end.
      connection.destroy()
      throw thrown
    }
  }
}

/** Begins a transaction that has the lock; false: another has it. */
async function locks(connection: Connection, waitMs: number): Promise<boolean> {
  try {
    await connection.run(`BEGIN; SET LOCAL lock_timeout = ${waitMs}; SELECT pg_advisory_xact_lock(${LOCK})`)
    return true
  } catch (thrown) {
    if (sqlState(thrown) !== LOCK_NOT_AVAILABLE) throw thrown
    await connection.run('ROLLBACK')
    return false
  }
}

async function versionOf(connection: Connection): Promise<number> {
  const [found] = await connection.query({ name: '', text: FOUND }, [])
  const [hasVersions, hasTables] = found ?? []
  if (hasVersions !== true && hasTables === true) {
    const message =
      'the schema spawn of the database has tables of another program: name another database for the store'
    throw new SpawnError('STORE_UNAVAILABLE', message, { retryable: false })
  }
  if (hasVersions !== true) return 0
  const [row] = await connection.query({ name: '', text: VERSION }, [])
  return Number(row?.[0] ?? 0)
}
