// Erasing an actor: the key that all of it was sealed with is destroyed, so that no copy of what it was can be read any
// more, wherever it lies; then what the store itself has of it is removed. Only a store that seals can do that, and only for
// actors whose definition gives each a key of its own.
//
// What every store with erasures keeps:
//  - An erasure that has begun is finished: by the call, by the same call made again, or by the next start of a store.
//    Asking again for one that is finished answers with its proof, and changes nothing.
//  - From when `erase` resolves, nothing that was sealed with the key can be opened: states, history, outcomes, facts, and
//    messages that the actor sent. What a process has in memory is its own affair.
//  - The proofs stay for good. They are sealed like everything else, so that nobody who only has the database can make one.

import type { ActorId } from '../protocol/index.ts'
import type { PageRequest } from './stored.ts'

/** The proof that an actor was erased. */
export interface Erasure {
  readonly id: ActorId
  /** The key that was destroyed; it stands in front of all that it sealed, so a copy can be told to be of it. */
  readonly keyId: string
  readonly begunAtMs: number
  readonly doneAtMs: number
  /** The revision that stood last; 0: none did, and only the key was left. */
  readonly revision: number
  /**
   * How many of its messages were on their way, and were removed with what else the store had of it; those that were taken before
   * are not among them, nor are facts.
   */
  readonly messages: number
}

/** In no order that means anything. An actor that lived and was erased again has several. */
export interface ErasurePage {
  readonly erasures: readonly Erasure[]
  /** Opaque; null: this was the last page. */
  readonly next: string | null
}

export interface Erasures {
  /** Whether `erase` has anything to do, or a proof to answer with: a key of the actor's own, or an erasure before. */
  has(id: ActorId): Promise<boolean>
  /**
   * @param factsSeenTo all facts of the system up to this place could be read, and none of them is the actor's: they are not
   *   looked through again. Default 0: nobody has looked.
   * @returns null when there is nothing to erase: no key of its own, and no erasure before.
   * @throws SpawnError STORE_UNAVAILABLE: it may have begun; ask again.
   */
  erase(id: ActorId, nowMs: number, factsSeenTo?: number): Promise<Erasure | null>
  /** The proofs of a system, or of all. */
  list(system: string | null, page: PageRequest): Promise<ErasurePage>
}
