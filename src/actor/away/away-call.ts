// A call of this member to an actor that lives on another one. It never stands in a mailbox here: from its first moment it
// waits for what that member answers.

import type { ActionDefinition } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { Cause } from './foreign-turn.ts'
import type { Inflight } from '../inflight.ts'
import { Message } from '../message.ts'
import type { Terms } from '../terms.ts'

/** Who is called, and how it is known to the cluster. */
export interface Destination {
  readonly definition: string
  readonly id: ActorId
  readonly action: ActionDefinition
}

export class AwayCall extends Message {
  readonly destination: Destination

  constructor(
    inflight: Inflight,
    destination: Destination,
    call: Terms,
    caller: ActorId | null,
    cause: Cause | null,
    timeoutMs: number,
  ) {
    super(inflight, destination.action, call, caller, cause, timeoutMs, true)
    this.destination = destination
    if (cause !== null) this.endBy(cause.endsAtMs)
    this.goAway()
  }

  override get self(): ActorId {
    return this.destination.id
  }
}
