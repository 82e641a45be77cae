// Pages over all rows of a database, in the order of their keys. Decides what a row means, and how a reading goes on; which rows
// fit into a page the vendor measures.

import type { ArchiveKind, ArchivePage, ArchiveRow, PageRequest } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { ARCHIVE_START, archivePosition, archiveToken, type KeyPart, nextKind } from '../archive-token.ts'
import {
  ACTOR_COLUMNS,
  addressIn,
  ENVELOPE_COLUMNS,
  packed,
  type Row,
  standingEnvelope,
  storedActor,
  text,
} from './rows.ts'

/**
 * What a vendor answers: the first rows of a kind behind a key (empty: from the first one on), at most `limit`, to the page's limit
 * of bytes. The columns are those that `ROWS` reads, and behind them how many were found.
 */
export type ArchivePageRows = (
  kind: ArchiveKind,
  behind: readonly KeyPart[],
  limit: number,
) => Promise<readonly Row[]>

const ADDRESS_COLUMNS = 3
const ADDRESS_FORM = ['string', 'string', 'string'] as const
/** What keys are made of, in the order of the vendors' primary keys. */
const FORMS = {
  actor: ADDRESS_FORM,
  past: [...ADDRESS_FORM, 'number'],
  outcome: [...ADDRESS_FORM, 'string'],
  envelope: ['string', 'number'],
} as const

/** A row, and where a reading goes on behind it. */
type Keyed = readonly [row: ArchiveRow, key: readonly KeyPart[]]

const ROWS: Readonly<Record<ArchiveKind, (row: Row) => Keyed>> = {
  /** The actor, its address. */
  actor(row) {
    const actor = storedActor(addressIn(row, ACTOR_COLUMNS), row)
    return [{ kind: 'actor', actor }, addressKey(actor)]
  },
  /** The same, when it was replaced, when it expires, whether it is counted. */
  past(row) {
    const actor = storedActor(addressIn(row, ACTOR_COLUMNS), row)
    const [replacedAtMs, expiresAtMs, counted] = row.slice(ACTOR_COLUMNS + ADDRESS_COLUMNS).map(Number)
    return [
      {
        kind: 'past',
        actor,
        replacedAtMs: replacedAtMs ?? 0,
        expiresAtMs: expiresAtMs ?? 0,
        counted: counted === 1,
      },
      [...addressKey(actor), actor.revision],
    ]
  },
  /** The address, key, when it expires, the reply's type, the reply. */
  outcome(row) {
    const id = addressIn(row, 0)
    const [key, expiresAtMs, type, reply] = row.slice(ADDRESS_COLUMNS)
    const outcome = { key: text(key), reply: packed(type, reply), expiresAtMs: Number(expiresAtMs) }
    return [{ kind: 'outcome', id, outcome }, [...addressKey({ id }), outcome.key]]
  },
  /** The envelope, its system. */
  envelope(row) {
    const system = text(row[ENVELOPE_COLUMNS])
    const envelope = standingEnvelope(row)
    return [{ kind: 'envelope', system, envelope }, [system, envelope.place]]
  },
}

export async function archivePage(
  rowsOf: ArchivePageRows,
  { after, limit }: PageRequest,
): Promise<ArchivePage> {
  const { key, kind } = after === undefined ? ARCHIVE_START : archivePosition(after, FORMS)
  // One more than asked tells whether there is another page.
  const found = await rowsOf(kind, key, limit + 1)
  const read = found.slice(0, limit).map((row) => ROWS[kind](row))
  const rows = read.map(([row]) => row)
  const last = read.at(-1)
  if (last !== undefined && Number(found[0]?.at(-1)) > rows.length)
    return { rows, next: archiveToken({ kind, key: last[1] }) }
  const next = nextKind(kind)
  return { rows, next: next === null ? null : archiveToken(next) }
}

function addressKey({ id: { name, parent, system } }: { readonly id: ActorId }): readonly KeyPart[] {
  return [system, parent, name]
}
