// Where a message meets its actor: which life of the actor takes it, and whether it has its turn at once or waits in the
// mailbox. What the message is, and whether it may come at all, is its sender's business: calls.ts, post/handover.ts. On
// the path of every call.

import { checkName } from '../protocol/index.ts'
import type { Activation } from './life/activation.ts'
import type { Activations } from './life/activations.ts'
import type { Membership } from './away/membership.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Message } from './message.ts'
import type { Pools } from './life/pools.ts'
import type { Residents } from './life/residents.ts'

export interface ReceptionOptions {
  readonly activations: Activations
  readonly dispatcher: Dispatcher
  readonly pools: Pools
  /** Null: all actors live here. */
  readonly membership: Membership | null
}

export class Reception {
  private readonly activations: Activations
  private readonly dispatcher: Dispatcher
  private readonly pools: Pools
  private readonly membership: Membership | null

  constructor({ activations, dispatcher, membership, pools }: ReceptionOptions) {
    this.activations = activations
    this.dispatcher = dispatcher
    this.pools = pools
    this.membership = membership
  }

  /** The life of an actor; null: it does not live here. A name is checked once in each of its lives. */
  lifeOf(residents: Residents, name: string, nowMs: number): Activation | null {
    const resident = residents.byName.get(name)
    if (resident !== undefined && (this.membership === null || residents.pool === null)) return resident
    checkName('actor', name)
    if (this.membership !== null && !this.membership.isHere(residents, name)) return null
    return this.activations.of(residents, name, nowMs)
  }

  /** Runs a message at once, or puts it into the mailbox. */
  place(activation: Activation, message: Message, nowMs: number): void {
    const { pool } = activation.residents
    if (pool !== null) this.pools.place(pool, message, nowMs)
    else if (!this.dispatcher.runAtOnce(activation, message)) this.queue(activation, message)
  }

  /** Puts a message into the mailbox. */
  queue(activation: Activation, message: Message): void {
    message.startTime()
    activation.push(message)
    this.dispatcher.enqueue(activation)
  }
}
