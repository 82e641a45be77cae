// Loads of latest revisions. Decides what is asked together: all that is loaded in the same moment, in one statement. But what
// is many already goes alone: two sessions look up two halves at once, and what comes back together would be asked
// together again, for ever.

import type { Clock } from '../../base/index.ts'
import type { StoredActor } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Together } from '../together.ts'
import { ACTOR_COLUMNS, type Row, storedActor } from './rows.ts'

/**
 * Actors in any order, as `storedActor` has them, each with its ordinal (from 1) among those that were asked behind it. Of one
 * that does not stand there is no row, or one without a revision.
 */
export type LoadRows = (ids: readonly ActorId[]) => Promise<readonly Row[]>

/** Actors that have a statement to themselves. */
const MANY = 256

type Loaded = (StoredActor | null)[]

export class Loads {
  readonly #rows: LoadRows
  readonly #together: Together<readonly ActorId[], Loaded>

  constructor(rows: LoadRows, clock: Clock) {
    this.#rows = rows
    this.#together = new Together(clock, (asked) => this.#loadAll(asked))
  }

  async load(ids: readonly ActorId[]): Promise<Loaded> {
    if (ids.length < MANY) return this.#together.ask(ids)
    const [loaded = []] = await this.#loadAll([ids])
    return loaded
  }

  async #loadAll(asked: readonly (readonly ActorId[])[]): Promise<Loaded[]> {
    const ids = asked.length === 1 ? (asked[0] ?? []) : asked.flat()
    const found: (Row | undefined)[] = []
    for (const row of await this.#rows(ids)) if (row[0] !== null) found[Number(row[ACTOR_COLUMNS]) - 1] = row
    let at = 0
    return asked.map((some) =>
      some.map((id) => {
        const row = found[at++]
        return row === undefined ? null : storedActor(id, row)
      }),
    )
  }
}
