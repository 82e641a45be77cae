// The statestore: where an acknowledged turn is durable, and the last guard of the one-writer promise.
//
// What every store keeps:
//  - A commit is fenced. It names the revision that it follows and the incarnation that it belongs to, by its `birth`. With
//    `follows` above 0 it is applied only if the stored revision is `follows` and the stored birth is its `birth`; with
//    `follows` 0 only if the actor is not stored. Else its verdict is `conflict` and nothing of it is applied. This holds
//    for a commit that changes no state, too.
//  - An incarnation begins with the commit that stores the actor, and ends when the actor is deleted; revisions begin at 1
//    in each. The birth keeps what was made for one from being applied to the next, where its revision would fit. What
//    remains: a first commit (`follows` 0) that was never acknowledged and comes late, after a delete, finds nothing
//    stored, and makes the actor exist again: just as if its call had come after the delete.
//  - `commit` takes a group: commits of many actors, at most LIMITS.commitGroup, in one transaction; those of
//    the engine weigh about LIMITS.commitGroupBytes at most, but for a single larger one. Commits of one actor
//    stand in the group in order and follow each other. A conflict fails that commit (and so all that follow it for the
//    same actor), never its neighbours.
//  - A commit may send and take envelopes (outbox.ts). Takes are judged against what stands before the commit and within
//    the group so far: an envelope sent by one commit of a group may be taken by a later one. One that is not there makes
//    the whole commit a conflict. Then the sends are applied: an id that stands already (or stood until this very commit
//    took it) is replaced and keeps its place, any other gets the next place.
//  - A commit of the outside has an empty `name` and `parent`, `follows`, `revision` and `birth` 0, and no state, tags or
//    outcomes: it only sends and takes, and no actor is stored by it. Each stands for itself: a conflict of one does not
//    touch the others in its group.
//  - When `commit` resolves, everything with the verdict `committed` survives `kill -9` and loss of power.
//  - When `commit` rejects, the outcome of the whole group is unknown: it may be applied now, later or never. Callers drop
//    what rested on it and read again; the fence makes a late application of it harmless.
//  - Every request ends: a store that may hang has a time limit of its own, and rejects.
//  - Loads see every commit that resolved before the load was asked.
//  - A crash between any two lines leaves the store as after some prefix of whole groups; nothing needs repair.
//  - The public functions of the runtime check their arguments; a store may rely on ids, limits and order as said here.
//
// The failures of a store: STORE_UNAVAILABLE (it may come back: disk full, locked, unreachable), STATE_UNREADABLE (it
// answered, but what it has cannot be read). What cannot be read of one actor or envelope, ever or now, may throw when it is
// looked at, the state, the header, the payload: so it keeps none of the others of its page or batch away.

import type { ActorId, Packed } from '../protocol/index.ts'
import type { Archive } from './archive.ts'
import type { Erasures } from './erasures.ts'
import type { Holdings, Schema } from './schema.ts'
import type {
  ActorFilter,
  ActorPage,
  HistoryPolicy,
  OutcomeRecord,
  PageRequest,
  RevisionQuery,
  StoredActor,
  Tags,
} from './stored.ts'
import type {
  Box,
  DuePage,
  Envelope,
  EnvelopePage,
  EnvelopePosition,
  FactPage,
  StandingEnvelope,
} from './outbox.ts'

/** One actor's part of a group. */
export interface Commit {
  readonly id: ActorId
  /** The revision that must stand in the store; 0: none. */
  readonly follows: number
  /**
   * The revision that will stand there: `follows` + n for n turns in one commit; equal to `follows` when the turn changed
   * nothing and only its outcomes, sends and takes count (then tags and state are ignored).
   */
  readonly revision: number
  /**
   * The mark of the incarnation: a whole number from 1 to 2^53 - 1, which the owner chooses at random for the commit with
   * `follows` 0 and repeats in all that follow it. It is stored with the actor, so not when `revision` is 0.
   */
  readonly birth: number
  readonly epoch: number
  readonly tags: Tags
  /** Its bytes may share their buffer with others: a store copies what it keeps, and transfers the buffer to nobody. */
  readonly state: Packed | null
  readonly committedAtMs: number
  readonly history: HistoryPolicy
  /**
   * Each under a key of its own. One whose key is kept already makes the whole commit a conflict: what it did was done. Bytes of
   * replies are as those of the state.
   */
  readonly outcomes: readonly OutcomeRecord[]
  /** Envelopes that leave with it, in order; ids differ. */
  readonly sends: readonly Envelope[]
  /** Ids of the envelopes that it takes; all of them must stand. Ids differ. */
  readonly takes: readonly string[]
  /**
   * For some of these ids, the due time with which each must stand. What comes again keeps its id: so a commit that takes
   * one occasion of it is not taken for one that takes the next. Absent: any will do.
   */
  readonly occasions?: ReadonlyMap<string, number> | undefined
  /**
   * In a store that seals: that all of this actor is sealed with a key of its own, made with its first commit. Others ignore
   * it. See erasures.ts.
   */
  readonly hasOwnKey?: boolean | undefined
}

