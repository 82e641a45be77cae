// Every bound of the HTTP listener, by name, beside those of the runtime in base/limits.ts. Past a limit a client gets a
// 4xx or 503 that names it, and the server keeps its memory and its sockets.

import { LIMITS } from '../base/index.ts'

export interface HttpLimits {
  /** Connections at once; one more is answered with 503 and closed. */
  readonly connections: number
  /** Requests of one connection that wait for their replies (HTTP pipelining); one more gets 429. */
  readonly pipelinedRequests: number
  /** Bytes of a request line with all its headers; beyond: 431. */
  readonly headerBytes: number
  /** Header lines of one request; beyond: 431. */
  readonly headers: number
  /** Bytes of one request body, chunked or not; beyond: 413. */
  readonly bodyBytes: number
  /** Bytes of all request bodies that are held in memory at once, over all connections; beyond: 503. */
  readonly bodyBytesAtOnce: number
  /** Objects within arrays within objects of a JSON body; beyond: 400. */
  readonly jsonDepth: number
  /** How long a client may take to send the headers, in milliseconds; then 408. */
  readonly headersTimeoutMs: number
  /** How long a client may take to send a whole request, in milliseconds; then 408. */
  readonly requestTimeoutMs: number
  /** How long a client that does not read its reply is waited for without any progress, in milliseconds. */
  readonly replyTimeoutMs: number
  /** How long a connection may rest between two requests, in milliseconds. Longer than load balancers usually wait. */
  readonly keepAliveTimeoutMs: number
  /** How long `stop` waits for running requests unless it is told, in milliseconds; then it cuts their connections. */
  readonly stopTimeoutMs: number
}

export const HTTP_LIMITS: HttpLimits = {
  connections: 10_000,
  pipelinedRequests: 256,
  headerBytes: 16_384,
  headers: 128,
  bodyBytes: LIMITS.payloadBytes,
  bodyBytesAtOnce: 268_435_456,
  jsonDepth: 256,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  replyTimeoutMs: 30_000,
  keepAliveTimeoutMs: 75_000,
  stopTimeoutMs: 30_000,
}
