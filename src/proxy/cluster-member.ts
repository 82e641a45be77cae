// This process as a member of a cluster: made, not started. It decides what of a plan means what to the mesh; where the store
// and the systems stand in the order of start and stop is the composition roots' business.

import type { Clock, Random } from '../base/index.ts'
import { type ClusterPlan, nodeOf } from '../cluster/cluster-plan.ts'
import { type Carriers, openCarriers } from '../cluster/open.ts'
import { Mesh, timingOf } from '../mesh/index.ts'
import type { Logger, SystemExchange } from '../ports/index.ts'

export interface MemberSurroundings {
  /** Whose name the cluster has, if its plan says no other. */
  readonly system: string
  /** Of this package. */
  readonly version: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Which of the processes of its program it is; absent: the first, or the only one. */
  readonly worker?: number | undefined
  /** What else must be true for it to serve: see MeshOptions. */
  readonly grounds?: (() => boolean) | undefined
}

/** What a member has of its cluster. */
export interface ClusterMember {
  readonly mesh: Mesh
  /** Where its systems meet others; null: they meet none. */
  readonly exchange: SystemExchange | null
}

/** @throws SpawnError INVALID_ARGUMENT for a file of the plan that cannot be read. */
export async function memberOf(plan: ClusterPlan, surroundings: MemberSurroundings): Promise<ClusterMember> {
  const { clock, logger, system } = surroundings
  return memberOver(await openCarriers(plan, system, { clock, logger }), plan, surroundings)
}

/** A member that finds the others by what is given. */
export function memberOver(
  { register, systems, wire }: Carriers,
  place: Omit<ClusterPlan, 'nats' | 'name'>,
  surroundings: MemberSurroundings,
): ClusterMember {
  const { capacity, labels, leaseMs, zone } = place
  const { clock, grounds, logger, random, version, worker } = surroundings
  const node = nodeOf(place)
  const mesh = new Mesh({
    register,
    wire,
    clock,
    random,
    logger,
    node,
    name: worker === undefined ? node : `${node}-w${worker}`,
    zone,
    labels,
    capacity,
    version,
    timing: timingOf(leaseMs),
    grounds,
  })
  return { mesh, exchange: systems }
}
