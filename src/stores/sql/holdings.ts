// How much stands in a database, by system, out of what the vendor has counted. Decides nothing.

import type { Box, Holdings } from '../../ports/index.ts'
import { compareCodePoints } from '../code-points.ts'
import { boxOf } from './box-number.ts'
import { type Field, type Row, text } from './rows.ts'

/** What a row counts. */
export const COUNTED = { actors: 0, past: 1, envelopes: 2 } as const

interface Counts {
  actors: number
  past: number
  readonly envelopes: Record<Box, number>
}

/**
 * @param rows system, what is counted, the box of envelopes, how many.
 * @param bytes on the disk; null: not known.
 */
export function holdingsIn(rows: readonly Row[], bytes: Field | undefined): Holdings {
  const systems = new Map<string, Counts>()
  for (const [name, what, box, count] of rows) {
    const system = text(name)
    let counts = systems.get(system)
    if (counts === undefined) {
      counts = { actors: 0, past: 0, envelopes: { delivery: 0, schedule: 0, timer: 0, dead: 0, fact: 0 } }
      systems.set(system, counts)
    }
    if (what === COUNTED.actors) counts.actors = Number(count)
    else if (what === COUNTED.past) counts.past = Number(count)
    else counts.envelopes[boxOf(Number(box))] = Number(count)
  }
  const sorted = [...systems].toSorted(([left], [right]) => compareCodePoints(left, right))
  return {
    systems: sorted.map(([system, counts]) => ({ system, ...counts })),
    bytes: bytes === null || bytes === undefined ? null : Number(bytes),
  }
}
