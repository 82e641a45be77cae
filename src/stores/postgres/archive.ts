// The archive of a Postgres database. Decides how rows come into the tables: in their order, in runs of one kind, all in
// one transaction; and which rows are still as somebody read them. What a page has in it is archive-pages.ts's.

import { assert } from '../../base/index.ts'
import type { Archive, ArchiveChange, ArchivePage, ArchiveRow, PageRequest } from '../../ports/index.ts'
import { placeTaken } from '../archive-rows.ts'
import { archivePage } from '../sql/archive-pages.ts'
import { runsOf } from '../sql/archive-runs.ts'
import { text } from '../sql/rows.ts'
import { archivePageRows } from './archive-pages.ts'
import { CHANGES, changeValues, PLACES_TAKEN, WRITES, writeValues } from './archive-statements.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'

type Kind = ArchiveRow['kind']

export class PostgresArchive implements Archive {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  read(page: PageRequest): Promise<ArchivePage> {
    return archivePage(archivePageRows(this.#database), page)
  }

  /** Writing the same again changes nothing, so that it may be tried again whatever became of it. */
  async write(rows: readonly ArchiveRow[]): Promise<number> {
    if (rows.length === 0) return 0
    return this.#inTransaction(async (connection) => {
      await checkPlaces(connection, rows)
      let written = 0
      for (const run of runsOf(rows, (row) => row, Infinity)) {
        const [row] = await connection.query(WRITES[kindOf(run)], writeValues(run))
        written += Number(row?.[0] ?? 0)
      }
      return written
    })
  }

  async replace(changes: readonly ArchiveChange[]): Promise<number> {
    if (changes.length === 0) return 0
    return this.#inTransaction(async (connection) => {
      let replaced = 0
      for (const run of runsOf(changes, ({ before }) => before, Infinity)) {
        assert(
          run.every(({ after, before }) => after.kind === before.kind),
          'a row that is replaced stays of its kind',
        )
        const [row] = await connection.query(
          CHANGES[kindOf(run.map(({ before }) => before))],
          changeValues(run),
        )
        replaced += Number(row?.[0] ?? 0)
      }
      return replaced
    })
  }

  #inTransaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return this.#database.request(() =>
      this.#database.persist(async (connection) => {
        try {
          await connection.run('BEGIN')
          const result = await work(connection)
          await connection.run('COMMIT')
          return result
        } catch (thrown) {
          // The transaction ends with its session.
          connection.destroy()
          throw thrown
        }
      }),
    )
  }
}

/** Before anything is written: all of it is, or nothing. */
async function checkPlaces(connection: Connection, rows: readonly ArchiveRow[]): Promise<void> {
  const owners = new Map<number, string>()
  const envelopes = rows.filter((row) => row.kind === 'envelope')
  if (envelopes.length === 0) return
  for (const { envelope, system } of envelopes) {
    const owner = JSON.stringify([system, envelope.id])
    if ((owners.get(envelope.place) ?? owner) !== owner) throw placeTaken(envelope.id, envelope.place)
    owners.set(envelope.place, owner)
  }
  const [taken] = await connection.query(PLACES_TAKEN, writeValues(envelopes).slice(0, 3))
  if (taken !== undefined) throw placeTaken(text(taken[0]), Number(taken[1]))
}

function kindOf(run: readonly ArchiveRow[]): Kind {
  return run[0]?.kind ?? 'actor'
}
