// How much stands in a database: counted when somebody asks, row by row; of envelopes, among which there may be very many
// facts, an index alone is read. Decides nothing but the statements.

import type { Holdings } from '../../ports/index.ts'
import { COUNTED, holdingsIn } from '../sql/holdings.ts'
import type { Database } from './database.ts'

export const COUNTS = `SELECT system, ${COUNTED.actors}, 0, COUNT(*) FROM spawn_actors GROUP BY system
  UNION ALL SELECT system, ${COUNTED.past}, 0, COUNT(*) FROM spawn_past GROUP BY system
  UNION ALL SELECT system, ${COUNTED.envelopes}, box, COUNT(*) FROM spawn_outbox GROUP BY system, box`
/** As far as the server knows: it counts in the background. */
const BYTES = `SELECT SUM(data_length + index_length) FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name LIKE 'spawn\\\\_%'`

export async function holdingsOf(database: Database): Promise<Holdings> {
  const rows = await database.read(COUNTS, [])
  const [size] = await database.read(BYTES, [])
  return holdingsIn(rows, size?.[0])
}
