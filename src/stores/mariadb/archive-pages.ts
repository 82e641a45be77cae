// Pages over all rows of the tables, in the order of their keys. Decides what a page has in it: as many rows as asked, or
// fewer where they are large; what does not fit is not read.

import type { ArchiveKind, ArchivePage, ArchiveRow, PageRequest } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { ARCHIVE_PAGE_BYTES } from '../archive-rows.ts'
import { ARCHIVE_START, archivePosition, archiveToken, type KeyPart, nextKind } from '../archive-token.ts'
import type { Row, Value } from './connection.ts'
import type { Database } from './database.ts'
import {
  ACTOR_COLUMNS,
  ENVELOPE,
  ENVELOPE_COLUMNS,
  packed,
  REVISION,
  standingEnvelope,
  STATE,
  storedActor,
  text,
} from './rows.ts'

interface Pages {
  readonly table: string
  readonly key: readonly string[]
  readonly columns: string
  /** A row, and where a reading goes on behind it. */
  readonly rowOf: (row: Row) => readonly [row: ArchiveRow, key: readonly KeyPart[]]
}

const ACTOR_KEY = ['system', 'parent', 'name'] as const
const ACTOR_FORM = ['string', 'string', 'string'] as const
const FORMS = {
  actor: ACTOR_FORM,
  past: [...ACTOR_FORM, 'number'],
  outcome: [...ACTOR_FORM, 'string'],
  envelope: ['string', 'number'],
} as const

const ADDRESS = 'a.system, a.parent, a.name'

const PAGES: Readonly<Record<ArchiveKind, Pages>> = {
  actor: {
    table: 'spawn_actors',
    key: ACTOR_KEY,
    columns: `${REVISION}, ${STATE}, ${ADDRESS}`,
    rowOf(row) {
      const id = addressIn(row, ACTOR_COLUMNS)
      return [{ kind: 'actor', actor: storedActor(id, row) }, [id.system, id.parent, id.name]]
    },
  },
  past: {
    table: 'spawn_past',
    key: [...ACTOR_KEY, 'revision'],
    columns: `${REVISION}, ${STATE}, ${ADDRESS}, a.replaced_at_ms, a.expires_at_ms, a.is_counted`,
    rowOf(row) {
      const id = addressIn(row, ACTOR_COLUMNS)
      const actor = storedActor(id, row)
      const [replacedAtMs, expiresAtMs, counted] = row.slice(ACTOR_COLUMNS + ACTOR_KEY.length).map(Number)
      return [
        {
          kind: 'past',
          actor,
          replacedAtMs: replacedAtMs ?? 0,
          expiresAtMs: expiresAtMs ?? 0,
          counted: counted === 1,
        },
        [id.system, id.parent, id.name, actor.revision],
      ]
    },
  },
  outcome: {
    table: 'spawn_outcomes',
    key: [...ACTOR_KEY, 'its_key'],
    columns: `${ADDRESS}, a.its_key, a.expires_at_ms, a.reply_type, a.reply`,
    rowOf(row) {
      const id = addressIn(row, 0)
      const [key, expiresAtMs, type, reply] = row.slice(ACTOR_KEY.length)
      const outcome = { key: text(key), reply: packed(type, reply), expiresAtMs: Number(expiresAtMs) }
      return [{ kind: 'outcome', id, outcome }, [id.system, id.parent, id.name, outcome.key]]
    },
  },
  envelope: {
    table: 'spawn_outbox',
    key: ['system', 'place'],
    columns: `${ENVELOPE}, a.system`,
    rowOf(row) {
      const system = text(row[ENVELOPE_COLUMNS])
      const envelope = standingEnvelope(row)
      return [{ kind: 'envelope', system, envelope }, [system, envelope.place]]
    },
  },
}

export async function readArchive(database: Database, { after, limit }: PageRequest): Promise<ArchivePage> {
  const { key, kind } = after === undefined ? ARCHIVE_START : archivePosition(after, FORMS)
  const pages = PAGES[kind]
  const values = key.map((part): Value => (typeof part === 'string' ? Buffer.from(part) : part))
  // One more than asked tells whether there is another page.
  const found = await database.read(pageOf(pages, key.length > 0), [...behindValues(values), limit + 1])
  const read = found.slice(0, limit).map((row) => pages.rowOf(row))
  const rows = read.map(([row]) => row)
  const last = read.at(-1)
  if (last !== undefined && Number(found[0]?.at(-1)) > rows.length)
    return { rows, next: archiveToken({ kind, key: last[1] }) }
  const next = nextKind(kind)
  return { rows, next: next === null ? null : archiveToken(next) }
}

/** Rows to the page's limit of bytes, each with how many were found. */
function pageOf({ columns, key, table }: Pages, isBehind: boolean): string {
  const keys = key.join(', ')
  const same = key.map((column) => `a.${column} = page.${column}`).join(' AND ')
  return `SELECT ${columns}, page.found FROM (
      SELECT ${keys}, COUNT(*) OVER () AS found, SUM(bytes + 128) OVER (ORDER BY ${keys}
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_it
      FROM (SELECT ${keys}, bytes FROM ${table} ${isBehind ? `WHERE ${behind(key)}` : ''} ORDER BY ${keys} LIMIT ?) AS first
    ) AS page
    STRAIGHT_JOIN ${table} AS a ON ${same}
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

function addressIn(row: Row, at: number): ActorId {
  return { system: text(row[at]), parent: text(row[at + 1]), name: text(row[at + 2]) }
}
