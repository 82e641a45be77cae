// Pages over all rows of the tables, in the order of their keys. Decides what a page has in it: as many rows as asked, or
// fewer where they are large; what does not fit is not read.

import type { ArchivePage, ArchiveRow, PageRequest } from '../../ports/index.ts'
import { ARCHIVE_PAGE_BYTES } from '../archive-rows.ts'
import { ARCHIVE_START, archivePosition, archiveToken, type KeyPart, nextKind } from '../archive-token.ts'
import { bytea } from './arrays.ts'
import type { Row, Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { ENVELOPE, packed, REVISION, standingEnvelope, STATE, storedActor, text } from './rows.ts'

const ACTOR_KEY = ['string', 'string', 'string'] as const
const FORMS = {
  actor: ACTOR_KEY,
  past: [...ACTOR_KEY, 'number'],
  outcome: [...ACTOR_KEY, 'string'],
  envelope: ['string', 'number'],
} as const

interface Pages {
  readonly table: string
  readonly columns: string
  readonly key: string
  /** What a row has of bytes. */
  readonly bytes: string
  readonly rowOf: (row: Row) => readonly [row: ArchiveRow, key: readonly KeyPart[]]
}

const ADDRESS = 'system, parent, name'

const PAGES: Readonly<Record<ArchiveRow['kind'], Pages>> = {
  actor: {
    table: 'actors',
    columns: `${REVISION}, ${STATE}, ${ADDRESS}`,
    key: ADDRESS,
    bytes: 'octet_length(state)',
    rowOf(row) {
      const id = addressIn(row, 7)
      return [{ kind: 'actor', actor: storedActor(id, row) }, [id.system, id.parent, id.name]]
    },
  },
  past: {
    table: 'past',
    columns: `${REVISION}, ${STATE}, ${ADDRESS}, replaced_at_ms, expires_at_ms, is_counted`,
    key: `${ADDRESS}, revision`,
    bytes: 'octet_length(state)',
    rowOf(row) {
      const actor = storedActor(addressIn(row, 7), row)
      const { system, parent, name } = actor.id
      const [replacedAtMs, expiresAtMs] = [Number(row[10]), Number(row[11])]
      const kept = { kind: 'past' as const, actor, replacedAtMs, expiresAtMs, counted: row[12] === true }
      return [kept, [system, parent, name, actor.revision]]
    },
  },
  outcome: {
    table: 'outcomes',
    columns: `${ADDRESS}, key, expires_at_ms, reply_type, reply`,
    key: `${ADDRESS}, key`,
    bytes: 'octet_length(reply)',
    rowOf(row) {
      const id = addressIn(row, 0)
      const key = text(row[3])
      const outcome = { key, reply: packed(row[5], row[6]), expiresAtMs: Number(row[4]) }
      return [{ kind: 'outcome', id, outcome }, [id.system, id.parent, id.name, key]]
    },
  },
  envelope: {
    table: 'outbox',
    columns: `${ENVELOPE}, system`,
    key: 'system, place',
    bytes: 'octet_length(header) + coalesce(octet_length(payload), 0)',
    rowOf(row) {
      const system = text(row[7])
      const envelope = standingEnvelope(row)
      return [{ kind: 'envelope', system, envelope }, [system, envelope.place]]
    },
  },
}

export async function readArchive(database: Database, { after, limit }: PageRequest): Promise<ArchivePage> {
  const position = after === undefined ? ARCHIVE_START : archivePosition(after, FORMS)
  const { kind } = position
  const pages = PAGES[kind]
  const values: Value[] = position.key.map((part) => (typeof part === 'string' ? bytea(part) : part))
  // One more than asked tells whether there is another page.
  const found = await database.read(pageStatement(pages, values.length), [...values, limit + 1])
  const read = found.slice(0, limit).map(pages.rowOf)
  const last = read.at(-1)
  const rows = read.map(([row]) => row)
  const isEnd = last === undefined || Number(found[0]?.at(-1)) === rows.length
  if (!isEnd) return { rows, next: archiveToken({ kind, key: last[1] }) }
  const next = nextKind(kind)
  return { rows, next: next === null ? null : archiveToken(next) }
}

/** @param parts of the key behind which it begins; 0: with the first row. */
function pageStatement({ bytes, columns, key, table }: Pages, parts: number): Statement {
  const values = Array.from({ length: parts }, (_none, at) => `$${at + 1}`).join(', ')
  const behind = parts === 0 ? '' : `WHERE (${key}) > (${values})`
  const text = `SELECT ${columns}, found FROM (
      SELECT *, count(*) OVER () AS found, sum(128 + coalesce(${bytes}, 0))
        OVER (ORDER BY ${key} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM (SELECT * FROM spawn.${table} ${behind} ORDER BY ${key} LIMIT $${parts + 1}) AS first) AS page
    WHERE coalesce(before, 0) < ${ARCHIVE_PAGE_BYTES} ORDER BY ${key}`
  return { name: '', text }
}

function addressIn(row: Row, at: number): { system: string; parent: string; name: string } {
  return { system: text(row[at]), parent: text(row[at + 1]), name: text(row[at + 2]) }
}
