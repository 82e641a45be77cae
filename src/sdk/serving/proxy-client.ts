// The connections to a proxy, for requests of this process. It decides how a request that got no answer is told, above all
// whether it was sent; what requests say is not its business.

import type { Pool } from 'undici'
import { type Clock, LIMITS, messageOf, SpawnError } from '../../base/index.ts'
import { fromProblem, PROBLEM_CONTENT_TYPE } from '../../protocol/index.ts'
import type { ProxyAddress } from './serve-options.ts'

/** Requests under way at once; more wait. */
const CONNECTIONS = 128

/** How long a connection may take to stand, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000

/** An answer holds a payload and little else. */
const MOST_BYTES = LIMITS.payloadBytes + 65_536

const HEADERS = { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }

/** Ends of a request of which nothing was sent. */
const UNSENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
  'UND_ERR_CONNECT_TIMEOUT',
])

export interface PostOptions {
  /** What is asked, for messages: `the call of "till"`. */
  readonly what: string
  /** Milliseconds until it is given up. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export class ProxyClient {
  readonly address: ProxyAddress
  private readonly pool: Pool
  private readonly clock: Clock

  private constructor(address: ProxyAddress, pool: Pool, clock: Clock) {
    this.address = address
    this.pool = pool
    this.clock = clock
  }

  static async open(address: ProxyAddress, clock: Clock): Promise<ProxyClient> {
    // Only who serves pays for its loading.
    const { Pool } = await import('undici')
    const { origin, socket } = address
    const pool = new Pool(origin, {
      connections: CONNECTIONS,
      connect: { timeout: CONNECT_TIMEOUT_MS, ...(socket !== null && { socketPath: socket }) },
      // The deadline of the request ends it; what is between two bytes does not.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: MOST_BYTES,
      allowH2: false,
    })
    return new ProxyClient(address, pool, clock)
  }

  /**
   * The body of the answer, whatever its status: a message of Protobuf.
   *
   * @throws SpawnError what an answer without a message tells of; MEMBER_UNAVAILABLE when there is none;
   * DEADLINE_EXCEEDED, CANCELLED.
   */
  async post(path: string, body: Uint8Array, options: PostOptions): Promise<Uint8Array> {
    const ending = new AbortController()
    const timer = this.clock.after(options.timeoutMs, () => ending.abort())
    const signal =
      options.signal === undefined ? ending.signal : AbortSignal.any([ending.signal, options.signal])
    try {
      const headers = { ...HEADERS, ...options.headers }
      const answer = await this.pool.request({ path, method: 'POST', headers, body, signal })
      const bytes = new Uint8Array(await answer.body.arrayBuffer())
      const type = String(answer.headers['content-type'] ?? '').replace(/\s*;.*$/s, '')
      if (/^application\/(octet-stream|protobuf|x-protobuf)$/.test(type)) return bytes
      throw fromProblem(answer.statusCode, type === PROBLEM_CONTENT_TYPE ? parsed(bytes) : null)
    } catch (thrown) {
      throw this.failure(thrown, options, ending.signal.aborted)
    } finally {
      timer.cancel()
    }
  }

  close(): Promise<void> {
    return this.pool.destroy()
  }

  private failure(thrown: unknown, { signal, timeoutMs, what }: PostOptions, late: boolean): SpawnError {
    if (thrown instanceof SpawnError) return thrown
    const { text } = this.address
    if (signal?.aborted === true) {
      return new SpawnError('CANCELLED', `${what} was given up; it may have happened`, { cause: thrown })
    }
    if (late) {
      const problem = `${what} had no answer from the proxy at ${text} within ${timeoutMs} ms; it may have happened`
      return new SpawnError('DEADLINE_EXCEEDED', problem, { cause: thrown })
    }
    const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined
    const isUnsent = UNSENT.has(code)
    const why = isUnsent
      ? `the proxy at ${text} is not reachable (${messageOf(thrown) || String(code)}); nothing was sent`
      : `the connection to the proxy at ${text} broke (${messageOf(thrown)}); it may have happened`
    // What may have happened is not to be sent again without a thought.
    return new SpawnError('MEMBER_UNAVAILABLE', `${what} failed: ${why}`, {
      cause: thrown,
      retryable: isUnsent,
      details: { proxy: text, sent: !isUnsent },
    })
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}
