// What an engine has of the cluster that it is a member of: the lease, the way out for calls, and the question where an actor
// lives. An engine that is alone has none of this.

import type { Cluster } from '../../ports/index.ts'
import { Abroad } from './abroad.ts'
import type { Activation } from '../life/activation.ts'
import { Lease } from './lease.ts'
import type { Message } from '../message.ts'
import { RemoteCalls, type RemoteCallsOptions } from './remote-calls.ts'
import type { Residents } from '../life/residents.ts'

export interface MembershipOptions extends Omit<RemoteCallsOptions, 'abroad'> {
  /** Ends all that is in memory. */
  readonly expel: () => void
}

export class Membership {
  readonly cluster: Cluster
  readonly abroad: Abroad
  readonly lease: Lease
  readonly remote: RemoteCalls

  constructor(options: MembershipOptions) {
    const { cluster, expel } = options
    this.cluster = cluster
    this.abroad = new Abroad(cluster.self)
    this.lease = new Lease(cluster, expel)
    this.remote = new RemoteCalls({ ...options, abroad: this.abroad })
  }

  /** Whether an actor may be served here now. */
  isHere({ definition }: Residents, name: string): boolean {
    return this.cluster.isHere(definition.name, name)
  }

  /** Whether the code of an actor can be reached from other members only: it is to live there. */
  isOutOfReach({ definition: { host, name } }: Residents): boolean {
    return host.isOutOfReach === true && this.cluster.isReachedElsewhere(name)
  }

  isAway({ id, residents }: Activation): boolean {
    return !this.isHere(residents, id.name)
  }

  /** Whether a turn may begin here. If not, its message goes to where its actor lives. */
  admits(message: Message): boolean {
    if (this.lease.holds()) return true
    this.remote.forward(message)
    return false
  }
}
