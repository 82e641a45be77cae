// The outcomes of a generation, as they are folded: one row of an actor after the other, in the order of the table's index.
// Decides what goes into a row together, and sees to it that the older outcome of a key makes room.

import type { FramedOutcome } from '../frames/framed-outcome.ts'
import type { PendingActor } from './generation.ts'
import { ROW_OUTCOMES } from './kept-outcomes.ts'
import type { OutcomeTable } from './outcome-table.ts'

export class PendingOutcomes {
  readonly #actor: PendingActor
  readonly #outcomes: readonly FramedOutcome[]

  constructor(actor: PendingActor, outcomes: readonly FramedOutcome[]) {
    this.#actor = actor
    this.#outcomes = outcomes
  }

  get size(): number {
    return this.#outcomes.length
  }

  /** Within a transaction. @returns about how many bytes it wrote. */
  fold(table: OutcomeTable): number {
    const { family, keysBelow, name } = this.#actor
    if (keysBelow === null) return table.write(family, name, this.#outcomes)
    const outcomes = this.#outcomes.filter(({ expiresAtMs, key }) => {
      const below = keysBelow.has(key) ? table.find(family, name, key) : null
      // What was folded before a crash is folded again after it.
      if (below !== null && below.expiresAtMs === expiresAtMs) return false
      if (below !== null) table.remove(family, name, key)
      return true
    })
    return table.write(family, name, outcomes)
  }
}

export function outcomesInOrder(actors: readonly PendingActor[]): PendingOutcomes[] {
  const rows: PendingOutcomes[] = []
  const owing = actors.filter(({ outcomes }) => outcomes !== null)
  for (const actor of owing.sort((left, right) => left.hash - right.hash)) {
    const outcomes = [...(actor.outcomes?.values() ?? [])]
    if (outcomes.length <= ROW_OUTCOMES) {
      rows.push(new PendingOutcomes(actor, outcomes))
      continue
    }
    outcomes.sort((left, right) => left.keyHash - right.keyHash)
    for (let at = 0; at < outcomes.length; at += ROW_OUTCOMES)
      rows.push(new PendingOutcomes(actor, outcomes.slice(at, at + ROW_OUTCOMES)))
  }
  return rows
}
