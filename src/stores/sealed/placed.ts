// Sealed values with the system that they are of: what has to be known of them to find the keys of actors' own.

import type { ArchiveRow, StoredActor } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { isOwn } from './sealed-bytes.ts'

export interface Placed {
  readonly system: string
  readonly packed: Packed | null
}

/** Whether its state is sealed with a key of its own. On the path of every load. */
export function hasOwnKey(stored: StoredActor | null): boolean {
  const state = stored?.state ?? null
  return state !== null && isOwn(state.value)
}

export function placedState(stored: StoredActor | null): Placed {
  return { system: stored?.id.system ?? '', packed: stored?.state ?? null }
}

export function placedOf(row: ArchiveRow): Placed {
  if (row.kind === 'outcome') return { system: row.id.system, packed: row.outcome.reply }
  if (row.kind === 'envelope') return { system: row.system, packed: row.envelope.payload }
  return { system: row.actor.id.system, packed: row.actor.state }
}
