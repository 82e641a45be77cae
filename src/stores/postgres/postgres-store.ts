// The statestore in a Postgres database, which several members may share: the wiring of its parts. Decides nothing; what a
// store in a database server is stands in sql/database-store.ts.

import { DatabaseStore } from '../sql/database-store.ts'
import { type DatabaseOptions, settledOptions } from '../sql/options.ts'
import { PostgresArchive } from './archive.ts'
import { commitStatements, STATEMENT_BYTES } from './commit.ts'
import type { Connection } from './connection.ts'
import { Database } from './database.ts'
import { holdingsOf } from './holdings.ts'
import { listingRows } from './listing.ts'
import { loadRows } from './loads.ts'
import { outboxRows } from './outbox.ts'
import { outcomeRows } from './outcomes.ts'
import { pastStatements } from './past.ts'
import { PostgresSchema } from './schema.ts'

export class PostgresStore extends DatabaseStore<Connection> {
  readonly name = 'postgres'

  /** @throws SpawnError INVALID_ARGUMENT for numbers that cannot be meant. */
  constructor(options: DatabaseOptions) {
    const database = new Database(settledOptions(options))
    super({
      database,
      schema: new PostgresSchema(database),
      archive: new PostgresArchive(database),
      commits: commitStatements(database),
      statementBytes: STATEMENT_BYTES,
      loads: loadRows(database),
      outcomes: outcomeRows(database),
      past: pastStatements(database),
      listing: listingRows(database),
      outbox: outboxRows(database),
      holdings: () => holdingsOf(database),
    })
  }
}
