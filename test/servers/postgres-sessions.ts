// Sessions of the Postgres store whose statements a test looks at, or changes, before they are sent; and a store as members of earlier
// releases have it.

import { commitStatements, STATEMENT_BYTES } from '../../src/stores/postgres/commit.ts'
import { PostgresArchive } from '../../src/stores/postgres/archive.ts'
import type { Connection, Statement, Value } from '../../src/stores/postgres/connection.ts'
import { Database } from '../../src/stores/postgres/database.ts'
import { holdingsOf } from '../../src/stores/postgres/holdings.ts'
import type { DatabaseOptions } from '../../src/stores/postgres/index.ts'
import { listingRows } from '../../src/stores/postgres/listing.ts'
import { loadRows } from '../../src/stores/postgres/loads.ts'
import { outboxRows } from '../../src/stores/postgres/outbox.ts'
import { outcomeRows } from '../../src/stores/postgres/outcomes.ts'
import { pastStatements } from '../../src/stores/postgres/past.ts'
import { PostgresSchema } from '../../src/stores/postgres/schema.ts'
import { DatabaseStore } from '../../src/stores/sql/database-store.ts'
import { settledOptions } from '../../src/stores/sql/options.ts'
import type { Row } from '../../src/stores/sql/rows.ts'

type Query = (statement: Statement, values: readonly Value[]) => Promise<readonly Row[]>

/** The session, but for how it is asked. */
export function standIn(connection: Connection, query: Query): Connection {
  return new Proxy(connection, {
    get(target, key) {
      if (key === 'query') return query
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** Commits by the function of schemas 1 and 2. */
class EarlierDatabase extends Database {
  override use<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return super.use((connection) =>
      work(
        standIn(connection, ({ name, text }, values) =>
          connection.query({ name, text: text.replace('commit_2', 'commit_1') }, values),
        ),
      ),
    )
  }
}

export class EarlierPostgresStore extends DatabaseStore<Connection> {
  readonly name = 'postgres'

  constructor(options: DatabaseOptions) {
    const database = new EarlierDatabase(settledOptions(options))
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
