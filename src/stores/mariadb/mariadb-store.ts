// The statestore in a MariaDB database, which several members may share: the wiring of its parts. Decides nothing; what a
// store in a database server is stands in sql/database-store.ts.

import { DatabaseStore } from '../sql/database-store.ts'
import { type DatabaseOptions, settledOptions } from '../sql/options.ts'
import { MariadbArchive } from './archive.ts'
import { commitStatements } from './commit.ts'
import type { Connection } from './connection.ts'
import { Database } from './database.ts'
import { holdingsOf } from './holdings.ts'
import { listingRows } from './listing.ts'
import { loadRows } from './loads.ts'
import { outboxRows } from './outbox.ts'
import { outcomeRows } from './outcomes.ts'
import { pastStatements } from './past.ts'
import { MariadbSchema } from './schema.ts'
import { Writing } from './writing.ts'

export class MariadbStore extends DatabaseStore<Connection> {
  readonly name = 'mariadb'

  /** @throws SpawnError INVALID_ARGUMENT for numbers that cannot be meant. */
  constructor(options: DatabaseOptions) {
    const database = new Database(settledOptions(options))
    const writing = new Writing(database)
    super({
      database,
      schema: new MariadbSchema(database),
      archive: new MariadbArchive(database, writing),
      commits: commitStatements(database, writing),
      // What is too large for one packet goes over in several, in one transaction: see commit.ts.
      statementBytes: Infinity,
      loads: loadRows(database),
      outcomes: outcomeRows(database),
      past: pastStatements(database),
      listing: listingRows(database),
      outbox: outboxRows(database),
      holdings: () => holdingsOf(database),
    })
  }
}
