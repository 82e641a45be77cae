// How all rows of the tables are read, in the order of their keys: as many as asked, or fewer where they are large; what does
// not fit into a page is not read. Decides nothing but the statements; see sql/archive-pages.ts.

import type { ArchiveKind } from '../../ports/index.ts'
import { ARCHIVE_PAGE_BYTES } from '../archive-rows.ts'
import type { ArchivePageRows } from '../sql/archive-pages.ts'
import { boxNumber } from '../sql/box-number.ts'
import { bytea } from './arrays.ts'
import type { Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { systemsOf } from './listing.ts'
import { ENVELOPE, REVISION, STATE } from './rows.ts'

interface Table {
  readonly name: string
  readonly columns: string
  readonly key: string
  /** What a row has of bytes. */
  readonly bytes: string
}

const ADDRESS = 'system, parent, name'
const FACT = boxNumber('fact')

const TABLES: Readonly<Record<ArchiveKind, Table>> = {
  actor: {
    name: 'actors',
    columns: `${REVISION}, ${STATE}, ${ADDRESS}`,
    key: ADDRESS,
    bytes: 'octet_length(state)',
  },
  past: {
    name: 'past',
    columns: `${REVISION}, ${STATE}, ${ADDRESS}, replaced_at_ms, expires_at_ms, is_counted`,
    key: `${ADDRESS}, revision`,
    bytes: 'octet_length(state)',
  },
  outcome: {
    name: 'outcomes',
    columns: `${ADDRESS}, key, expires_at_ms, reply_type, reply`,
    key: `${ADDRESS}, key`,
    bytes: 'octet_length(reply)',
  },
  envelope: {
    name: 'outbox',
    columns: `${ENVELOPE}, system`,
    key: 'system, place',
    bytes: 'octet_length(header) + coalesce(octet_length(payload), 0)',
  },
}

export function archivePageRows(database: Database): ArchivePageRows {
  return (kind, behind, limit) => {
    const values: Value[] = behind.map((part) => (typeof part === 'string' ? bytea(part) : part))
    return database.read(pageOf(TABLES[kind], values.length), [...values, limit])
  }
}

/** @param parts of the key behind which it begins; 0: with the first row. */
function pageOf(table: Table, parts: number): Statement {
  const { bytes, columns, key } = table
  const text = `SELECT ${columns}, found FROM (
      SELECT *, count(*) OVER () AS found, sum(128 + coalesce(${bytes}, 0))
        OVER (ORDER BY ${key} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM (${table === TABLES.envelope ? firstEnvelopes(parts) : firstRows(table, parts)}) AS first) AS page
    WHERE coalesce(before, 0) < ${ARCHIVE_PAGE_BYTES} ORDER BY ${key}`
  return { name: '', text }
}

/** @param where more that they must be. */
function firstRows({ key, name }: Table, parts: number, where = 'true'): string {
  const values = Array.from({ length: parts }, (_none, at) => `$${at + 1}`).join(', ')
  const behind = parts === 0 ? '' : `AND (${key}) > (${values})`
  return `SELECT * FROM spawn.${name} WHERE ${where} ${behind} ORDER BY ${key} LIMIT $${parts + 1}`
}

/**
 * Only of facts, of which there may be very many, is there an index in the order of places: these are a range of it. All others of
 * a system are looked through for each page.
 */
function firstEnvelopes(parts: number): string {
  const others = (system: string): string =>
    `SELECT * FROM spawn.outbox WHERE system = ${system} AND box < ${FACT} ${parts === 0 ? '' : 'AND (system > $1 OR place > $2)'}
      ORDER BY place LIMIT $${parts + 1}`
  return `SELECT * FROM (
      (SELECT o.* FROM ${systemsOf('outbox')} AS s CROSS JOIN LATERAL (${others('s.system')}) AS o
        ${parts === 0 ? '' : 'WHERE s.system >= $1'})
      UNION ALL (${firstRows(TABLES.envelope, parts, `box = ${FACT}`)})) AS both_of_them
    ORDER BY system, place LIMIT $${parts + 1}`
}
