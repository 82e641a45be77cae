// The outcomes of a generation, as they are folded: one row of an actor after the other, in the order of the table's index.
// Decides what goes into a row together, and sees to it that the older outcome of a key makes room.

import type { PendingActor } from './generation.ts'
import type { GenerationOutcomes } from './generation-outcomes.ts'
import { ROW_OUTCOMES } from './kept-outcomes.ts'
import type { OutcomeTable } from './outcome-table.ts'

export class PendingOutcomes {
  readonly #actor: PendingActor
  readonly #generation: GenerationOutcomes
  /** Null: all of the actor. */
  readonly #entries: readonly number[] | null

  constructor(actor: PendingActor, generation: GenerationOutcomes, entries: readonly number[] | null) {
    this.#actor = actor
    this.#generation = generation
    this.#entries = entries
  }

  get size(): number {
    return this.#entries?.length ?? this.#actor.outcomes
  }

  /** Within a transaction. @returns about how many bytes it wrote. */
  fold(table: OutcomeTable): number {
    const generation = this.#generation
    const entries = this.#entries ?? generation.entriesOf(this.#actor)
    generation.lookAhead(entries)
    return table.fold(this.#actor, generation, this.#fresh(entries, table))
  }

  /** Makes room for those whose keys have an older outcome below, and leaves out those that are there. */
  #fresh(entries: readonly number[], table: OutcomeTable): readonly number[] {
    const { family, keysBelow, name } = this.#actor
    if (keysBelow === null) return entries
    return entries.filter((entry) => {
      const { expiresAtMs, key } = this.#generation.at(entry)
      const below = keysBelow.has(key) ? table.find(family, name, key) : null
      // What was folded before a crash is folded again after it.
      if (below !== null && below.expiresAtMs === expiresAtMs) return false
      if (below !== null) table.remove(family, name, key)
      return true
    })
  }
}

export function outcomesInOrder(
  actors: readonly PendingActor[],
  generation: GenerationOutcomes,
): PendingOutcomes[] {
  const rows: PendingOutcomes[] = []
  const owing = actors.filter(({ outcomes }) => outcomes > 0)
  for (const actor of owing.sort((left, right) => left.hash - right.hash)) {
    if (actor.outcomes <= ROW_OUTCOMES) {
      rows.push(new PendingOutcomes(actor, generation, null))
      continue
    }
    const hashOf = (entry: number): number => generation.signedHashAt(entry) >>> 0
    const entries = generation.entriesOf(actor).sort((left, right) => hashOf(left) - hashOf(right))
    for (let at = 0; at < entries.length; at += ROW_OUTCOMES)
      rows.push(new PendingOutcomes(actor, generation, entries.slice(at, at + ROW_OUTCOMES)))
  }
  return rows
}
