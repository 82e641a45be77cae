// Whether this member may run turns and answer for them. It is looked at whenever that counts, never by a timer: a process
// that was frozen sees it before it does anything else.

import type { Cluster } from '../../ports/index.ts'

export class Lease {
  private readonly cluster: Pick<Cluster, 'holdsLease'>
  private readonly expel: () => void

  /** @param expel ends all that is in memory. */
  constructor(cluster: Pick<Cluster, 'holdsLease'>, expel: () => void) {
    this.cluster = cluster
    this.expel = expel
  }

  /** When it does not hold, nothing is left in memory that rests on it. */
  holds(): boolean {
    if (this.cluster.holdsLease) return true
    this.expel()
    return false
  }
}
