// Which runs of the index of outcomes become one. A run is of a level by its size, and each level is four times the one below it. When
// four of a level are there, they are merged, and with them the smaller ones that lie between them: so an entry is written
// again once for each level, and of each level there are few runs to look through. Where little is left of what was merged,
// as so much of it was of rows that are gone, a run is of a low level again.
//
// Invariant: those that are chosen lie next to one another.

/** Runs of a level that are merged, and how much larger a level is than the one below. */
const FEW = 4

/** @param gathered entries of a run that was never merged: these are of level 0. */
export function levelOf(entries: number, gathered: number): number {
  return Math.max(0, Math.round(Math.log(entries / gathered) / Math.log(FEW)))
}

/**
 * Of the lowest level that has enough of them; none: nothing is to be merged.
 *
 * @param level of a run; null: it is not to be touched.
 */
export function dueRuns<Run>(runs: readonly Run[], level: (run: Run) => number | null): readonly Run[] {
  const levels = runs.map(level)
  const highest = Math.max(-1, ...levels.map((each) => each ?? -1))
  for (let top = 0; top <= highest; top += 1) {
    for (let from = 0; from < runs.length;) {
      let to = from
      let ofTop = 0
      for (let each = levels[to] ?? null; each !== null && each <= top; each = levels[to] ?? null) {
        if (each === top) ofTop += 1
        to += 1
      }
      if (ofTop >= FEW) return runs.slice(from, to)
      from = to + 1
    }
  }
  return []
}
