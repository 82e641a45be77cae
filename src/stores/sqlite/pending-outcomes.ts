// The outcomes of a generation, as they are folded: one row of an actor after the other, in the order of the table's index.
// Decides what goes into a row together, and sees to it that the older outcome of a key makes room.

import type { PendingActor } from './generation.ts'
import { type GenerationOutcomes, NONE } from './generation-outcomes.ts'
import { ROW_OUTCOMES } from './kept-outcomes.ts'
import type { OutcomeTable } from './outcome-table.ts'

export class PendingOutcomes {
  readonly #actor: PendingActor
  readonly #generation: GenerationOutcomes
  readonly #entries: readonly number[]

  /** @param entries of the generation. */
  constructor(actor: PendingActor, generation: GenerationOutcomes, entries: readonly number[]) {
    this.#actor = actor
    this.#generation = generation
    this.#entries = entries
  }

  get size(): number {
    return this.#entries.length
  }

  /** Within a transaction. @param isCounted see Generation. @returns about how many bytes it wrote. */
  fold(table: OutcomeTable, isCounted: boolean): number {
    const { family, keysBelow, name } = this.#actor
    const outcomes = this.#entries.map((entry) => this.#generation.at(entry))
    if (keysBelow === null) return table.write(family, name, outcomes, isCounted)
    const fresh = outcomes.filter(({ expiresAtMs, key }) => {
      const below = keysBelow.has(key) ? table.find(family, name, key) : null
      // What was folded before a crash is folded again after it.
      if (below !== null && below.expiresAtMs === expiresAtMs) return false
      if (below !== null) table.remove(family, name, key)
      return true
    })
    return table.write(family, name, fresh, isCounted)
  }
}

export function outcomesInOrder(
  actors: readonly PendingActor[],
  generation: GenerationOutcomes,
): PendingOutcomes[] {
  const rows: PendingOutcomes[] = []
  const owing = actors.filter(({ outcomes }) => outcomes > 0)
  for (const actor of owing.sort((left, right) => left.hash - right.hash)) {
    const entries: number[] = []
    for (let entry = actor.newestOutcome; entry !== NONE; entry = generation.before(entry))
      entries.push(entry)
    if (entries.length <= ROW_OUTCOMES) {
      rows.push(new PendingOutcomes(actor, generation, entries))
      continue
    }
    const hashOf = (entry: number): number => generation.signedHashAt(entry) >>> 0
    entries.sort((left, right) => hashOf(left) - hashOf(right))
    for (let at = 0; at < entries.length; at += ROW_OUTCOMES)
      rows.push(new PendingOutcomes(actor, generation, entries.slice(at, at + ROW_OUTCOMES)))
  }
  return rows
}
