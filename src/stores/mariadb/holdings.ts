// How much stands in the database, counted table by table.

import type { Box, Holdings } from '../../ports/index.ts'
import { compareCodePoints } from '../code-points.ts'
import { boxOf } from '../sql/box-number.ts'
import type { Database } from './database.ts'
import { text } from './rows.ts'

const ACTORS = 'SELECT system, COUNT(*) FROM spawn_actors GROUP BY system'
const PAST = 'SELECT system, COUNT(*) FROM spawn_past GROUP BY system'
const ENVELOPES = 'SELECT system, box, COUNT(*) FROM spawn_outbox GROUP BY system, box'
/** As far as the server knows: it counts in the background. */
const BYTES = `SELECT SUM(data_length + index_length) FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name LIKE 'spawn\\\\_%'`

interface Counts {
  actors: number
  past: number
  readonly envelopes: Record<Box, number>
}

export async function holdingsOf(database: Database): Promise<Holdings> {
  const systems = new Map<string, Counts>()
  const of = (system: string): Counts => {
    const known = systems.get(system)
    if (known !== undefined) return known
    const counts: Counts = { actors: 0, past: 0, envelopes: { delivery: 0, schedule: 0, timer: 0, dead: 0 } }
    systems.set(system, counts)
    return counts
  }
  const rows = (sql: string) => database.read(sql, [])
  for (const [system, count] of await rows(ACTORS)) of(text(system)).actors = Number(count)
  for (const [system, count] of await rows(PAST)) of(text(system)).past = Number(count)
  for (const [system, box, count] of await rows(ENVELOPES))
    of(text(system)).envelopes[boxOf(Number(box))] = Number(count)
  const [size] = await rows(BYTES)
  const bytes = size?.[0] ?? null
  const sorted = [...systems].toSorted(([left], [right]) => compareCodePoints(left, right))
  return {
    systems: sorted.map(([system, counts]) => ({ system, ...counts })),
    bytes: bytes === null ? null : Number(bytes),
  }
}
