// Loads of latest revisions. Decides what is asked together: all that is loaded in the same moment, in one statement.

import type { Clock } from '../../base/index.ts'
import type { StoredActor } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Together } from '../together.ts'
import type { Row } from './connection.ts'
import type { Database } from './database.ts'
import { ADDRESS, addressesOf, rowsOf, SAME_ACTOR } from './json-rows.ts'
import { ACTOR_COLUMNS, REVISION, STATE, storedActor } from './rows.ts'

const LOAD = `SELECT ${REVISION}, ${STATE}, u.n FROM ${rowsOf('?', ADDRESS, { ordinal: true })}
  LEFT JOIN spawn_actors AS a ON ${SAME_ACTOR}`

type Loaded = (StoredActor | null)[]

export class Loads {
  readonly #database: Database
  readonly #together: Together<readonly ActorId[], Loaded>

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#together = new Together(clock, (asked) => this.#loadAll(asked))
  }

  load(ids: readonly ActorId[]): Promise<Loaded> {
    return this.#together.ask(ids)
  }

  async #loadAll(asked: readonly (readonly ActorId[])[]): Promise<Loaded[]> {
    const ids = asked.length === 1 ? (asked[0] ?? []) : asked.flat()
    const json = addressesOf(ids)
    const found: (Row | undefined)[] = []
    for (const row of await this.#database.readEach(LOAD, [json], ids.length))
      if (row[0] !== null) found[Number(row[ACTOR_COLUMNS]) - 1] = row
    let at = 0
    return asked.map((some) =>
      some.map((id) => {
        const row = found[at++]
        return row === undefined ? null : storedActor(id, row)
      }),
    )
  }
}
