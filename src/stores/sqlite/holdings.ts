// How much stands in a store file. Counts what is folded: whoever asks has the journal settled first. Envelopes are counted by
// indexes alone, and facts, of which there may be millions, by the smallest of them.

import { statSync } from 'node:fs'
import type { Box, Holdings } from '../../ports/index.ts'
import { compareCodePoints } from '../code-points.ts'
import type { Database } from './database.ts'
import { fields } from './dictionary.ts'
import { boxOf, FACT_BOX } from '../frames/envelope-bytes.ts'

/** System, box, how many: of facts, then of all others, which are a range for each system. */
export const ENVELOPES: readonly string[] = [
  `SELECT families.system, ${FACT_BOX}, counted FROM
     (SELECT system AS family, count(*) AS counted FROM outbox INDEXED BY outbox_facts WHERE box = ${FACT_BOX} GROUP BY system)
     JOIN families ON families.id = family`,
  `SELECT families.system, box, count(*) FROM families
     CROSS JOIN outbox INDEXED BY outbox_by_due ON outbox.system = families.id AND box < ${FACT_BOX}
     GROUP BY families.id, box`,
]

interface Counts {
  actors: number
  past: number
  readonly envelopes: Record<Box, number>
}

export function holdingsOf(database: Database): Holdings {
  const systems = new Map<string, Counts>()
  const of = (system: unknown): Counts => {
    const name = String(system)
    const known = systems.get(name)
    if (known !== undefined) return known
    const counts: Counts = {
      actors: 0,
      past: 0,
      envelopes: { delivery: 0, schedule: 0, timer: 0, dead: 0, fact: 0 },
    }
    systems.set(name, counts)
    return counts
  }
  for (const [system, count] of bySystem(database, 'actors')) of(system).actors = Number(count)
  for (const [system, count] of bySystem(database, 'revisions')) of(system).past = Number(count)
  for (const statement of ENVELOPES) {
    for (const [system, box, count] of fields(database.prepare(statement).all()))
      of(system).envelopes[boxOf(Number(box))] = Number(count)
  }
  const sorted = [...systems].toSorted(([left], [right]) => compareCodePoints(left, right))
  return { systems: sorted.map(([system, counts]) => ({ system, ...counts })), bytes: bytesOf(database.file) }
}

function bySystem(database: Database, table: 'actors' | 'revisions'): ReturnType<typeof fields> {
  const counted = database.prepare(
    `SELECT system, sum(counted) FROM
       (SELECT family, count(*) AS counted FROM ${table} GROUP BY family)
       JOIN families ON families.id = family GROUP BY system`,
  )
  return fields(counted.all())
}

/** With its write-ahead log. */
function bytesOf(file: string): number {
  return [file, `${file}-wal`].reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
