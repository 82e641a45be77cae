// The archive of a MariaDB database. Decides how rows come into the tables: in their order, in runs of one kind, all in one
// transaction, under a number of a lane like a commit: so what became of it is known. What a page has in it is
// archive-pages.ts's.

import { assert } from '../../base/index.ts'
import type { Archive, ArchiveChange, ArchivePage, ArchiveRow, PageRequest } from '../../ports/index.ts'
import { placeTaken } from '../archive-rows.ts'
import { archivePage } from '../sql/archive-pages.ts'
import { runsOf } from '../sql/archive-runs.ts'
import { type Field, text } from '../sql/rows.ts'
import { ConnectionLost } from '../sql/session.ts'
import { archivePageRows } from './archive-pages.ts'
import { changeValues, changing, PLACES_TAKEN, writeValues, writing } from './archive-statements.ts'
import { OPEN } from './block.ts'
import { checkApplied } from './commit.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { numbersOf, type Writing } from './writing.ts'

/** Of rows that go over together; the last may exceed it, and the largest row fits into a packet. */
const RUN_BYTES = 2 * 1_024 * 1_024

export class MariadbArchive implements Archive {
  readonly #database: Database
  readonly #writing: Writing

  constructor(database: Database, writing: Writing) {
    this.#database = database
    this.#writing = writing
  }

  read(page: PageRequest): Promise<ArchivePage> {
    return archivePage(archivePageRows(this.#database), page)
  }

  async write(rows: readonly ArchiveRow[]): Promise<number> {
    if (rows.length === 0) return 0
    return this.#inTransaction(async (connection) => {
      let written = 0
      for (const run of runsOf(rows, (row) => row, RUN_BYTES)) {
        const kind = run[0]?.kind ?? 'actor'
        const last = kind === 'envelope' ? lastOfEach(run) : run
        await checkPlaces(connection, last)
        written +=
          countOf(await connection.answer(writing(kind), writeValues(last))) + run.length - last.length
      }
      return written
    })
  }

  async replace(changes: readonly ArchiveChange[]): Promise<number> {
    if (changes.length === 0) return 0
    const isOfOneKind = changes.every(({ after, before }) => after.kind === before.kind)
    assert(isOfOneKind, 'a row that is replaced stays of its kind')
    return this.#inTransaction(async (connection) => {
      let replaced = 0
      for (const run of runsOf(changes, ({ before }) => before, RUN_BYTES)) {
        const kind = run[0]?.before.kind ?? 'actor'
        replaced += countOf(await connection.answer(changing(kind), changeValues(run)))
      }
      return replaced
    })
  }

  #inTransaction(work: (connection: Connection) => Promise<number>): Promise<number> {
    return this.#database.request(async () => {
      let counted = 0
      const written = await this.#writing.apply(async (connection, lane) => {
        try {
          checkApplied(await connection.objection(OPEN, numbersOf(lane)))
          counted = await work(connection)
          await connection.rows('COMMIT', [])
        } catch (thrown) {
          // The transaction ends with its session.
          connection.destroy()
          throw thrown
        }
      })
      assert(written === 'applied', 'rows of an archive need nothing that could be refused')
      return counted
    })
  }
}

/** @throws ConnectionLost for a statement that was stopped in the middle. */
function countOf(answer: Field): number {
  if (answer === null) throw new ConnectionLost('the statement was stopped in the middle')
  return Number(answer)
}

/** @throws SpawnError INVALID_ARGUMENT */
async function checkPlaces(connection: Connection, rows: readonly ArchiveRow[]): Promise<void> {
  const owners = new Map<string, string>()
  let hasEnvelopes = false
  for (const row of rows) {
    if (row.kind !== 'envelope') return
    hasEnvelopes = true
    const { id, place } = row.envelope
    const where = JSON.stringify([row.system, place])
    if (owners.has(where)) throw placeTaken(id, place)
    owners.set(where, id)
  }
  const [taken] = hasEnvelopes ? await connection.rows(PLACES_TAKEN, writeValues(rows).slice(0, 1)) : []
  if (taken !== undefined) throw placeTaken(text(taken[0]), Number(taken[1]))
}

/** Of envelopes with one id the last. */
function lastOfEach(rows: readonly ArchiveRow[]): ArchiveRow[] {
  const byId = new Map<string, ArchiveRow>()
  for (const row of rows)
    if (row.kind === 'envelope') byId.set(JSON.stringify([row.system, row.envelope.id]), row)
  return [...byId.values()]
}
