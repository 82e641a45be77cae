// The call that a request asks for: action, payload, and what its query and headers say about them. It reads what HTTP
// can carry and refuses what it cannot; whether the actor and the action exist is the gateway's to say.

import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'

import { LIMITS, SpawnError } from '../base/index.ts'
import type { Call, Metadata } from '../ports/index.ts'
import type { Json } from '../protocol/index.ts'
import { flagOf, type Query, wholeNumber } from './http-query.ts'

const METADATA_PREFIX = 'spawn-metadata-'

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
  return {
    action,
    ref: query.get('ref'),
    async,
    payload,
    metadata: metadataOf(headers),
    timeoutMs: timeout === undefined ? undefined : timeoutOf(String(timeout)),
    idempotencyKey: key === undefined ? undefined : headerText('Idempotency-Key', String(key)),
    // An asynchronous call outlives its request.
    signal: async ? undefined : caller.signal,
  }
}

function timeoutOf(text: string): number {
  return wholeNumber(text, 'the header Spawn-Timeout, in milliseconds,', LIMITS.maxCallTimeoutMs)
}

function metadataOf(headers: IncomingHttpHeaders): Metadata | undefined {
  let metadata: Record<string, string> | undefined
  for (const name in headers) {
    if (!name.startsWith(METADATA_PREFIX)) continue
    const key = name.slice(METADATA_PREFIX.length)
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
function headerText(name: string, value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw new SpawnError('INVALID_ARGUMENT', `the header ${name} is not valid UTF-8`)
}
