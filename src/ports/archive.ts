// The archive of a statestore: all that it keeps, as rows that can be carried to another store. For tools that move,
// restore and seal stores again; no runtime needs it. Sealed or not, a row's bytes are taken as they are.
//
// What every archive keeps:
//  - A row has a key: of an actor its id, of the past its id and revision, of an outcome its id and key, of an envelope its
//    system and id. `read` answers each row that stands unchanged all the while exactly once. One that is committed,
//    pruned or taken meanwhile may be among them or not, and may be there twice.
//  - The kinds come in the order in which they stand below; so whoever writes rows in the order in which they were read has
//    written an actor before its past. Within a kind the order is the store's own, and stays while nothing changes; but
//    envelopes of one system come in the order of their places.
//  - What was written and read again is the same, and the store goes on from it as from its own: commits follow the
//    revisions, keys are known, what has expired is pruned, and the next place is behind all that were written.
//  - The past of an actor is of the incarnation that stands, and older than its latest revision. Writing an actor drops what
//    is not so any more. A row of the past that does not fit so is left out: a reading of a store in use may have some.
//  - All of the places that are written differ, and no envelope of another id stands at any of them.

import type { ActorId } from '../protocol/index.ts'
import type { StandingEnvelope } from './outbox.ts'
import type { OutcomeRecord, PageRequest, StoredActor } from './stored.ts'

export type ArchiveRow =
  /** The latest revision of an actor. */
  | { readonly kind: 'actor'; readonly actor: StoredActor }
  /** A revision that was replaced. `counted`: a policy keeps it by number; else only until it expires. */
  | {
      readonly kind: 'past'
      readonly actor: StoredActor
      readonly replacedAtMs: number
      readonly expiresAtMs: number
      readonly counted: boolean
    }
  /** What is kept under an idempotency key, expired or not. Its actor need not be stored. */
  | { readonly kind: 'outcome'; readonly id: ActorId; readonly outcome: OutcomeRecord }
  | { readonly kind: 'envelope'; readonly system: string; readonly envelope: StandingEnvelope }

export type ArchiveKind = ArchiveRow['kind']

/** In the order in which they are read. */
export const ARCHIVE_KINDS: readonly ArchiveKind[] = ['actor', 'past', 'outcome', 'envelope']

// What a store keeps for itself stands in it as actors of systems that are nobody's. Tools that carry all rows carry these,
// too, and do not call them actors.

/** The keys of actors' own, and how far a rotation has come. */
export const KEYS_SYSTEM = '(keys)'
/** What is being erased. */
export const ERASING_SYSTEM = '(erasing)'
/** The proofs of what was. */
export const ERASURES_SYSTEM = '(erasures)'

/** How far a rotation has come, in the pages of its store: of no use in another one. */
export const ROTATION_MARK: ActorId = { system: KEYS_SYSTEM, parent: '', name: 'rotation' }

export function isRotationMark({ name, parent, system }: ActorId): boolean {
  return name === ROTATION_MARK.name && parent === ROTATION_MARK.parent && system === ROTATION_MARK.system
}

export function isReserved({ system }: { readonly system: string }): boolean {
  return system === KEYS_SYSTEM || system === ERASING_SYSTEM || system === ERASURES_SYSTEM
}

export interface ArchivePage {
  /** May be empty although others follow. */
  readonly rows: readonly ArchiveRow[]
  /** Opaque; null: this was the last page. It may be kept, and is good for as long as the store is. */
  readonly next: string | null
}

/** A row as it stood, and as it is to be. Both have the same key. */
export interface ArchiveChange {
  readonly before: ArchiveRow
  readonly after: ArchiveRow
}

export interface Archive {
  /** The rows behind `after`, at most `limit`, and fewer where they are large: a page comes to some mebibytes, or to one row. */
  read(page: PageRequest): Promise<ArchivePage>
  /**
   * Puts rows as they are, in one transaction: at most LIMITS.pageSize. One with the same key is replaced, and so is one
   * that comes earlier among them. For a store that no runtime uses meanwhile.
   *
   * @returns how many stand now; the others are of a past that they do not fit.
   * @throws SpawnError INVALID_ARGUMENT when an envelope of another id stands at a place that is written.
   */
  write(rows: readonly ArchiveRow[]): Promise<number>
  /**
   * Replaces the type and bytes of states, replies and payloads, and the headers of envelopes, in one transaction: at most
   * LIMITS.pageSize. Nothing else of a row changes. A row that is not as `before` says any more is left alone: another
   * revision, birth, expiry or place, or other bytes. Safe while runtimes commit.
   *
   * @returns how many were replaced.
   */
  replace(changes: readonly ArchiveChange[]): Promise<number>
}
