// Rows of an archive, the same for every store: how large one is, whether it is still the one that was read, and what
// it is with other bytes.

import { SpawnError } from '../base/index.ts'
import type { ArchiveRow } from '../ports/index.ts'
import { Packed } from '../protocol/packed.ts'

/** Bytes after which a page of an archive ends, though it has fewer rows than asked. */
export const ARCHIVE_PAGE_BYTES = 4 * 1_024 * 1_024

/** What a row has of bytes, and a little for the rest of it. */
export function rowBytes(row: ArchiveRow): number {
  return 128 + (packedOf(row)?.value.length ?? 0) + (row.kind === 'envelope' ? row.envelope.header.length : 0)
}

/** The state, reply or payload. */
export function packedOf(row: ArchiveRow): Packed | null {
  if (row.kind === 'outcome') return row.outcome.reply
  return row.kind === 'envelope' ? row.envelope.payload : row.actor.state
}

export function samePacked(left: Packed | null, right: Packed | null): boolean {
  if (left === null || right === null) return left === right
  return left.typeUrl === right.typeUrl && Buffer.compare(left.value, right.value) === 0
}

/** Whether a row stands as somebody read it. For two rows of the same key. */
export function standsAsRead(stands: ArchiveRow, read: ArchiveRow): boolean {
  return samePacked(packedOf(stands), packedOf(read)) && sameMarks(stands, read)
}

function sameMarks(stands: ArchiveRow, read: ArchiveRow): boolean {
  if (stands.kind === 'outcome')
    return read.kind === 'outcome' && stands.outcome.expiresAtMs === read.outcome.expiresAtMs
  if (stands.kind === 'envelope') {
    if (read.kind !== 'envelope') return false
    return stands.envelope.place === read.envelope.place && stands.envelope.header === read.envelope.header
  }
  if (read.kind !== stands.kind) return false
  return stands.actor.revision === read.actor.revision && stands.actor.birth === read.actor.birth
}

/** A row with the bytes of another, of which nothing else counts; they are copied, for the caller may use its own again. */
export function withBytesOf(row: ArchiveRow, after: ArchiveRow): ArchiveRow {
  const packed = packedOf(after)
  const copy = packed === null ? null : new Packed(packed.typeUrl, packed.value.slice())
  if (row.kind === 'outcome') return { ...row, outcome: { ...row.outcome, reply: copy } }
  if (row.kind !== 'envelope') return { ...row, actor: { ...row.actor, state: copy } }
  const header = after.kind === 'envelope' ? after.envelope.header : row.envelope.header
  return { ...row, envelope: { ...row.envelope, header, payload: copy } }
}

export function placeTaken(id: string, place: number): SpawnError {
  return new SpawnError(
    'INVALID_ARGUMENT',
    `the envelope ${JSON.stringify(id)} cannot be written at place ${place}, where another one stands: give it a place behind all others`,
    { details: { envelope: id, place } },
  )
}
