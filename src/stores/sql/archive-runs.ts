// Rows of an archive as they are written: in their order, in runs of one kind. Decides how long a run is.

import type { ArchiveRow } from '../../ports/index.ts'
import { rowBytes } from '../archive-rows.ts'

/** Neighbours of one kind together. @param mostBytes of a run; its last row may exceed them. */
export function runsOf<Item>(
  items: readonly Item[],
  rowOf: (item: Item) => ArchiveRow,
  mostBytes: number,
): Item[][] {
  const runs: Item[][] = []
  let kind: string | null = null
  let bytes = 0
  for (const item of items) {
    const row = rowOf(item)
    const run = runs.at(-1)
    if (run !== undefined && row.kind === kind && bytes < mostBytes) run.push(item)
    else {
      runs.push([item])
      bytes = 0
    }
    kind = row.kind
    bytes += rowBytes(row)
  }
  return runs
}
