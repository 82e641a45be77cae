// What is encrypted in rows that are carried without a key. Decides which rows these are, and what of a store is of no use in
// another one; that an encrypted store opens its rows is its own archive's.

import { SpawnError } from '../base/index.ts'
import { type ArchiveRow, isRotationMark, type Statestore } from '../ports/index.ts'
import { isSealed, type Packed } from '../protocol/index.ts'
import { archiveOf } from './archive-of.ts'
import { PART_ROWS } from './frame-line.ts'

/** Whether a store that is read without keys is encrypted: by its first rows, for all of them are, or none is. */
export async function holdsSealed(store: Statestore): Promise<boolean> {
  let after: string | null = null
  do {
    const page = await archiveOf(store).read({ limit: PART_ROWS, ...(after !== null && { after }) })
    if (page.rows.length > 0) return page.rows.some(isSealedRow)
    after = page.next
  } while (after !== null)
  return false
}

/** @throws SpawnError STATE_UNREADABLE for a row that would be taken for an open one. */
export function checkOpened(rows: readonly ArchiveRow[]): void {
  if (!rows.some(isSealedRow)) return
  throw new SpawnError(
    'STATE_UNREADABLE',
    'the store is encrypted, and there is no key: set SPAWN_STATESTORE_KEY, or leave all as it is with --sealed',
  )
}

export function isMovable(row: ArchiveRow): boolean {
  return row.kind !== 'actor' || !isRotationMark(row.actor.id)
}

function isSealedRow(row: ArchiveRow): boolean {
  const packed = packedOf(row)
  return packed !== null && isSealed(packed)
}

function packedOf(row: ArchiveRow): Packed | null {
  if (row.kind === 'outcome') return row.outcome.reply
  return row.kind === 'envelope' ? row.envelope.payload : row.actor.state
}
