// How much stands in a database: counted when somebody asks, row by row; of envelopes, among which there may be very many
// facts, an index has all that it takes, and the server reads it alone where it has been vacuumed. Decides nothing but the statements.

import type { Holdings } from '../../ports/index.ts'
import { COUNTED, holdingsIn } from '../sql/holdings.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'

export const COUNTS: Statement = {
  name: 'spawn_holdings',
  text: `SELECT system, ${COUNTED.actors}, 0, count(*) FROM spawn.actors GROUP BY system
    UNION ALL SELECT system, ${COUNTED.past}, 0, count(*) FROM spawn.past GROUP BY system
    UNION ALL SELECT system, ${COUNTED.envelopes}, box, count(*) FROM spawn.outbox GROUP BY system, box`,
}
const BYTES: Statement = {
  name: 'spawn_bytes',
  text: `SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::int8 FROM pg_class
    WHERE relnamespace = 'spawn'::regnamespace AND relkind = 'r'`,
}

export async function holdingsOf(database: Database): Promise<Holdings> {
  const rows = await database.read(COUNTS, [])
  const [size] = await database.read(BYTES, [])
  return holdingsIn(rows, size?.[0])
}
