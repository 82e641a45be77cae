// What stands of an actor, and its past, as every front door asks for it: which revisions are kept, what one of them was,
// what changed between two, and making one the newest again. Part of the gateway.
//
// What the engine keeps:
//  - All of it is read from the store: it is durable, and an actor need not be in memory for it, nor able to start.
//  - A restore is a turn of the actor: in order with its others, with a commit of its own that follows the revision which
//    stands. Nothing of the past is rewritten. What the actor has set in motion, and the outcomes kept under idempotency
//    keys, are not undone.
//  - The past belongs to an incarnation: deleting an actor deletes it.

import type { ActorId, JsonChange } from '../protocol/index.ts'
import type { Kind } from './definition.ts'
import type { HistoryPolicy, PageRequest, RevisionQuery, Tags } from './stored.ts'

/** What stands of one actor, durably. */
export interface Inspection {
  readonly id: ActorId
  readonly kind: Kind
  /** 0: never committed. */
  readonly revision: number
  readonly tags: Tags
  /** The live state; undefined when the actor has none. */
  readonly state: unknown
  /** The state as JSON.stringify takes it. */
  readonly stateJson: unknown
}

/** One revision, without its state. */
export interface Revision {
  readonly revision: number
  /** Epoch milliseconds. */
  readonly committedAtMs: number
  readonly tags: Tags
}

export interface History {
  readonly id: ActorId
  /** What is kept from now on, by the actor's definition. */
  readonly policy: HistoryPolicy
  /** Newest first; the first of all is the one that stands. */
  readonly revisions: readonly Revision[]
  /** Opaque; null: this was the last page. */
  readonly next: string | null
}

/** What one revision was. */
export interface PastInspection extends Inspection {
  /** Epoch milliseconds. */
  readonly committedAtMs: number
}

/** What changed between two revisions. */
export interface Diff {
  readonly id: ActorId
  readonly from: Revision
  readonly to: Revision
  readonly state: readonly JsonChange[]
  readonly tags: readonly JsonChange[]
}

export interface DiffOptions {
  /** The unnamed definition that the actor is an instance of. */
  readonly ref?: string | undefined
  /** Default: the newest revision that is kept before `to`. */
  readonly from?: RevisionQuery | undefined
  /** Default: the one that stands. */
  readonly to?: RevisionQuery | undefined
}

export interface RestoreOptions {
  /** The unnamed definition that the actor is an instance of. */
  readonly ref?: string | undefined
  /** The revision that must stand when it happens; STATE_CONFLICT otherwise. Default: whichever does. */
  readonly follows?: number | undefined
}

export interface Restored {
  readonly id: ActorId
  /** The one whose state and tags the actor has again. */
  readonly from: number
  /** The one that stands now: a new one, or `from` itself if that stood already. */
  readonly revision: number
}

/** @throws SpawnError ACTOR_NOT_FOUND for an actor that is not stored; INVALID_ARGUMENT for a revision that is not kept. */
export interface Past {
  history(name: string, ref?: string, page?: Partial<PageRequest>): Promise<History>
  inspect(name: string, query: RevisionQuery, ref?: string): Promise<PastInspection>
  diff(name: string, options?: DiffOptions): Promise<Diff>
  /** Resolves when it is durable. @throws SpawnError STATE_CONFLICT: something else was committed meanwhile */
  restore(name: string, query: RevisionQuery, options?: RestoreOptions): Promise<Restored>
}
