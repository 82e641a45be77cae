// Node's HTTP server, set up with our limits, and what its parser reports in our words. Which request gets which answer is
// the listener's business; no socket is written to here.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import type { Connection } from './http-connection.ts'
import type { HttpLimits } from './http-limits.ts'
import { HttpRefusal } from './http-refusal.ts'
import { Server } from './node-http.ts'

/** How often slow clients are looked for at least, in milliseconds. */
const CHECK_INTERVAL_MS = 1_000

export class HttpServer extends Server {
  readonly #connections: ReadonlyMap<Duplex, Connection>

  constructor(connections: ReadonlyMap<Duplex, Connection>, limits: HttpLimits) {
    const headersTimeout = Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs)
    super({
      maxHeaderSize: limits.headerBytes,
      headersTimeout,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, headersTimeout),
      // The handler answers this one, as a problem.
      requireHostHeader: false,
    })
    // One more than allowed, because Node drops the rest without a word.
    this.maxHeadersCount = limits.headers + 1
    this.#connections = connections
  }

  /** Without a port of its own: from now on it watches how long clients take, as it does from when it listens. */
  begin(): void {
    this.emit('listening')
  }

  /** A connection that was accepted elsewhere is served here from now on. */
  adopt(socket: Socket): void {
    this.emit('connection', socket)
    socket.resume()
  }

  /** Part of `close`. Node's own closes connections as idle whose last reply is still on its way; ours knows better. */
  override closeIdleConnections(): void {
    for (const connection of this.#connections.values()) connection.closeIfIdle()
  }
}

/** Why bytes are refused that are no HTTP request, or that did not come; null: there is nobody to tell. */
export function parserRefusal(error: Error, limits: HttpLimits): HttpRefusal | null {
  const code = 'code' in error ? String(error.code) : ''
  const options = { closes: true } as const
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new HttpRefusal(431, `the request's headers are larger than ${limits.headerBytes} bytes`, options)
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new HttpRefusal(413, 'the chunk extensions of the body are too large', options)
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HttpRefusal(408, 'the request did not arrive in time', {
      ...options,
      code: 'DEADLINE_EXCEEDED',
    })
  }
  return code.startsWith('HPE_')
    ? new HttpRefusal(400, `this is not HTTP as it should be (${code.slice(4).toLowerCase()})`, options)
    : null
}
