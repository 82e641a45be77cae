// Calls that come from other members: each stands in its actor's mailbox like any other, and its answer goes back as bytes.
//
// Invariant: a call that cannot run here is refused with NOT_OWNER before anything of it has run.

import type { CancelSignal, Clock } from '../../base/index.ts'
import type { RemoteAnswer, RemoteCall } from '../../ports/index.ts'
import type { Abroad } from './abroad.ts'
import type { Calls } from '../calls.ts'
import { actionOf, type Catalog } from '../catalog.ts'
import type { Cause } from './foreign-turn.ts'
import type { Arrived } from '../terms.ts'
import type { Operations } from '../operations.ts'
import { answerOf, NO_ANSWER } from './remote-answer.ts'
import { notHere } from './remote-calls.ts'
import type { Residents } from '../life/residents.ts'
import { TurnReceipt } from '../turn-receipt.ts'

export interface ArrivalsOptions {
  readonly abroad: Abroad
  readonly calls: Calls
  readonly catalog: Catalog
  readonly clock: Clock
  readonly operations: Operations
}

export class Arrivals {
  private readonly options: ArrivalsOptions

  constructor(options: ArrivalsOptions) {
    this.options = options
  }

  async receive(call: RemoteCall, signal: CancelSignal): Promise<RemoteAnswer> {
    const { abroad, calls, catalog, clock, operations } = this.options
    const residents = catalog.residents(call.definition, undefined)
    // What this member hosts has changed, and the caller does not know it yet.
    if (residents === undefined) throw notHere({ system: '', parent: call.definition, name: call.name })
    const id = residents.id(call.name)
    if (call.operation !== 'call')
      return { ...NO_ANSWER, actor: id, json: await operations.arrived(residents, call) }
    const cause = abroad.causeOf(call.chain, clock.elapsedMs() + call.timeoutMs)
    const isHere = calls.isHere(residents, call.name) || comesBack(calls, residents, call, cause)
    if (!isHere || calls.isOutOfReach(residents)) throw notHere(id)
    const answer = await this.enqueue(residents, call, cause, signal)
    return answer instanceof TurnReceipt ? answerOf(answer) : { ...NO_ANSWER, actor: id }
  }

  private enqueue(
    residents: Residents,
    call: RemoteCall,
    cause: Cause | null,
    signal: CancelSignal,
  ): Promise<unknown> {
    const { async: isAsync, caller, idempotencyKey, metadata, name, payload, timeoutMs } = call
    const arrived: Arrived = {
      action: call.action,
      payload: payload ?? undefined,
      metadata,
      timeoutMs,
      async: isAsync,
      signal,
      receipt: true,
      arrived: true,
      ...(idempotencyKey !== null && { idempotencyKey }),
      ...(caller !== null && { caller }),
    }
    return this.options.calls.enqueue(residents, name, actionOf(residents, call.action), arrived, cause)
  }
}

/** Whether a turn of an actor that is to live elsewhere waits here for this call, and lets it in. */
function comesBack(calls: Calls, residents: Residents, call: RemoteCall, cause: Cause | null): boolean {
  if (cause === null) return false
  const action = actionOf(residents, call.action)
  return calls.waitingFor(residents, call.name, action, { async: call.async }, cause) !== null
}
