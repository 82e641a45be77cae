// The cluster, as the engine of one system on one member sees it; and the engine, as the cluster sees it. The engine asks
// for each call whether the actor lives here; if not, the cluster brings the call to where it does, whatever changes
// meanwhile. mesh/ is one; a runtime that is alone has none.
//
// What the cluster keeps:
//  - At any time at most one member is told that an actor lives with it (`isHere`), or, for a `local` placement, each member
//    that hosts it. A member that gets an actor gets it after the one before has released it, or has surely lost its lease.
//  - A call is run at most once, however often messages are lost or doubled. When that it ran cannot be known, its error
//    says that it may have happened.
//  - Envelopes that are handed to a member come in the order in which they were handed; when one may be missing, the
//    receiver is told to look into the store before it goes on.
// What the engine keeps:
//  - It runs no turn, and answers no call, of an actor that is not here, except to finish what has begun before a release;
//    and nothing at all, not even a commit's acknowledgement, after the lease is lost (`holdsLease` false).
//  - A release is done when nothing of the actor is in memory, and all its commits are known to be durable or lost.

import type { CancelSignal, SpawnError } from '../base/index.ts'
import type { ActorId, Packed } from '../protocol/index.ts'
import type { Kind, Placement } from './definition.ts'
import type { Metadata } from './host.ts'
import type { StandingEnvelope } from './outbox.ts'
import type { RevisionQuery } from './stored.ts'

/** What all members know of a definition that one of them hosts. */
export interface HostedDefinition {
  readonly name: string
  readonly kind: Kind
  readonly stateful: boolean
  readonly placement: Placement
  /** Channel and action. */
  readonly channels: readonly (readonly [channel: string, action: string])[]
  /** Its code cannot be reached from there now: its actors live elsewhere, if they can. */
  readonly outOfReach?: true | undefined
}

/** A turn that waits for a call, on whichever member. */
export interface ChainLink {
  readonly actor: ActorId
  readonly action: string
  /** Where it runs. */
  readonly member: string
  /** What that member knows it by: a call that comes back to it may be let in. 0: by the link before it. */
  readonly turn: number
  /** It is a query, so no other turn of its actor waits for it. */
  readonly aside: boolean
  /** It is the init action, before which nothing is seen of its actor. */
  readonly starts: boolean
}

/** What is asked of an actor by another member. */
export interface RemoteCall {
  readonly operation: 'call' | 'spawn' | 'inspect' | 'delete' | 'erase' | 'restore'
  /** The definition: the name itself, or that of an unnamed one. */
  readonly definition: string
  readonly name: string
  /** Empty for all operations but `call`. */
  readonly action: string
  readonly payload: Packed | null
  readonly metadata: Metadata
  /** Null: the outside. */
  readonly caller: ActorId | null
  /** The turns that wait for it, innermost first. */
  readonly chain: readonly ChainLink[]
  readonly idempotencyKey: string | null
  /** Nobody waits for the turn: answered when it stands in the mailbox. */
  readonly async: boolean
  /** It changes nothing, so running it twice does no harm. */
  readonly repeatable: boolean
  /** What is left of its time, in milliseconds. */
  readonly timeoutMs: number
  /** Of a `restore` only. */
  readonly revision: RevisionQuery | null
  /** Of a `restore`: the revision that must stand; null: any. */
  readonly follows: number | null
}

export interface RemoteAnswer {
  /** Of a `call`. */
  readonly response: Packed | null
  /** Who answered: after a pipe or forward, the last hop. */
  readonly actor: ActorId
  /** And with which action. Empty for other operations. */
  readonly action: string
  readonly revision: number
  readonly durability: 'turn' | 'snapshot' | 'none'
  /** Of other operations: what they are answered with, as JSON; null: nothing. */
  readonly json: string | null
}

/** An envelope for an actor on another member, as it was committed. */
export interface HandedEnvelope {
  readonly envelope: Omit<StandingEnvelope, 'place'>
  /** Somebody waits here for the answer to this hop, so many milliseconds more; null: nobody. */
  readonly asksForMs: number | null
  /** The turns that wait, innermost first. */
  readonly chain: readonly ChainLink[]
  /** The member that it is for, whoever lives where; null: the one where its actor lives. */
  readonly member: string | null
}

