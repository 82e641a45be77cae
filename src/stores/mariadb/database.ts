// MariaDB as the parts of the store ask it; what holds for every database server is sql/database.ts's.

import { Database as SharedDatabase } from '../sql/database.ts'
import type { SettledDatabaseOptions } from '../sql/options.ts'
import type { Row } from '../sql/rows.ts'
import type { Vendor } from '../sql/session.ts'
import { Connection, type Value } from './connection.ts'
import { fateOf, isExhausted, storeError } from './failures.ts'

const MARIADB: Vendor<Connection> = {
  name: 'MariaDB',
  open: (options) => Connection.open(options),
  fateOf,
  isExhausted,
  error: storeError,
}

export class Database extends SharedDatabase<Connection> {
  constructor(options: SettledDatabaseOptions) {
    super(MARIADB, options)
  }

  /** Rows of a statement that changes nothing. @throws SpawnError */
  read(sql: string, values: readonly Value[]): Promise<readonly Row[]> {
    return this.ask((connection) => connection.read(sql, values))
  }

  /** The same of a statement that answers one row for each of so many that were asked, and of a replica none: `ASKED`. */
  readEach(sql: string, values: readonly Value[], asked: number): Promise<readonly Row[]> {
    return this.ask((connection) => connection.rowForEach(sql, values, asked))
  }
}
