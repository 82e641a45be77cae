// Statements that change what is stored in MariaDB; what became of them is sql/writing.ts's.

import type { Lane } from '../sql/lanes.ts'
import { Writing as SharedWriting } from '../sql/writing.ts'
import { SETTLE } from './block.ts'
import type { Connection, Value } from './connection.ts'
import type { Database } from './database.ts'

export class Writing extends SharedWriting<Connection> {
  constructor(database: Database) {
    super(database, async (connection, lane) => (await connection.answer(SETTLE, numbersOf(lane))) === 1)
  }
}

/** The values that lead a block. */
export function numbersOf({ number, sequence, writer }: Lane): Value[] {
  return [writer, number, sequence]
}
