// The outcomes of a generation, as they are folded: one row of an actor after the other, in the order of the table's index.
// Decides what goes into a row together, and sees to it that the older outcome of a key makes room.

import { hashOf } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import type { PendingActor } from './generation.ts'
import { ROW_OUTCOMES } from './kept-outcomes.ts'
import { actorHash, type OutcomeTable } from './outcome-table.ts'

export class PendingOutcomes {
  readonly #actor: PendingActor
  readonly #outcomes: readonly OutcomeRecord[]

  constructor(actor: PendingActor, outcomes: readonly OutcomeRecord[]) {
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
  const inOrder = owing
    .map((actor) => ({ actor, hash: actorHash(actor.family, actor.name) }))
    .sort((left, right) => left.hash - right.hash)
  for (const { actor } of inOrder) {
    const outcomes = [...(actor.outcomes?.values() ?? [])]
    if (outcomes.length > ROW_OUTCOMES) sortByHash(outcomes)
    for (let at = 0; at < outcomes.length; at += ROW_OUTCOMES)
      rows.push(new PendingOutcomes(actor, outcomes.slice(at, at + ROW_OUTCOMES)))
  }
  return rows
}

function sortByHash(outcomes: OutcomeRecord[]): void {
  const hashes = new Map(outcomes.map((outcome) => [outcome, hashOf(outcome.key)]))
  outcomes.sort((left, right) => (hashes.get(left) ?? 0) - (hashes.get(right) ?? 0))
}
