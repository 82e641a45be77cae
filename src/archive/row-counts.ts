// How many rows of an archive there are, as people are told. Decides that facts count by themselves: they stand in lines of
// envelopes, and are no messages that somebody waits for. The counts in a file's trailer are those of its lines.

import type { ArchiveKind, ArchiveRow } from '../ports/index.ts'

/** `envelope`: those that are no facts. */
export type RowCounts = Readonly<Record<ArchiveKind | 'fact', number>>

/** By the kinds of lines in a file. */
export type LineCounts = Readonly<Record<ArchiveKind, number>>

/** Counts of rows that come one after another. */
export class RowCounting {
  readonly #counts = { actor: 0, past: 0, outcome: 0, envelope: 0, fact: 0 }

  get counts(): RowCounts {
    return this.#counts
  }

  /** As the trailer of a file has them. */
  get lines(): LineCounts {
    const { fact, ...counts } = this.#counts
    return { ...counts, envelope: counts.envelope + fact }
  }

  add(rows: readonly ArchiveRow[]): void {
    for (const row of rows) this.#counts[isFact(row) ? 'fact' : row.kind] += 1
  }
}

export function isFact(row: ArchiveRow): boolean {
  return row.kind === 'envelope' && row.envelope.box === 'fact'
}
