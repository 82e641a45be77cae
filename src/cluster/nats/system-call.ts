// A call of another system, as the message that carries it: what is said in the body, what in its headers. And back, for the
// system that is called.
//
// The body is what every Spawn runtime reads. The headers are for those who know them: the W3C trace context, which all do;
// how long there is, and a key against running twice, which are ours.

import type { MsgHdrs } from '@nats-io/transport-node'
import { LIMITS, SpawnError } from '../../base/index.ts'
import type { Call, SystemCall } from '../../ports/index.ts'
import { callBytes, readWireInvocation, type WireInvocation } from '../../protocol/protobuf/index.ts'

/** The W3C trace context, in headers and in metadata. */
const TRACE = 'traceparent'
/** As over HTTP: milliseconds. In the metadata it would stand for all that follows from the call, too. */
const TIMEOUT = 'Spawn-Timeout'
const KEY = 'Idempotency-Key'

export interface CarriedCall {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

export function carriedCall(system: string, name: string, call: SystemCall): CarriedCall {
  const { action, async, caller, deliveryKey, metadata, payload, ref, timeoutMs } = call
  const trace = metadata[TRACE]
  return {
    body: callBytes({
      target: { system, parent: ref, name },
      action,
      payload,
      caller,
      metadata,
      async,
      scheduledToMs: null,
      pooled: false,
    }),
    headers: {
      [TIMEOUT]: String(Math.ceil(timeoutMs)),
      ...(trace !== undefined && { [TRACE]: trace }),
      ...(deliveryKey !== null && { [KEY]: deliveryKey }),
    },
  }
}

interface ComingCall {
  readonly invocation: WireInvocation
  readonly name: string
  readonly call: Call
}

/** @throws SpawnError INVALID_ARGUMENT when the bytes are no call of this system. */
export function callIn(system: string, bytes: Uint8Array, headers: MsgHdrs | undefined): ComingCall {
  const invocation = readWireInvocation(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const { action, actor, async, caller, payload, ref, scheduledToMs } = invocation
  const named = invocation.system === '' ? actor.system : invocation.system
  if (named !== '' && named !== system) {
    const message = `the call is for the system "${named}", and has come to "${system}"`
    throw new SpawnError('INVALID_ARGUMENT', message)
  }
  if (actor.name === '') throw new SpawnError('INVALID_ARGUMENT', 'the call names no actor in actor.id.name')
  if (action === '') throw new SpawnError('INVALID_ARGUMENT', 'the call names no action in action_name')
  const key = headers?.get(KEY) ?? ''
  const call: Call = {
    action,
    ref: ref === '' ? undefined : ref,
    payload,
    async,
    metadata: tracedMetadata(invocation, headers?.get(TRACE) ?? ''),
    caller,
    scheduledToMs: scheduledToMs > 0 ? scheduledToMs : undefined,
    timeoutMs: timeoutIn(headers?.get(TIMEOUT) ?? ''),
    idempotencyKey: key === '' ? undefined : key,
  }
  return { invocation, name: actor.name, call }
}

function tracedMetadata({ metadata }: WireInvocation, trace: string): WireInvocation['metadata'] {
  if (trace === '' || metadata?.[TRACE] !== undefined) return metadata
  return { ...metadata, [TRACE]: trace }
}

/** Undefined: nothing is said of it there. */
function timeoutIn(text: string): number | undefined {
  const timeoutMs = Number(text)
  return text !== '' && timeoutMs > 0 ? Math.min(timeoutMs, LIMITS.maxCallTimeoutMs) : undefined
}
