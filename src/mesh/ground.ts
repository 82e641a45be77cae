// What the parts of a member stand on: what all of its systems share, and what routing, handoff and mail see of the one
// system that they are of. Decides nothing.

import type { Clock } from '../base/index.ts'
import type { Cluster, HandedEnvelope, Logger, Tenant } from '../ports/index.ts'
import type { MeshCounts } from './counts.ts'
import type { Directory } from './directory.ts'
import type { Holdings } from './holdings.ts'
import type { Membership } from './membership.ts'
import type { PeerLinks } from './peers/peer-request.ts'
import type { MeshTiming } from './timing.ts'

/** What all systems of a member share. */
export interface MeshGround {
  readonly membership: Membership
  readonly links: PeerLinks
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: MeshTiming
  readonly counts: MeshCounts
}

/** One system, as its parts see it. All of it is of the view that stands now. */
export interface Standpoint extends Pick<Cluster, 'self' | 'epoch' | 'holdsLease' | 'has'> {
  readonly system: string
  /** The engine; null: there is none yet, or none any more. */
  readonly tenant: Tenant | null
  readonly directory: Directory
  readonly holdings: Holdings
  /** Whether an actor is this member's, and nobody else may still have it. */
  isHere(definition: string, name: string): boolean
  isMine(definition: string, name: string): boolean
  whenHere(definition: string, name: string): Promise<void>
  /** Who sees to an envelope; null: nobody can. */
  receiverOf(handed: HandedEnvelope): string | null
}
