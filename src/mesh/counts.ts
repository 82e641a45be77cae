// What has happened on a member, in numbers. They are added to where it happens, and read when somebody asks.

import type { ClusterCounts } from '../ports/index.ts'

/** What actors are let go of, their engines count. */
export type MeshCounts = { -readonly [Name in Exclude<keyof ClusterCounts, 'released'>]: number }

export function noCounts(): MeshCounts {
  return {
    forwarded: 0,
    received: 0,
    rerouted: 0,
    fetched: 0,
    handed: 0,
    unhanded: 0,
    views: 0,
    leasesLost: 0,
  }
}
