// What stands in a statestore of an actor, and how some of it is asked for. What a store promises is in statestore.ts.

import type { ActorId, Packed } from '../protocol/index.ts'

/** Free-form labels of an actor; committed with its state. */
export type Tags = Readonly<Record<string, string>>

/** What is kept of an actor's past. Both 0: the latest revision only. Else a revision is kept while either rule keeps it. */
export interface HistoryPolicy {
  /** How many revisions before the latest are kept. */
  readonly revisions: number
  /** How long a revision is kept after it was replaced, in milliseconds. */
  readonly durationMs: number
}

/** One revision of one actor, as stored. */
export interface StoredActor {
  readonly id: ActorId
  /** 1 for the first commit, then one more each. */
  readonly revision: number
  /** The birth of the incarnation that stands: the latest revision and all that is kept of the past are of one. */
  readonly birth: number
  /** The epoch of the owner that committed it. */
  readonly epoch: number
  readonly tags: Tags
  /** Null when the actor was stored without a state (tags only). */
  readonly state: Packed | null
  /** When this revision was committed, epoch milliseconds by the committing member's clock. */
  readonly committedAtMs: number
}

/** The reply of a turn, kept under the caller's idempotency key and committed with that turn. */
export interface OutcomeRecord {
  readonly key: string
  /** Null: the turn replied with nothing. */
  readonly reply: Packed | null
  /** Epoch milliseconds; from then on the record may be dropped. */
  readonly expiresAtMs: number
}

export interface ActorFilter {
  readonly system: string
  /** Exactly this parent; `''` for named actors only. Absent: any. */
  readonly parent?: string
  /** Exactly this name. */
  readonly name?: string
  /** Names that begin with this text. */
  readonly prefix?: string
  /** Actors that carry all of these tags. */
  readonly tags?: Tags
  /** Whose latest revision was committed at this time or later, epoch milliseconds. */
  readonly committedFromMs?: number
  /** Whose latest revision was committed before this time, epoch milliseconds. */
  readonly committedBeforeMs?: number
}

export interface PageRequest {
  /** Rows at most: 1 to LIMITS.pageSize. */
  readonly limit: number
  /** The `next` of the page before; absent: from the beginning. */
  readonly after?: string
}

/** A page in order of (parent, name), by code point. Actors committed while a listing goes on may or may not be in it. */
export interface ActorPage {
  readonly actors: readonly StoredActor[]
  /** Opaque; null: this was the last page. */
  readonly next: string | null
}

/** Which revision of the past is asked for: by number, or the one that stood at a time (epoch milliseconds). */
export type RevisionQuery = { readonly revision: number } | { readonly atMs: number }
