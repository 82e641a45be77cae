// The cluster, as people see it who run it: its members, where an actor lives, and taking a member out of service. mesh/ has
// one for each member; what it shows is what that member knows, of the view that is applied there. It asks nobody: two members
// may say different things until both have applied the later view.

import type { HostedDefinition } from './cluster.ts'

/** A member, as another one sees it. */
export interface MemberView {
  readonly id: string
  /** The machine or process that it runs in, for people. */
  readonly node: string
  /** Empty: none. */
  readonly zone: string
  readonly labels: Readonly<Record<string, string>>
  /** Its share of the actors, against those of the others. */
  readonly capacity: number
  readonly version: string
  readonly startedAtMs: number
  /** `draining`: no actor is placed there; it lets go of those that it has, and brings calls on to the others. */
  readonly phase: 'up' | 'draining'
  /** The epoch under which it has let go of all that is not its own; null: nothing is known of it. */
  readonly acked: number | null
  /** Since its lease was last seen to be renewed, in milliseconds; null: that was not seen yet. */
  readonly seenMsAgo: number | null
  readonly systems: readonly { readonly name: string; readonly definitions: readonly HostedDefinition[] }[]
}

/** What has happened on this member since it started. */
export interface ClusterCounts {
  /** Calls that were brought to another member, and that came from one. */
  readonly forwarded: number
  readonly received: number
  /** Calls that had to look again for where their actor lives. */
  readonly rerouted: number
  /** Actors that others were asked to let go of, one by one. */
  readonly fetched: number
  /** Actors that this member had in memory and let go of, because they are to live elsewhere. */
  readonly released: number
  /** Envelopes that were handed to other members, and those of them that are left to be found in the store. */
  readonly handed: number
  readonly unhanded: number
  /** Views that were applied, and leases that were lost. */
  readonly views: number
  readonly leasesLost: number
}

export interface ClusterStatus {
  /** The id of the member that answers. */
  readonly self: string
  /** That of its view. */
  readonly epoch: number
  readonly holdsLease: boolean
  /** Since the last renewal of its own lease that succeeded was sent, in milliseconds. */
  readonly leaseAgeMs: number
  /** How old it may get. */
  readonly leaseMs: number
  readonly members: readonly MemberView[]
  readonly counts: ClusterCounts
}

export interface Whereabouts {
  /** The member that an actor is placed on; null: none that is there fits. */
  readonly member: string | null
  /** Why none is: what a call would be told. */
  readonly reason: string | null
  /** Whether it can be served there now, as far as this member knows: it holds its lease, and nobody else has the actor. */
  readonly isServed: boolean
}

export interface ClusterView {
  status(): ClusterStatus
  whereabouts(system: string, definition: string, name: string): Whereabouts
  /**
   * Takes a member out of service, or back in. Resolves when the view says so; its actors move afterwards.
   *
   * @throws SpawnError INVALID_ARGUMENT that lists the members, when there is none of this id; MEMBER_UNAVAILABLE when it
   *   could not be agreed in time.
   */
  setPhase(member: string, phase: 'up' | 'draining'): Promise<void>
}
