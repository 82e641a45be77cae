// Calls that leave this member: how each is told to the cluster, which brings it to where its actor lives, and how the answer
// comes back as if the actor were here. Decides nothing about where that is.
//
// Invariant: what a call is answered with, an error included, is what the actor's member said; only that nobody can know
// whether it happened is said here, when its time is up.

import { SpawnError } from '../../base/index.ts'
import type { ActionDefinition, Cluster, RemoteCall } from '../../ports/index.ts'
import { type ActorId, addressText } from '../../protocol/index.ts'
import type { Abroad } from './abroad.ts'
import { AwayCall, type Destination } from './away-call.ts'
import { BuiltinAction } from '../builtin.ts'
import { foreignAction, packPayload } from './carried.ts'
import type { Catalog } from '../catalog.ts'
import { timeoutOf } from '../checks.ts'
import type { Cause } from './foreign-turn.ts'
import type { Inflight } from '../inflight.ts'
import type { Message } from '../message.ts'
import type { Terms } from '../terms.ts'
import { failureOf } from '../perform.ts'
import { receiptOf } from './remote-answer.ts'
import type { Residents } from '../life/residents.ts'

export interface RemoteCallsOptions {
  readonly cluster: Cluster
  readonly catalog: Catalog
  readonly inflight: Inflight
  readonly abroad: Abroad
  /** How long a call may take that does not say so, in milliseconds. */
  readonly callTimeoutMs: number
}

/** What of a call depends on what it is. */
type Errand = Pick<RemoteCall, 'operation' | 'payload' | 'async'> &
  Partial<Pick<RemoteCall, 'revision' | 'follows'>>

export class RemoteCalls {
  private readonly options: RemoteCallsOptions

  constructor(options: RemoteCallsOptions) {
    this.options = options
  }

  /** A call by name. @throws SpawnError when it cannot leave. */
  send(destination: Destination, call: Terms, cause: Cause | null): Promise<unknown> {
    const { callTimeoutMs, inflight } = this.options
    const isAsync = call.async === true
    const payload = packPayload(destination.action, call.payload)
    const caller = cause === null ? (call.caller ?? null) : cause.self
    const chain = isAsync ? null : cause
    const message = new AwayCall(inflight, destination, call, caller, chain, timeoutOf(call, callTimeoutMs))
    if (call.signal !== undefined) message.follow(call.signal)
    void this.bring(message, destination, { operation: 'call', payload, async: isAsync })
    return message.answer()
  }

  /** An operation on an actor; answered with what it has to say, or undefined. */
  operate(
    operation: Exclude<RemoteCall['operation'], 'call'>,
    definition: string,
    id: ActorId,
    which: Partial<Pick<RemoteCall, 'revision' | 'follows'>> = {},
  ): Promise<unknown> {
    const { callTimeoutMs, inflight } = this.options
    const destination = { definition, id, action: foreignAction(`(${operation})`) }
    const message = new AwayCall(inflight, destination, {}, null, null, callTimeoutMs)
    void this.bring(message, destination, { operation, payload: null, async: false, ...which })
    return message.answer()
  }

  /**
   * A message that waited here for an actor which does not live here any more. What came from another member goes back there,
   * to be brought elsewhere by it; an envelope is its courier's to see to.
   */
  forward(message: Message): void {
    const { action, activation, heard, stage } = message
    if (stage !== 'queued') return
    const { id, residents } = activation
    const own = action instanceof BuiltinAction && residents.actions.get(action.name) !== action
    // The next life begins with an init action of its own.
    if (message.starts) message.succeed(undefined)
    else if (message.parcel !== null || message.arrived || own) message.fail(notHere(id))
    else {
      try {
        const payload = packPayload(action, message.payload)
        message.goAway()
        const destination = { definition: residents.definition.name, id, action }
        void this.bring(message, destination, { operation: 'call', payload, async: !heard })
      } catch (thrown) {
        message.fail(failureOf(message, thrown))
      }
    }
  }

  private async bring(message: Message, destination: Destination, errand: Errand): Promise<void> {
    const { abroad, cluster } = this.options
    const { caller, cause, idempotencyKey = null, metadata } = message
    const { action, definition, id } = destination
    const turn = abroad.leave(cause)
    const call: RemoteCall = {
      revision: null,
      follows: null,
      ...errand,
      definition,
      name: id.name,
      action: errand.operation === 'call' ? action.name : '',
      metadata,
      caller,
      chain: abroad.links(cause, turn),
      idempotencyKey,
      repeatable: isRepeatable(destination, errand),
      timeoutMs: Math.max(1, message.leftMs),
    }
    try {
      const answer = await cluster.call(call, message.cancellation)
      message.answeredAway(errand.async ? null : receiptOf(answer, this.options.catalog, destination))
    } catch (thrown) {
      message.fail(failureOf(message, thrown))
    } finally {
      abroad.returned(turn)
    }
  }
}

/** As far as that is known here: default actions only show the state. */
function isRepeatable({ action }: Destination, { operation }: Errand): boolean {
  return (
    operation === 'inspect' || (operation === 'call' && (action.query || action instanceof BuiltinAction))
  )
}

/** Where an actor of a definition that is known here is found. */
export function destinationOf(residents: Residents, name: string, action: ActionDefinition): Destination {
  return { definition: residents.definition.name, id: residents.id(name), action }
}

/** Nothing of it has run. */
export function notHere(id: ActorId): SpawnError {
  return new SpawnError(
    'NOT_OWNER',
    `"${addressText(id)}" does not live on this member; nothing of the call has run`,
  )
}
