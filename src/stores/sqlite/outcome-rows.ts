// Rows of the table of outcomes as they are read: what stands in one, and what one that is damaged says.

import { messageOf, SpawnError } from '../../base/index.ts'
import { type Dictionary, fields } from './dictionary.ts'
import { type KeptOutcome, type KeptOwner, keyHashesIn, unpackKept } from './kept-outcomes.ts'

/** The columns of a row, in this order. Family and name count for one that is of one actor. */
export const OUTCOME_ROW = 'id, family, name, kept'

export interface OutcomesFound {
  readonly id: number
  readonly kept: readonly KeptOutcome[]
}

export function rowNumber(found: unknown): number {
  return partsOf(found).id
}

/** @throws SpawnError STATE_UNREADABLE */
export function unpackedRow(found: unknown, dictionary: Dictionary): OutcomesFound {
  const row = partsOf(found)
  const typeUrl = (type: number): string => dictionary.typeUrl(type)
  const read = (): readonly KeptOutcome[] => {
    const kept = unpackKept(row.packed, row, typeUrl)
    // Whose it is says where it stands in the index: one of nobody is as unreadable as bytes that are none.
    for (const { family } of kept) dictionary.familyAt(family)
    return kept
  }
  return { id: row.id, kept: readable(row, read) }
}

/** The hashes of its keys, by actors. @throws SpawnError STATE_UNREADABLE */
export function keyHashesOf(found: unknown): (readonly [owner: KeptOwner, keyHashes: readonly number[]])[] {
  const row = partsOf(found)
  return readable(row, () => [...keyHashesIn(row.packed, row)])
}

interface Parts extends KeptOwner {
  readonly id: number
  readonly packed: Uint8Array
}

function partsOf(found: unknown): Parts {
  const [id, family, name, packed] = fields([found])[0] ?? []
  // Bytes that it has not are as unreadable as others.
  const bytes = packed instanceof Uint8Array ? packed : Uint8Array.of(1)
  return { id: Number(id), family: Number(family), name: String(name), packed: bytes }
}

function readable<T>({ id, name }: Parts, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const whose = name === '' ? 'kept replies' : `kept replies of "${name}"`
    const message = `${whose} (row ${id} of the store file) cannot be read (${messageOf(cause)}): restore a backup`
    throw new SpawnError('STATE_UNREADABLE', message, { cause })
  }
}
