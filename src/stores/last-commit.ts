// The times of a filter against the time of an actor's latest commit, the same for every store that does not leave it to
// its SQL.

import type { ActorFilter } from '../ports/index.ts'

export function isCommittedWithin(
  committedAtMs: number,
  { committedBeforeMs, committedFromMs }: ActorFilter,
): boolean {
  if (committedFromMs !== undefined && committedAtMs < committedFromMs) return false
  return committedBeforeMs === undefined || committedAtMs < committedBeforeMs
}
