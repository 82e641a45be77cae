// The loops of the limits on database servers, the same for each of them: upserts in groups, and selects. Decides which actors
// make a group; each of them once, for a statement sees a row as it was before.

import { STATE } from './bare-database.ts'
import { MEBIBYTE } from './counters.ts'
import { actorNames, Picker, spreadNames, storedOf } from './drive.ts'
import type { Shape, Subject } from './subject.ts'

/** How many actors one statement selects. */
export const SELECTED = 512
const WARM_UP_MS = 6_000

/** An actor's row as it is to be written. */
export interface BareRow {
  readonly name: string
  readonly revision: number
  readonly state: Buffer
}

export interface BareUpserts {
  /** Rows at a time before anything is measured. */
  readonly firstGroup: number
  /** @throws Error unless each row was written. */
  write(rows: readonly BareRow[]): Promise<void>
  end(): Promise<void>
}

export async function upserts(
  { actors, callers, variant }: Shape,
  { end, firstGroup, write }: BareUpserts,
): Promise<Subject> {
  const names = actorNames(actors)
  const revisions = new Float64Array(actors)
  const state = variant === 'large' ? Buffer.from(`\n${JSON.stringify({ total: 1, text: MEBIBYTE })}`) : STATE
  const writeAll = (group: Iterable<number>): Promise<void> =>
    write(Array.from(group, (at) => ({ name: names[at]!, revision: (revisions[at]! += 1), state })))
  for (let at = 0; at < actors; at += firstGroup) await writeAll([...names.keys()].slice(at, at + firstGroup))
  const picker = new Picker(actors)

  return {
    round: (durationMs) =>
      rateOf(durationMs, callers, () => writeAll(groupOf(Math.min(callers, actors), picker))),
    stop: end,
  }
}

export interface BareSelects {
  /** @returns how many rows were found. */
  select(names: readonly string[]): Promise<number>
  end(): Promise<void>
}

export async function selects({ actors, variant }: Shape, { end, select }: BareSelects): Promise<Subject> {
  const stored = storedOf(actors, variant)
  const names = spreadNames(actors, stored)
  const picker = new Picker(actors)
  const selectSome = async (): Promise<void> => {
    const found = await select(Array.from(groupOf(SELECTED, picker), (at) => names[at]!))
    if (found !== SELECTED) throw new Error(`${SELECTED} selected actors were ${found} rows`)
  }
  // The session touches the pages of a large table for the first time.
  if (stored > actors) await rateOf(WARM_UP_MS, SELECTED, selectSome)
  return { round: (durationMs) => rateOf(durationMs, SELECTED, selectSome), stop: end }
}

function groupOf(size: number, picker: Picker): Set<number> {
  const group = new Set<number>()
  while (group.size < size) group.add(picker.next())
  return group
}

async function rateOf(
  durationMs: number,
  rowsAtOnce: number,
  work: () => Promise<void>,
): Promise<{ rate: number }> {
  let rows = 0
  const from = performance.now()
  while (performance.now() - from < durationMs) {
    await work()
    rows += rowsAtOnce
  }
  return { rate: rows / ((performance.now() - from) / 1_000) }
}
