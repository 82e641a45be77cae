// The `next` of a page of an archive, as every store writes and reads it: a kind of row, and the key of the last one. What a
// key is made of is the store's own affair. Tokens are kept by tools and handed back: they are checked here, as far as one
// can without knowing the store.

import { ARCHIVE_KINDS, type ArchiveKind } from '../ports/index.ts'
import { fieldsOf, tokenOf, unknownToken } from './token.ts'

export type KeyPart = string | number

/** Where a reading goes on: behind this row of this kind. An empty key: at the first of the kind. */
export interface ArchivePosition {
  readonly kind: ArchiveKind
  readonly key: readonly KeyPart[]
}

export const ARCHIVE_START: ArchivePosition = { kind: 'actor', key: [] }

export function archiveToken({ kind, key }: ArchivePosition): string {
  return tokenOf([kind, ...key])
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
  const [first, ...key] = fieldsOf(token) ?? []
  const kind = ARCHIVE_KINDS.find((each) => each === first)
  if (kind === undefined) throw unknownToken('this archive', 'row')
  const form = forms[kind]
  const fits = key.length === form.length && key.every((part, at) => typeof part === form[at])
  if (!fits && key.length > 0) throw unknownToken('this archive', 'row')
  return { kind, key: key as KeyPart[] }
}
