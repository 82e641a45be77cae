// How much stands in a database, by system: counted when somebody asks, row by row. Decides nothing.

import { type Box, BOXES, type Holdings } from '../../ports/index.ts'
import { boxOf } from '../sql/box-number.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import { text } from './rows.ts'

const ACTORS = 0
const PAST = 1
const ENVELOPES = 2

const COUNTS: Statement = {
  name: 'spawn_holdings',
  text: `SELECT system, ${ACTORS}, 0, count(*) FROM spawn.actors GROUP BY system
    UNION ALL SELECT system, ${PAST}, 0, count(*) FROM spawn.past GROUP BY system
    UNION ALL SELECT system, ${ENVELOPES}, box, count(*) FROM spawn.outbox GROUP BY system, box
    ORDER BY system`,
}
const BYTES: Statement = {
  name: 'spawn_bytes',
  text: `SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::int8 FROM pg_class
    WHERE relnamespace = 'spawn'::regnamespace AND relkind = 'r'`,
}

export async function holdingsOf(database: Database): Promise<Holdings> {
  const systems: { system: string; actors: number; past: number; envelopes: Record<Box, number> }[] = []
  for (const [name, what, box, count] of await database.read(COUNTS, [])) {
    const system = text(name)
    let holdings = systems.at(-1)
    if (holdings?.system !== system)
      systems.push((holdings = { system, actors: 0, past: 0, envelopes: nothing() }))
    if (what === ACTORS) holdings.actors = Number(count)
    else if (what === PAST) holdings.past = Number(count)
    else holdings.envelopes[boxOf(Number(box))] = Number(count)
  }
  const [row] = await database.read(BYTES, [])
  return { systems, bytes: Number(row?.[0] ?? 0) }
}

function nothing(): Record<Box, number> {
  return Object.fromEntries(BOXES.map((box) => [box, 0])) as Record<Box, number>
}
