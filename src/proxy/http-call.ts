// The call that a request asks for: action, payload, and what its query and headers say about them. It reads what HTTP
// can carry and refuses what it cannot; whether the actor and the action exist is the gateway's to say.

import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'

import { LIMITS, SpawnError } from '../base/index.ts'
import type { Call, Metadata, Timing } from '../ports/index.ts'
import type { Json } from '../protocol/index.ts'
import { flagOf, type Query, wholeNumber, withPlus } from './http-query.ts'
import { MAX_TIME_MS, TIME_WRITINGS, timeOf } from './time-text.ts'

const METADATA_PREFIX = 'spawn-metadata-'
/** The W3C trace context goes with a call wherever that leads. */
const TRACE = 'traceparent'

/**
 * Puts a call together.
 *
 * @param caller whose signal says that nobody waits for the reply any more.
 * @throws SpawnError INVALID_ARGUMENT that names the header or query parameter.
 */
export function callFrom(
  action: string,
  query: Query,
  headers: IncomingHttpHeaders,
  payload: Json | undefined,
  caller: { readonly signal: AbortSignal },
): Call {
  const timeout = headers['spawn-timeout']
  const key = headers['idempotency-key']
  const async = flagOf(query, 'async')
  const timing = query.size === 0 ? AT_ONCE : timingOf(query)
  return {
    action,
    ref: query.get('ref'),
    async,
    payload,
    metadata: metadataOf(headers),
    timeoutMs: timeout === undefined ? undefined : timeoutOf(String(timeout)),
    receipt: flagOf(query, 'receipt'),
    idempotencyKey: key === undefined ? undefined : headerText('Idempotency-Key', String(key)),
    // A call that nobody waits for outlives its request.
    signal: async || timing !== AT_ONCE ? undefined : caller.signal,
    ...timing,
  }
}

/** The query parameters of a call. */
export const CALL_QUERY = ['ref', 'async', 'receipt', 'delay', 'at', 'cron', 'timezone']

const AT_ONCE: Timing = {}

/** When the call is to come. What a cron expression and a time zone mean is the gateway's to say. */
function timingOf(query: Query): Timing {
  const delay = query.get('delay')
  const at = query.get('at')
  const cron = query.get('cron')
  const timeZone = query.get('timezone')
  if (Number(delay !== undefined) + Number(at !== undefined) + Number(cron !== undefined) > 1) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      'of the query parameters "delay", "at" and "cron" only one can be meant',
    )
  }
  if (timeZone !== undefined && cron === undefined) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      'the query parameter "timezone" goes with "cron", which is missing',
    )
  }
  if (delay !== undefined) {
    return { delayMs: wholeNumber(delay, 'the query parameter "delay", in milliseconds,', MAX_TIME_MS, 0) }
  }
  if (at !== undefined) return { scheduledToMs: timeParameter(at) }
  return cron === undefined ? AT_ONCE : { cron, timeZone }
}

function timeParameter(at: string): number {
  const time = timeOf(withPlus(at))
  if (time !== null) return time
  throw new SpawnError('INVALID_ARGUMENT', `the query parameter "at" ${TIME_WRITINGS}`)
}

function timeoutOf(text: string): number {
  return wholeNumber(text, 'the header Spawn-Timeout, in milliseconds,', LIMITS.maxCallTimeoutMs)
}

/** The metadata that a request's headers carry; undefined: none. */
export function metadataOf(headers: IncomingHttpHeaders): Metadata | undefined {
  let metadata: Record<string, string> | undefined
  for (const name in headers) {
    if (name !== TRACE && !name.startsWith(METADATA_PREFIX)) continue
    const key = name === TRACE ? TRACE : name.slice(METADATA_PREFIX.length)
    if (key === '' || key === '__proto__') {
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `the header "${name}" has no usable key behind Spawn-Metadata-`,
      )
    }
    metadata ??= {}
    metadata[key] = headerText(name, String(headers[name]))
  }
  return metadata
}

/** A header value as text. Node reads the bytes as Latin-1; beyond ASCII they must be UTF-8. */
export function headerText(name: string, value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw new SpawnError('INVALID_ARGUMENT', `the header ${name} is not valid UTF-8`)
}
