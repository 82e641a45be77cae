// How all rows of the tables are read, in the order of their keys: as many as asked, or fewer where they are large; what does
// not fit into a page is not read. Decides nothing but the statements; see sql/archive-pages.ts.

import type { ArchiveKind } from '../../ports/index.ts'
import { ARCHIVE_PAGE_BYTES } from '../archive-rows.ts'
import type { ArchivePageRows } from '../sql/archive-pages.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { ENVELOPE, REVISION, STATE } from './rows.ts'

interface Table {
  readonly name: string
  readonly key: readonly string[]
  readonly columns: string
}

const ACTOR_KEY = ['system', 'parent', 'name'] as const
const ADDRESS = 'a.system, a.parent, a.name'

const TABLES: Readonly<Record<ArchiveKind, Table>> = {
  actor: { name: 'spawn_actors', key: ACTOR_KEY, columns: `${REVISION}, ${STATE}, ${ADDRESS}` },
  past: {
    name: 'spawn_past',
    key: [...ACTOR_KEY, 'revision'],
    columns: `${REVISION}, ${STATE}, ${ADDRESS}, a.replaced_at_ms, a.expires_at_ms, a.is_counted`,
  },
  outcome: {
    name: 'spawn_outcomes',
    key: [...ACTOR_KEY, 'its_key'],
    columns: `${ADDRESS}, a.its_key, a.expires_at_ms, a.reply_type, a.reply`,
  },
  envelope: { name: 'spawn_outbox', key: ['system', 'place'], columns: `${ENVELOPE}, a.system` },
}

export function archivePageRows(database: Database): ArchivePageRows {
  return (kind, key, limit) => {
    const values = key.map((part): Value => (typeof part === 'string' ? Buffer.from(part) : part))
    return database.read(pageOf(TABLES[kind], key.length > 0), [...behindValues(values), limit])
  }
}

/** Rows to the page's limit of bytes, each with how many were found. */
function pageOf({ columns, key, name }: Table, isBehind: boolean): string {
  const keys = key.join(', ')
  const same = key.map((column) => `a.${column} = page.${column}`).join(' AND ')
  return `SELECT ${columns}, page.found FROM (
      SELECT ${keys}, COUNT(*) OVER () AS found, SUM(bytes + 128) OVER (ORDER BY ${keys}
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_it
      FROM (SELECT ${keys}, bytes FROM ${name} ${isBehind ? `WHERE ${behind(key)}` : ''} ORDER BY ${keys} LIMIT ?) AS first
    ) AS page
    STRAIGHT_JOIN ${name} AS a ON ${same}
    WHERE IFNULL(page.before_it, 0) < ${ARCHIVE_PAGE_BYTES}
    ORDER BY ${key.map((column) => `page.${column}`).join(', ')}`
}

/** Behind a key, as a range of the index: MariaDB would read all rows for a comparison of rows. */
function behind([column = '', ...rest]: readonly string[]): string {
  return rest.length === 0 ? `${column} > ?` : `(${column} > ? OR (${column} = ? AND ${behind(rest)}))`
}

/** In the order of `behind`. */
function behindValues(values: readonly Value[]): Value[] {
  return values.flatMap((value, at) => (at === values.length - 1 ? value : [value, value]))
}
