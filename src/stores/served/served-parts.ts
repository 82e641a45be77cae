// What hangs on a statestore besides itself, in another process: its archive, its schema, its erasures.

import type { Archive, ArchiveRow, Erasures, Schema, SchemaStatus } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { copied, crossingRow, plainId } from '../crossing.ts'
import type { StoreLink } from './store-link.ts'

/** Bytes as they are: writing them copies them. */
const asItIs = ({ typeUrl, value }: Packed): Packed => ({ typeUrl, value })
const plain = (row: ArchiveRow): ArchiveRow => crossingRow(row, asItIs)

export function servedArchive(link: StoreLink): Archive {
  return {
    read: async (page) => {
      const { next, rows } = await link.do('readArchive', { page: { ...page } })
      return { next, rows: rows.map((row) => crossingRow(row, copied)) }
    },
    write: (rows) => link.do('writeArchive', { rows: rows.map(plain) }),
    replace: (changes) => {
      const replaced = changes.map(({ after, before }) => ({ before: plain(before), after: plain(after) }))
      return link.do('replaceInArchive', { changes: replaced })
    },
  }
}

/** The process that has the store has brought it up to date by then: there is nothing to do, and nothing changes any more. */
export function servedSchema(status: SchemaStatus): Schema {
  return { status: () => Promise.resolve(status), migrate: () => Promise.resolve([]) }
}

export function servedErasures(link: StoreLink): Erasures {
  return {
    has: (id) => link.do('hasErasure', { id: plainId(id) }),
    erase: (id, nowMs, factsSeenTo = 0) => link.do('erase', { id: plainId(id), nowMs, factsSeenTo }),
    list: (system, page) => link.do('listErasures', { system, page: { ...page } }),
  }
}
