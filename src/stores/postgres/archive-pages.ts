// How all rows of the tables are read, in the order of their keys: as many as asked, or fewer where they are large; what does
// not fit into a page is not read. Decides nothing but the statements; see sql/archive-pages.ts.

import type { ArchiveKind } from '../../ports/index.ts'
import { ARCHIVE_PAGE_BYTES } from '../archive-rows.ts'
import type { ArchivePageRows } from '../sql/archive-pages.ts'
import { bytea } from './arrays.ts'
import type { Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { ENVELOPE, REVISION, STATE } from './rows.ts'

interface Table {
  readonly name: string
  readonly columns: string
  readonly key: string
  /** What a row has of bytes. */
  readonly bytes: string
}

const ADDRESS = 'system, parent, name'

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
function pageOf({ bytes, columns, key, name }: Table, parts: number): Statement {
  const values = Array.from({ length: parts }, (_none, at) => `$${at + 1}`).join(', ')
  const behind = parts === 0 ? '' : `WHERE (${key}) > (${values})`
  const text = `SELECT ${columns}, found FROM (
      SELECT *, count(*) OVER () AS found, sum(128 + coalesce(${bytes}, 0))
        OVER (ORDER BY ${key} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM (SELECT * FROM spawn.${name} ${behind} ORDER BY ${key} LIMIT $${parts + 1}) AS first) AS page
    WHERE coalesce(before, 0) < ${ARCHIVE_PAGE_BYTES} ORDER BY ${key}`
  return { name: '', text }
}
