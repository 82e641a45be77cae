// The lanes that have something in them. It decides which lane a parcel belongs to; what happens in a lane is lane.ts's.

import { Buckets, hashOf } from './buckets.ts'
import { Lane, type LaneOwner } from './lane.ts'
import type { Parcel } from './parcel.ts'

export class Lanes {
  private readonly lanes = new Buckets<Lane>()
  private readonly owner: LaneOwner

  constructor(owner: LaneOwner) {
    this.owner = owner
  }

  /** The lane of a parcel; a new one if there is none with parcels like it. */
  of(parcel: Parcel): Lane {
    const hash = hashOfLane(parcel)
    for (let lane = this.lanes.first(hash); lane !== null; lane = lane.next) {
      if (parcel.isBeside(lane.model)) return lane
    }
    const lane = new Lane(parcel, hash, this.owner)
    this.lanes.add(lane)
    return lane
  }

  /** As they are now. */
  all(): Lane[] {
    return this.lanes.all()
  }

  /** Nothing is left in it. */
  remove(lane: Lane): void {
    this.lanes.remove(lane)
  }
}

function hashOfLane({ hash, letter: { from, to }, standsAlone }: Parcel): number {
  return standsAlone || from === null ? hash : hashOf(to[1], hashOf(from[1]))
}
