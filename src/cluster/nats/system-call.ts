// A call of another system, as the message that carries it: what is said in the body, what in its headers, and how long its
// answer is waited for. And back, for the system that is called.

import { LIMITS, SpawnError } from '../../base/index.ts'
import type { Call } from '../../ports/index.ts'
import {
  anyCodec,
  asSpawnError,
  readWireInvocation,
  toWireStatus,
  type WireCall,
  type WireInvocation,
  wireAnswerBytes,
  wireFailureBytes,
} from '../../protocol/index.ts'

/** The W3C trace context, as NATS headers have it. */
const TRACE = 'traceparent'
const TIMEOUT = 'request-timeout'

interface SystemCall {
  readonly wire: WireCall
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/** @throws SpawnError INVALID_ARGUMENT for what the wire has no place for. */
export function systemCall(system: string, name: string, call: Call, nowMs: number): SystemCall {
  const {
    action,
    async = false,
    caller = null,
    cron,
    idempotencyKey,
    metadata = {},
    payload,
    ref = '',
  } = call
  const missing =
    cron !== undefined ? 'a cron expression' : idempotencyKey !== undefined ? 'an idempotency key' : null
  if (missing !== null) {
    const message = `"${name}" action "${action}" of the system "${system}" cannot be called with ${missing}: calls between systems have no place for it`
    throw new SpawnError('INVALID_ARGUMENT', message)
  }
  const timeoutMs = Math.min(timeoutOf(call), LIMITS.maxCallTimeoutMs)
  const trace = metadata[TRACE]
  return {
    wire: {
      target: { system, parent: ref, name },
      action,
      payload: anyCodec.accept(payload),
      caller,
      metadata: { ...metadata, [TIMEOUT]: String(timeoutMs) },
      async,
      scheduledToMs: call.delayMs === undefined ? (call.scheduledToMs ?? null) : nowMs + call.delayMs,
      pooled: false,
    },
    headers: trace === undefined ? {} : { [TRACE]: trace },
    timeoutMs,
  }
}

/** What the caller says, else what the metadata does. */
function timeoutOf({ metadata, timeoutMs }: Call): number {
  const told = Number(metadata?.[TIMEOUT] ?? Number.NaN)
  return timeoutMs ?? (Number.isSafeInteger(told) && told > 0 ? told : LIMITS.callTimeoutMs)
}

interface ComingCall {
  readonly invocation: WireInvocation
  readonly name: string
  readonly call: Call
}

/** @throws SpawnError INVALID_ARGUMENT when the bytes are no call of this system. */
export function callIn(system: string, bytes: Uint8Array, trace: string): ComingCall {
  const invocation = readWireInvocation(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const { action, actor, async, caller, payload, ref, scheduledToMs } = invocation
  const named = invocation.system === '' ? actor.system : invocation.system
  if (named !== '' && named !== system) {
    const message = `the call is for the system "${named}", and has come to "${system}"`
    throw new SpawnError('INVALID_ARGUMENT', message)
  }
  if (actor.name === '') throw new SpawnError('INVALID_ARGUMENT', 'the call names no actor in actor.id.name')
  if (action === '') throw new SpawnError('INVALID_ARGUMENT', 'the call names no action in action_name')
  const metadata =
    trace === '' || invocation.metadata?.[TRACE] !== undefined
      ? invocation.metadata
      : { ...invocation.metadata, [TRACE]: trace }
  const call: Call = {
    action,
    ref: ref === '' ? undefined : ref,
    payload,
    async,
    metadata,
    caller,
    scheduledToMs: scheduledToMs > 0 ? scheduledToMs : undefined,
  }
  return { invocation, name: actor.name, call }
}

export const answerBytes = wireAnswerBytes

/** Anything that was thrown, as an answer with a status. */
export function failureBytes(thrown: unknown): Uint8Array {
  return wireFailureBytes(toWireStatus(asSpawnError(thrown)))
}
