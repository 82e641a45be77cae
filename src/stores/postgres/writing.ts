// Statements that change what is stored in Postgres; what became of them is sql/writing.ts's.

import { type Settle, Writing as SharedWriting, type Written } from '../sql/writing.ts'
import type { Connection, Statement, Value } from './connection.ts'
import type { Database } from './database.ts'

const SETTLE: Statement = { name: 'spawn_settle', text: 'SELECT spawn.settle_1($1, $2, $3)' }

const settle: Settle<Connection> = async (connection, { number, sequence, writer }) => {
  const rows = await connection.query(SETTLE, [writer, number, sequence])
  return rows[0]?.[0] === true
}

export class Writing extends SharedWriting<Connection> {
  constructor(database: Database) {
    super(database, settle)
  }

  /**
   * @param values what follows the writer, its lane and the lane's number.
   * @throws SpawnError that says whether it may have happened.
   */
  write(statement: Statement, values: readonly Value[]): Promise<Written> {
    return this.apply(async (connection, { number, sequence, writer }) => {
      await connection.query(statement, [writer, number, sequence, ...values])
    })
  }
}
