// Loads of latest revisions. Decides what is asked together: all that is loaded in the same moment, in one statement.

import type { Clock } from '../../base/index.ts'
import type { StoredActor } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Together } from '../together.ts'
import { actorColumns } from './commit-values.ts'
import type { Row, Statement } from './connection.ts'
import type { Database } from './database.ts'
import { REVISION, STATE, storedActor } from './rows.ts'

const LOAD: Statement = {
  name: 'spawn_load',
  text: `SELECT ${REVISION}, ${STATE}, n
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS u (system, parent, name, n)
    JOIN spawn.actors USING (system, parent, name)`,
}
const ORDINAL = 7

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
    const rows = await this.#database.read(
      LOAD,
      actorColumns(ids, (id) => id),
    )
    const found: (Row | undefined)[] = []
    for (const row of rows) found[Number(row[ORDINAL]) - 1] = row
    let at = 0
    return asked.map((some) =>
      some.map((id) => {
        const row = found[at++]
        return row === undefined ? null : storedActor(id, row)
      }),
    )
  }
}
