// Facts as every front door asks for them: what the turns of actors whose definition says so have made of their states, one
// fact for each turn that set the state. Part of the gateway.
//
// What the engine keeps:
//  - A fact is committed with its turn, in the same transaction: an acknowledged turn has one, a failed or lost one none.
//  - All facts of a system stand in one order, that of their positions: numbers, which are never used again, with gaps. Those of one
//    actor are in the order of its turns. None comes to stand before one that was read: who has read up to a position has
//    missed nothing before it, and goes on from there.
//  - It is read, not taken: any number of readers may read it, each from where it is, and after a crash again from the
//    position that it has kept. So each sees a fact at least once, and once if it keeps the position together with
//    what it makes of the facts.
//  - A fact stands until its time is over, or its actor is erased. Deleting or restoring an actor leaves its facts. Revisions
//    begin at 1 again in an actor that was deleted; a turn that changed tags alone has a revision and no fact.

import type { ActorId } from '../protocol/index.ts'
import type { Metadata } from './host.ts'

/** What one turn has made of the state of its actor. */
export interface Fact {
  /** Where it stands among the facts of its system: greater than those of all before it. */
  readonly position: number
  /** Differs from all others. */
  readonly id: string
  readonly actor: ActorId
  /** In parentheses, such as `(spawn)` and `(restore)`: the engine's own. */
  readonly action: string
  /** Of the actor: the one that the state is. */
  readonly revision: number
  /** Of the call. */
  readonly metadata: Metadata
  /** When the turn was, epoch milliseconds by its member's clock. */
  readonly atMs: number
  /**
   * The live state, brought up to the version of the definition. Of a definition that is not hosted here: its JSON, as it was
   * stored.
   */
  readonly state: unknown
  /** The same as JSON.stringify takes it. */
  readonly stateJson: unknown
}

export interface FactsFilter {
  /** Those of actors with this name. */
  readonly actor?: string | undefined
  /** Those of the actors of this definition. */
  readonly definition?: string | undefined
}

export interface FactsRequest extends FactsFilter {
  /** Those behind this position. Default 0: from the oldest that stands. */
  readonly after?: number | undefined
  /** At most so many: 1 to LIMITS.pageSize. */
  readonly limit?: number | undefined
  /**
   * How long one is waited for where none stands that is asked for, in milliseconds: to LIMITS.factsWaitMs. Default 0. Then,
   * or when the system stops, the page has none.
   */
  readonly waitMs?: number | undefined
  /** Ends that wait, without an error. */
  readonly signal?: AbortSignal | undefined
}

/** In order. There may be fewer than `limit`, or none, and more behind them. */
export interface FactsPage {
  readonly facts: readonly Fact[]
  /** The position to go on from: all before it were looked at. */
  readonly next: number
  /** Whether no fact stood behind it. */
  readonly isLast: boolean
}

export interface FactsFollowed extends FactsFilter {
  readonly after?: number | undefined
  /** It ends after so many. Default: it does not. */
  readonly limit?: number | undefined
  /** True: it waits for those that come. False: it ends with the last that stands. */
  readonly follow: boolean
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined
}

/**
 * @throws SpawnError STATE_UNREADABLE for a fact that cannot be read, after all before it were answered. Its `details` have the
 *   position, behind which reading goes on without it. DRAINING when the system stops.
 */
export interface Facts {
  read(request?: FactsRequest): Promise<FactsPage>
  /** One by one; read page by page as they are asked for. */
  each(request: FactsFollowed): AsyncGenerator<Fact, void, undefined>
}
