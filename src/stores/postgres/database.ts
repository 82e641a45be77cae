// Postgres as the parts of the store ask it; what holds for every database server is sql/database.ts's.

import { Database as SharedDatabase } from '../sql/database.ts'
import type { SettledDatabaseOptions } from '../sql/options.ts'
import type { Row } from '../sql/rows.ts'
import type { Vendor } from '../sql/session.ts'
import { Connection, type Statement, type Value } from './connection.ts'
import { fateOf, isExhausted, storeError } from './failures.ts'

const POSTGRES: Vendor<Connection> = {
  name: 'Postgres',
  open: (options) => Connection.open(options),
  fateOf,
  isExhausted,
  error: storeError,
}

export class Database extends SharedDatabase<Connection> {
  constructor(options: SettledDatabaseOptions) {
    super(POSTGRES, options)
  }

  /** Rows of a statement that changes nothing, or that may be done twice. @throws SpawnError */
  read(statement: Statement, values: readonly Value[]): Promise<readonly Row[]> {
    return this.ask((connection) => connection.query(statement, values))
  }
}
