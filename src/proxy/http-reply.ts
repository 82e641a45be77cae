// What goes back to the client, as a value, and the one place that writes it: head and body together, with a
// Content-Length, so that a reply is one write and the connection can go on. Making the reply is the routes' business.

import type { IncomingMessage, ServerResponse } from 'node:http'

import { type Clock, SpawnError } from '../base/index.ts'
import { LINGER_MS } from './http-connection.ts'

export interface Reply {
  readonly status: number
  /** Null: the reply has no body. */
  readonly body: string | Uint8Array | null
  readonly type: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
}

export const NO_HEADERS: readonly string[] = []
const JSON_TYPE = 'application/json'

/** Nothing to say, and that is fine. */
export const NO_CONTENT: Reply = { status: 204, body: null, type: '', headers: NO_HEADERS }
/** Taken, not done. */
export const ACCEPTED: Reply = { status: 202, body: '', type: JSON_TYPE, headers: NO_HEADERS }

/** @throws SpawnError DEFECT when the value is none that JSON has. */
export function jsonReply(value: unknown, status = 200, headers: readonly string[] = NO_HEADERS): Reply {
  let body: string | undefined
  try {
    body = JSON.stringify(value)
  } catch (cause) {
    throw new SpawnError('DEFECT', 'a response could not be written as JSON', { cause })
  }
  if (body === undefined) throw new SpawnError('DEFECT', 'a response has no form in JSON')
  return { status, body, type: JSON_TYPE, headers }
}

/** Larger bodies are not copied to leave with their head. */
const TOGETHER_BYTES = 4_096

const CLOSE: readonly string[] = ['Connection', 'close']

/** Writes a reply. A client that is gone gets nothing, and that is no error. */
export function send(
  response: ServerResponse,
  { status, body, type, headers }: Reply,
  closes: boolean,
): void {
  if (response.destroyed) return
  if (body === null) {
    response.writeHead(status, closes ? [...headers, ...CLOSE] : [...headers])
    response.end()
    return
  }
  const bytes = Buffer.byteLength(body)
  response.writeHead(status, headOf(bytes, type, headers, closes))
  if (typeof body !== 'string') {
    // As text of one byte a character a small body leaves with the head, in one piece.
    if (bytes > TOGETHER_BYTES) response.end(body)
    else response.end(Buffer.from(body.buffer, body.byteOffset, bytes).toString('latin1'), 'latin1')
    return
  }
  // As many bytes as characters: it is ASCII, and Latin-1 is written without a look at each of them.
  response.end(body, bytes === body.length ? 'latin1' : 'utf8')
}

/**
 * Writes a reply to a request whose body is not wanted. What the client still sends is read and dropped for a moment:
 * closing at once would reset the connection, and the reply would be lost on its way.
 */
export function sendAndLinger(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  clock: Clock,
): void {
  if (response.destroyed) return
  const body = reply.body ?? ''
  response.writeHead(reply.status, headOf(Buffer.byteLength(body), reply.type, reply.headers, true))
  response.write(body)
  const timer = clock.after(LINGER_MS, () => response.end(), { background: true })
  const end = (): void => {
    timer.cancel()
    response.end()
  }
  request.once('end', end)
  response.once('close', end)
  request.resume()
}

function headOf(bytes: number, type: string, headers: readonly string[], closes: boolean): string[] {
  const head = ['Content-Length', String(bytes)]
  if (bytes > 0) head.push('Content-Type', type)
  if (headers.length > 0) head.push(...headers)
  if (closes) head.push(...CLOSE)
  return head
}
