// What goes to actors of other systems: calls, and envelopes that stand in this system's store. Decides what can be said to
// another system at all, and what the end of a delivery means; how it gets there, and back, is the port's.
//
// An envelope is taken when its turn over there is done. So it may be delivered twice, and bears the same key each time: a
// runtime of ours runs it once.

import { SpawnError } from '../../base/index.ts'
import type { ActionDefinition, Call, Metadata, OtherSystems, SystemCall } from '../../ports/index.ts'
import { type ActorId, asSpawnError, checkName, type Packed } from '../../protocol/index.ts'
import type { Destination } from './away-call.ts'
import { foreignAction, packPayload, unpackAnswer } from './carried.ts'
import { checkCall, timeoutOf } from '../checks.ts'
import type { Departures } from '../post/departures.ts'
import type { Inflight } from '../inflight.ts'
import type { Letter } from '../post/letter.ts'
import type { Message } from '../message.ts'
import { OutboundCall, outboundLabel } from './outbound-call.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import type { Parcel } from '../post/parcel.ts'
import { failureOf } from '../perform.ts'
import type { Opaque } from '../terms.ts'
import { TurnReceipt } from '../turn-receipt.ts'

export interface SystemCallsOptions {
  /** The name of this one. */
  readonly system: string
  /** Null: this system is alone. */
  readonly systems: OtherSystems | null
  readonly inflight: Inflight
  readonly departures: Departures
  /** How long a call may take that does not say so, in milliseconds. */
  readonly callTimeoutMs: number
  readonly commit: (load: OutsideLoad) => Promise<boolean>
}

/** What of a call depends on what it is. */
interface Errand {
  readonly payload: Packed | undefined
  readonly async: boolean
  /** Whether the response stays as it came. */
  readonly isOpaque: boolean
  readonly deliveryKey: string | null
}

export class SystemCalls {
  private readonly options: SystemCallsOptions

  constructor(options: SystemCallsOptions) {
    this.options = options
  }

  /** Whether a name is that of another system; absent: it is not. */
  isOther(system: string | undefined): system is string {
    return system !== undefined && system !== this.options.system
  }

  /** A call by name, now. @throws SpawnError when it cannot leave. */
  send(system: string, name: string, call: Call | Opaque, cause: Message | null): Promise<unknown> {
    checkCall(call)
    const { systems } = this.options
    const to = destinationOf(system, call.ref ?? '', name, call.action)
    const label = outboundLabel(name, call.action, system)
    checkSayable(label, call)
    if (systems === null) throw alone(label, this.options.system)
    if (call.signal?.aborted === true)
      throw new SpawnError('CANCELLED', `${label} did not run: its caller had cancelled it before`)
    const isAsync = call.async === true
    const payload = packPayload(to.action, call.payload) ?? undefined
    const caller = cause === null ? (call.caller ?? null) : cause.self
    const message = this.message(to, call, caller, isAsync ? null : cause)
    if (call.signal !== undefined) message.follow(call.signal)
    const isOpaque = 'opaque' in call
    void this.bring(systems, message, { payload, async: isAsync, isOpaque, deliveryKey: null })
    return message.answer()
  }

  /** Brings an envelope there. Whatever becomes of that, the parcel is told. */
  async deliver(parcel: Parcel): Promise<void> {
    try {
      const { action, response } = await this.delivered(parcel)
      const { commit, departures } = this.options
      const cargo = departures.afterOutbound(parcel, action, response)
      // From here on only the store can say whether it still stands.
      parcel.taken = true
      await commit(cargo)
      parcel.delivered(null, response)
    } catch (thrown) {
      parcel.undelivered(asSpawnError(thrown))
    }
  }

  /** Its turn in the other system. */
  private async delivered(
    parcel: Parcel,
  ): Promise<{ readonly action: ActionDefinition; readonly response: unknown }> {
    const { system: own, systems } = this.options
    const { action, from, metadata, system = own, to } = parcel.letter
    const label = outboundLabel(to[1], action, system)
    if (parcel.superseded)
      throw new SpawnError('CANCELLED', `${label} did not run: it was cancelled or changed before`)
    if (systems === null) throw alone(label, own)
    const caller = from === null ? null : { system: own, parent: from[0], name: from[1] }
    const destination = destinationOf(system, to[0], to[1], action)
    const message = this.message(destination, { metadata }, caller, null)
    const payload = parcel.payload ?? undefined
    void this.bring(systems, message, { payload, async: false, isOpaque: false, deliveryKey: keyOf(parcel) })
    return { action: destination.action, response: await message.answer() }
  }

  /** @throws SpawnError when there is no way to the system that an effect is for. */
  checkOutbound({ action, system = '', to }: Letter): void {
    checkName('system', system)
    if (this.options.systems === null) throw alone(outboundLabel(to[1], action, system), this.options.system)
  }

  /** The same, and what such a call cannot have, for one that comes later. */
  checkLater(letter: Letter, call: Call): void {
    this.checkOutbound(letter)
    checkSayable(outboundLabel(letter.to[1], letter.action, letter.system ?? ''), call)
  }

  private message(
    to: Destination,
    call: { readonly metadata?: Metadata | undefined; readonly timeoutMs?: number | undefined },
    caller: ActorId | null,
    cause: Message | null,
  ): OutboundCall {
    const { callTimeoutMs, inflight } = this.options
    return new OutboundCall(inflight, to, call, caller, cause, timeoutOf(call, callTimeoutMs))
  }

  private async bring(systems: OtherSystems, message: OutboundCall, errand: Errand): Promise<void> {
    const { async: isAsync, deliveryKey, isOpaque, payload } = errand
    const { caller, destination, leftMs, metadata } = message
    const { action, id } = destination
    const call: SystemCall = {
      action: action.name,
      ref: id.parent,
      payload,
      metadata,
      caller,
      async: isAsync,
      timeoutMs: Math.max(1, leftMs),
      deliveryKey,
    }
    try {
      const response = await systems.call(id.system, id.name, call, message.signal)
      const live = isOpaque ? response : unpackAnswer(action, response ?? null)
      message.answeredAway(new TurnReceipt(action, id, 0, NOTHING_KNOWN, live))
    } catch (thrown) {
      message.fail(failureOf(message, thrown))
    }
  }
}

/** Of what an answer of another system rests on. */
const NOTHING_KNOWN = Object.freeze({ durability: 'turn', stateful: false })

function destinationOf(system: string, ref: string, name: string, action: string): Destination {
  checkName('system', system)
  checkName('actor', name)
  return {
    definition: ref === '' ? name : ref,
    id: { system, parent: ref, name },
    action: foreignAction(action),
  }
}

/** @throws SpawnError INVALID_ARGUMENT for what the border has no place for. */
function checkSayable(label: string, { idempotencyKey, receipt }: Call): void {
  const missing = idempotencyKey !== undefined ? 'an idempotency key' : receipt === true ? 'a receipt' : null
  if (missing === null) return
  const text = `${label} cannot be called with ${missing}: calls between systems have no place for it`
  throw new SpawnError('INVALID_ARGUMENT', text)
}

/** The same for each attempt; another one for each time of what comes again. */
function keyOf({ dueAtMs, id, letter }: Parcel): string {
  return letter.rhythm === undefined ? id : `${id}@${dueAtMs}`
}

function alone(label: string, own: string): SpawnError {
  const advice = 'give both the same NATS servers, with `cluster` or --cluster'
  return new SpawnError(
    'ACTOR_NOT_FOUND',
    `${label} cannot be called: the system "${own}" is alone and meets no others; ${advice}`,
  )
}
