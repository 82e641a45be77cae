// Statements that change what is stored in MariaDB; what became of them is sql/writing.ts's.

import type { Lane } from '../sql/lanes.ts'
import { ConnectionLost } from '../sql/session.ts'
import { type Settle, Writing as SharedWriting } from '../sql/writing.ts'
import { SETTLE, SETTLED } from './block.ts'
import type { Connection, Value } from './connection.ts'
import type { Database } from './database.ts'

const settle: Settle<Connection> = async (connection, lane) => {
  const answer = await connection.answer(SETTLE, numbersOf(lane))
  if (answer === SETTLED.applied) return true
  if (answer === SETTLED.burnt) return false
  connection.destroy()
  throw new ConnectionLost(`what became of a commit was answered with ${String(answer)}`)
}

export class Writing extends SharedWriting<Connection> {
  constructor(database: Database) {
    super(database, settle)
  }
}

/** The values that lead a block. */
export function numbersOf({ number, sequence, writer }: Lane): Value[] {
  return [writer, number, sequence]
}