/** What is heard on a channel by the listeners of all members. */
export interface RemoteAnnouncement {
  readonly channel: string
  readonly payload: Packed | null
  readonly from: ActorId | null
  readonly metadata: Metadata
}

export interface Cluster {
  /** This member's id. */
  readonly self: string
  /** That of the view: it grows. Stored with commits. */
  readonly epoch: number
  /** Whether this member may serve what is its own. Asked before a turn runs, and before its commit is acknowledged. */
  readonly holdsLease: boolean
  /** Whether an actor lives here and may be served now. On the path of every call to one that is not in memory. */
  isHere(definition: string, name: string): boolean
  /** Whether it is to live here, now or as soon as others have released it. */
  isMine(definition: string, name: string): boolean
  /**
   * Whether envelopes for it, and its timers, are this member's to see to. As `isMine`; but of a `local` one, which lives on
   * each member that hosts it, one of them does, and of what nobody hosts, one of all.
   */
  caresFor(definition: string, name: string): boolean
  /** Resolves when `isHere`; rejects with NOT_OWNER when it is not to live here any more, or no longer waits. */
  whenHere(definition: string, name: string): Promise<void>
  /** What any member hosts under a name, this one included; null: none does. */
  definition(name: string): HostedDefinition | null
  /** The definitions of other members that listen to a channel. */
  listeners(channel: string): readonly HostedDefinition[]
  /** The other members that host a definition. */
  hosts(definition: string): readonly string[]
  /** Whether another member hosts a definition whose code it can reach. */
  isReachedElsewhere(definition: string): boolean
  /** Whether a member is in the view. */
  has(member: string): boolean
  /**
   * Brings a call to where its actor lives, here included, and answers as that does.
   *
   * @throws SpawnError of the call; MEMBER_UNAVAILABLE, LEASE_LOST, DEADLINE_EXCEEDED, CANCELLED
   */
  call(call: RemoteCall, signal: CancelSignal | undefined): Promise<RemoteAnswer>
  /** Brings envelopes, in their order, to the members that care for them. What is lost is found in the store by them. */
  hand(envelopes: readonly HandedEnvelope[]): void
  /** Tells the member that handed an asking envelope how that ended. */
  tell(member: string, envelope: string, end: RemoteAnswer | SpawnError): void
  /** Lets the members that care for these actors look into the store: something may have been sent to them. */
  poke(to: readonly { readonly definition: string; readonly name: string }[]): void
  /** To the listeners of all other members, at most once. */
  announce(announcement: RemoteAnnouncement): void
  /** What this member hosts of the system has changed. Resolves when all can know. */
  hosting(definitions: readonly HostedDefinition[]): Promise<void>
}

/** The engine of a system, as its cluster sees it. */
export interface Tenant {
  readonly system: string
  /** Actors that were in memory and were let go of because they are to live elsewhere. */
  readonly released: number
  /**
   * A call for an actor that is here. @throws SpawnError NOT_OWNER before anything of it has run, when it is not.
   */
  receive(call: RemoteCall, signal: CancelSignal): Promise<RemoteAnswer>
  /** Envelopes that another member has committed, for actors that are this one's. `member`: who is told the ends of those that ask. */
  handed(member: string, envelopes: readonly HandedEnvelope[]): void
  /** How an envelope that asked has ended on another member. */
  told(envelope: string, end: RemoteAnswer | SpawnError): void
  /** Something may stand in the store for actors of this member. */
  poked(): void
  announced(announcement: RemoteAnnouncement): void
  /** Lets go of one actor: it is not to live here any more. Resolves when it is released. */
  release(definition: string, name: string): Promise<void>
  /** Lets go of all actors that are not to live here any more (`isMine` false). Resolves when they are released. */
  releaseAll(): Promise<void>
  /**
   * All actors are released, and none comes any more: what was broadcast to those that were in memory here is brought on to
   * them. Resolves when it is.
   */
  passOn(): Promise<void>
  /** The view has changed: actors may be new here. Told before `isHere` is true for any that is. */
  placed(): void
  /** The lease is lost: what is in memory may be served by others. Nothing of it counts any more. */
  expelled(): void
}
