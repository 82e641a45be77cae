// The schema of a database: which tables of the store stand in it, and how they are brought up to date. Decides who does it
// when many begin at the same time: who gets the lock; the others wait, and find it done. What the tables are is
// migrations.ts's.

import { SpawnError } from '../../base/index.ts'
import type { Migration, SchemaStatus } from '../../ports/index.ts'
import { text } from '../sql/rows.ts'
import { checkCurrent, type CheckedSchema, checkKnown, statusOf } from '../sql/schema-status.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { MIGRATIONS } from './migrations.ts'

/** Which of our tables there are; others may live beside them. */
const TABLES =
  "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'spawn\\\\_%'"
const VERSION = 'SELECT IFNULL(MAX(version), 0) FROM spawn_migrations'
const RECORD = 'INSERT INTO spawn_migrations (version, title, applied_at) VALUES (?, ?, UTC_TIMESTAMP())'
const RECORDS = `CREATE TABLE IF NOT EXISTS spawn_migrations (
  version INT NOT NULL,
  title VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  applied_at DATETIME NOT NULL,
  PRIMARY KEY (version)
) ENGINE = InnoDB`

/** The lock is the server's, so it names the database; a name has 64 characters at most. */
const LOCK = "SELECT GET_LOCK(CONCAT('spawn migrations ', MD5(DATABASE())), ?)"
const UNLOCK = "SELECT RELEASE_LOCK(CONCAT('spawn migrations ', MD5(DATABASE())))"
const LOCK_SECONDS = 0.5
/** How long one waits for another who migrates. */
const LONGEST_WAIT_MS = 3_600_000

export class MariadbSchema implements CheckedSchema {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async status(): Promise<SchemaStatus> {
    const version = await this.#database.whileOpen(() =>
      this.#database.persist((connection) => this.#version(connection)),
    )
    return statusOf(version, MIGRATIONS)
  }

  async migrate(): Promise<readonly Migration[]> {
    const { clock, logger } = this.#database.options
    const startMs = clock.elapsedMs()
    return this.#database.whileOpen(async () => {
      for (;;) {
        const done = await this.#database.persist((connection) => this.#migrate(connection))
        if (done !== null) return done
        logger?.info('waiting for another member that migrates the database')
        if (clock.elapsedMs() - startMs > LONGEST_WAIT_MS)
          throw new SpawnError(
            'STORE_UNAVAILABLE',
            `another has been migrating ${this.#database.address} for an hour; look after it`,
          )
      }
    })
  }

  async check(): Promise<void> {
    checkCurrent(this.#database.address, await this.status())
  }

  /** Null: another has the lock. */
  async #migrate(connection: Connection): Promise<readonly Migration[] | null> {
    const [row] = await connection.rows(LOCK, [LOCK_SECONDS])
    if (row?.[0] !== 1) return null
    try {
      const status = statusOf(await this.#version(connection), MIGRATIONS)
      checkKnown(this.#database.address, status)
      const { pending } = status
      if (pending.length > 0) await connection.define(RECORDS)
      for (const { statements, title, version } of pending) {
        for (const statement of statements) await connection.define(statement)
        await connection.changed(RECORD, [version, title])
      }
      return pending
    } finally {
      // A session that is lost has lost its lock.
      if (connection.isOpen) await connection.rows(UNLOCK, [])
    }
  }

  async #version(connection: Connection): Promise<number> {
    const tables = (await connection.rows(TABLES, [])).map(([name]) => text(name))
    if (tables.includes('spawn_migrations')) return Number((await connection.rows(VERSION, []))[0]?.[0])
    return 0
  }
}
