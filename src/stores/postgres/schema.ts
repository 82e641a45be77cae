// The schema of a database: which version it has, and bringing it up to date. Everything that is pending happens in one
// transaction under a lock that all members share: one migrates, the others wait and find it done; one that dies leaves it as it was.

import { SpawnError } from '../../base/index.ts'
import type { Migration, Schema, SchemaStatus } from '../../ports/index.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { MIGRATIONS } from './migrations.ts'

/** A number that others hardly use: the letters "spawn". */
const LOCK = 0x73_70_61_77_6e

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

export class PostgresSchema implements Schema {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  status(): Promise<SchemaStatus> {
    return this.#database.whileOpen(async () => statusOf(await this.#database.persist(versionOf)))
  }

  /** Brings it up to date. @returns what was done; nothing, where another member was first. */
  migrate(): Promise<readonly Migration[]> {
    return this.#database.whileOpen(async () => {
      const status = await this.status()
      this.#checkKnown(status)
      if (status.pending.length === 0) return []
      return this.#database.persist((connection) => this.#migrate(connection))
    })
  }

  /** @throws SpawnError STORE_UNAVAILABLE for a schema that is behind, or of a newer release. */
  async check(): Promise<void> {
    const status = await this.status()
    this.#checkKnown(status)
    const { newest, pending, version } = status
    if (pending.length === 0) return
    const message =
      `the database ${this.#database.address} has schema version ${version}, and this release needs ${newest}: ` +
      'run `spawn store migrate`, or let the store migrate when it starts'
    throw new SpawnError('STORE_UNAVAILABLE', message, { retryable: false, details: { version, newest } })
  }

  #checkKnown({ newest, version }: SchemaStatus): void {
    if (version <= newest) return
    const message =
      `the database ${this.#database.address} has schema version ${version}, and this release knows up to ${newest}: ` +
      'a newer release has written it; run that release, or restore a backup from before the upgrade'
    throw new SpawnError('STORE_UNAVAILABLE', message, { retryable: false, details: { version, newest } })
  }

  async #migrate(connection: Connection): Promise<readonly Migration[]> {
    const { requestMs } = this.#database.options
    await connection.run(
      `BEGIN; SET LOCAL lock_timeout = ${requestMs}; SELECT pg_advisory_xact_lock(${LOCK})`,
    )
    try {
      await connection.run(`SET LOCAL statement_timeout = 0; ${SCHEMA}`)
      const status = statusOf(await versionOf(connection))
      this.#checkKnown(status)
      for (const { statements, title, version } of status.pending) {
        for (const statement of statements) await connection.run(statement)
        await connection.query({ name: '', text: RECORD }, [version, title])
      }
      await connection.run('COMMIT')
      return status.pending
    } catch (thrown) {
      // A session in a transaction that failed is of no use to others, and ends it with its end.
      connection.destroy()
      throw thrown
    }
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

function statusOf(version: number): SchemaStatus {
  const newest = MIGRATIONS.length
  return { version, newest, pending: MIGRATIONS.filter((migration) => migration.version > version) }
}
