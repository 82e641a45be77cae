// The schema of a database: which tables of the store stand in it, and how they are brought up to date. Decides who does it
// when many begin at the same time: who gets the lock; the others wait, and find it done. What the tables are is
// migrations.ts's.

import type { Migration } from '../../ports/index.ts'
import { DatabaseSchema } from '../sql/database-schema.ts'
import { askMs } from '../sql/migration-turn.ts'
import type { SettledDatabaseOptions } from '../sql/options.ts'
import { text } from '../sql/rows.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { MIGRATIONS } from './migrations.ts'

/** Which of our tables there are; others may live beside them. */
const TABLES =
  "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'spawn\\\\_%'"
const VERSION = 'SELECT IFNULL(MAX(version), 0) FROM spawn_migrations'
/** Not prepared: see Connection.told. */
const record = ({ title, version }: Migration): string =>
  `INSERT INTO spawn_migrations (version, title, applied_at)
    VALUES (${version}, X'${Buffer.from(title).toString('hex')}', UTC_TIMESTAMP())`
const RECORDS = `CREATE TABLE IF NOT EXISTS spawn_migrations (
  version INT NOT NULL,
  title VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  applied_at DATETIME NOT NULL,
  PRIMARY KEY (version)
) ENGINE = InnoDB`

/** The lock is the server's, so it names the database; a name has 64 characters at most. */
const LOCK = "SELECT GET_LOCK(CONCAT('spawn migrations ', MD5(DATABASE())), ?)"
const UNLOCK = "SELECT RELEASE_LOCK(CONCAT('spawn migrations ', MD5(DATABASE())))"

/** A session that is gone without a word keeps the lock no longer than a statement may take. */
const waits = (seconds: number | 'DEFAULT'): string => `SET SESSION wait_timeout = ${seconds}`

export class MariadbSchema extends DatabaseSchema<Connection> {
  readonly #options: SettledDatabaseOptions

  constructor(database: Database) {
    super(database, MIGRATIONS)
    this.#options = database.options
  }

  protected async attempt(connection: Connection): Promise<readonly Migration[] | null> {
    const { migrationMs, requestMs } = this.#options
    const [row] = await connection.rows(LOCK, [askMs(requestMs) / 1_000])
    if (row?.[0] !== 1) return null
    try {
      await connection.define(waits(Math.ceil(requestMs / 1_000)))
      const pending = await this.pendingBy(connection)
      if (pending.length > 0) await connection.define(RECORDS, migrationMs)
      for (const migration of pending) {
        for (const statement of migration.statements) await connection.define(statement, migrationMs)
        await connection.define(record(migration))
      }
      return pending
    } finally {
      // A session that is lost has lost its lock.
      if (connection.isOpen) {
        await connection.rows(UNLOCK, [])
        await connection.define(waits('DEFAULT'))
      }
    }
  }

  protected async versionBy(connection: Connection): Promise<number> {
    const tables = (await connection.rows(TABLES, [])).map(([name]) => text(name))
    if (tables.includes('spawn_migrations')) return Number((await connection.rows(VERSION, []))[0]?.[0])
    return 0
  }
}
