// The `next` of a page of an archive, as every store writes and reads it: a kind of row, and the key of the last one, in
// base64url. What a key is made of is the store's own affair. Tokens are kept by tools and handed back: they are checked
// here, as far as one can without knowing the store.

import { SpawnError } from '../base/index.ts'
import { ARCHIVE_KINDS, type ArchiveKind } from '../ports/index.ts'

export type KeyPart = string | number

/** Where a reading goes on: behind this row of this kind. An empty key: at the first of the kind. */
export interface ArchivePosition {
  readonly kind: ArchiveKind
  readonly key: readonly KeyPart[]
}

export const ARCHIVE_START: ArchivePosition = { kind: 'actor', key: [] }

export function archiveToken({ kind, key }: ArchivePosition): string {
  return Buffer.from(JSON.stringify([kind, ...key])).toString('base64url')
}

/** The beginning of the next kind of row; null: there is none. */
export function nextKind(kind: ArchiveKind): ArchivePosition | null {
  const next = ARCHIVE_KINDS[ARCHIVE_KINDS.indexOf(kind) + 1]
  return next === undefined ? null : { kind: next, key: [] }
}

/**
 * @param forms of the key of each kind: `'string'` or `'number'` for each of its parts.
 * @throws SpawnError INVALID_ARGUMENT for anything that no page ever answered.
 */
export function archivePosition(
  token: string,
  forms: Readonly<Record<ArchiveKind, readonly ('string' | 'number')[]>>,
): ArchivePosition {
  const fields = parsed(token)
  if (!Array.isArray(fields)) throw invalid()
  const [first, ...key] = fields as unknown[]
  const kind = ARCHIVE_KINDS.find((each) => each === first)
  if (kind === undefined) throw invalid()
  const form = forms[kind]
  const fits = key.length === form.length && key.every((part, at) => typeof part === form[at])
  if (!fits && key.length > 0) throw invalid()
  return { kind, key: key as KeyPart[] }
}

function parsed(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch (cause) {
    throw invalid(cause)
  }
}

function invalid(cause?: unknown): SpawnError {
  return new SpawnError(
    'INVALID_ARGUMENT',
    '`after` is not the `next` of a page of this archive: pass it on unchanged, or leave it out to begin at the first row',
    { cause },
  )
}