export type Verdict = 'committed' | 'conflict'

export interface Statestore {
  /** `memory`, `sqlite`, …: for logs and messages, never to branch on. */
  readonly name: string
  readonly supports: {
    /** Whether what was committed is there after the process is gone. */
    readonly durable: boolean
  }
  /** All that it keeps, row by row, for tools; absent: it cannot be moved. */
  readonly archive?: Archive | undefined
  /** Absent: it has no tables. */
  readonly schema?: Schema | undefined
  /** Absent: it does not seal, so nothing can be erased beyond what it keeps. */
  readonly erasures?: Erasures | undefined
  /** Opens it and brings its schema up to date. @throws SpawnError STORE_UNAVAILABLE that says what to do. */
  start(): Promise<void>
  /** Waits for the requests under way and closes. Stopping twice is allowed. */
  stop(): Promise<void>
  /** The latest revision of each, in the order asked; null for one that is not stored. At most LIMITS.loadGroup. */
  load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]>
  /** See above. Verdicts in the order of the group. */
  commit(group: readonly Commit[]): Promise<Verdict[]>
  /**
   * How a group begins that is being gathered: a store may judge that while the rest is. Nothing of it counts or can be seen
   * before `commit` is called with it. These are not changed any more, and mostly the next group begins with all that was
   * expected since the last one; but it need not. Absent: the store has no use for it.
   */
  expect?(beginning: readonly Commit[]): void
  /** The latest revision or one of those that history keeps; null when it is not there. */
  loadRevision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null>
  /** The revisions that can be loaded, newest first, without their states; those below `before` only, if that is given. */
  revisions(id: ActorId, limit: number, before?: number): Promise<Omit<StoredActor, 'state'>[]>
  /** The outcome kept under a key, unless it has expired at `nowMs`. */
  loadOutcome(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null>
  /**
   * The hashes (`hashOf` of base) of all keys under which outcomes are kept for an actor. There may be others among them, of
   * what has expired or of another actor: who asks wants to know which keys are surely not there. Null: there are more
   * than `limit`.
   */
  outcomeKeys(id: ActorId, limit: number): Promise<Uint32Array | null>
  list(filter: ActorFilter, page: PageRequest): Promise<ActorPage>
  /** How many actors match. Those committed while it counts may or may not be among them. */
  count(filter: ActorFilter): Promise<number>
  /** All systems of which an actor or an envelope is stored, in order of code points. */
  systems(): Promise<string[]>
  /**
   * Envelopes of a system that are due at `untilMs` (all boxes but `dead` and `fact`), in order of (dueAtMs, place), those behind
   * `after` only, at most `limit` (1 to LIMITS.pageSize), and fewer where their payloads are large: a page comes to some mebibytes, or to
   * one envelope.
   */
  due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage>
  /** Envelopes by id, in the order asked; null for one that does not stand. At most LIMITS.loadGroup. */
  envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]>
  /** A box of a system. */
  listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage>
  /**
   * Facts of a system, in the order of their places, those behind the place `after` only (0: from the first that stands), at
   * most `limit` (1 to LIMITS.pageSize), and fewer where their payloads are large, as with `due`. No fact comes to stand
   * before one that was answered: who has read to a place has missed none before it, and goes on from there. Those that may
   * be dropped may be among them or not.
   */
  facts(system: string, after: number, limit: number): Promise<FactPage>
  /**
   * Removes an actor, its history and its outcomes (envelopes stay: what a turn has set in motion has left it); fenced like a commit: `conflict` unless `follows` is the stored
   * revision and `birth` the stored birth. With `follows` 0 nothing may be stored, and `birth` does not count.
   */
  delete(id: ActorId, follows: number, birth: number): Promise<Verdict>
  /** Drops at most `limit` expired outcomes, revisions of the past and facts; answers how many went. */
  prune(nowMs: number, limit: number): Promise<number>
  /** How much stands in it, for people. Absent: it does not count. */
  readonly holdings?: (() => Promise<Holdings>) | undefined
  /**
   * How what keeps it is set up, where that endangers what was acknowledged, each with what to do: for people. May be asked
   * before `start`. Absent: nothing of that can be set up. @throws SpawnError STORE_UNAVAILABLE
   */
  readonly warnings?: (() => Promise<readonly string[]>) | undefined
}
