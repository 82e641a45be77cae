// A frame whose commits the journal has judged: what it keeps of it until the batch is durable, and what it tells then.

import type { FramedCommit } from '../frames/frame.ts'
import type { PendingActor } from './generation.ts'
import type { JournalRow } from './journal-table.ts'

export interface Judged extends JournalRow {
  readonly commits: readonly FramedCommit[]
  /** Null: a commit of the outside. */
  readonly actors: readonly (PendingActor | null)[]
}

/** The places in a group of its commits that met a conflict. */
export function conflictsOf(group: readonly Judged[]): number[] {
  const conflicts: number[] = []
  let before = 0
  for (const { commits, refused } of group) {
    for (const at of refused) conflicts.push(before + at)
    before += commits.length
  }
  return conflicts
}

export function isOutside({ name }: FramedCommit): boolean {
  return name === ''
}
