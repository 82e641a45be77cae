// One connection of a client: which requests on it wait for their replies, whether the client is still there, and what
// becomes of bytes that are no HTTP. It decides the order of the last words on a connection: an answer to malformed bytes
// never overtakes the reply to a request that came before them. It reads and answers no request itself.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { type Clock, SpawnError } from '../base/index.ts'
import type { BodyReading } from './http-body.ts'
import type { HttpRefusal } from './http-refusal.ts'

/** How long a connection that we have ended is read on, in milliseconds, so that the client gets to see why. */
export const LINGER_MS = 1_000

/** How long a client that has just connected may take to begin its first request before it is taken for idle, in milliseconds. */
const FIRST_BYTES_MS = 1_000

export class Connection {
  readonly socket: Socket
  /** Bodies on their way in. The parser knows one at a time, but a body ends a moment after its last byte. */
  readonly readings = new Set<BodyReading>()
  /** Requests that wait for their replies. */
  pending = 0
  readonly #clock: Clock
  readonly #openedMs: number
  #request: IncomingMessage | null = null
  #response: ServerResponse | null = null
  #gone: AbortController | null = null
  #ended = false
  /** Of what came in, when the last reply left. */
  #bytesAnswered = 0

  constructor(socket: Socket, clock: Clock) {
    this.socket = socket
    this.#clock = clock
    this.#openedMs = clock.elapsedMs()
    socket.once('close', () => this.#closed())
  }

  /**
   * Aborts when the client is gone. One signal for all requests of the connection: a client that closes its side gives up
   * on all of them, and a signal for each would cost more than most calls.
   */
  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.socket.destroyed && !this.#gone.signal.aborted) this.#gone.abort(clientGone())
    return this.#gone.signal
  }

  begin(request: IncomingMessage, response: ServerResponse): void {
    this.pending += 1
    this.#request = request
    this.#response = response
  }

  end(): void {
    this.pending -= 1
    this.#bytesAnswered = this.socket.bytesRead
  }

  /**
   * Closes once everything is sent, unless a reply is due or a request has begun to come in. Who has just connected, and said
   * nothing yet, is about to.
   */
  closeIfIdle(): void {
    if (this.pending > 0 || this.socket.bytesRead !== this.#bytesAnswered) return
    const newForMs = FIRST_BYTES_MS - (this.#clock.elapsedMs() - this.#openedMs)
    if (this.socket.bytesRead > 0 || newForMs <= 0) this.socket.destroySoon()
    else this.#clock.after(newForMs, () => this.closeIfIdle(), { background: true })
  }

  /** Starts to count the time without progress, when there is something that the client should read. */
  watchStalled(timeoutMs: number): void {
    if (this.socket.writableLength > 0 && this.socket.timeout !== timeoutMs) this.socket.setTimeout(timeoutMs)
  }

  /** Nothing moved for as long as the socket was told to wait: resting between requests, or not reading. */
  timedOut(): void {
    if (this.pending > 0 && this.socket.writableLength === 0) this.socket.setTimeout(0)
    else this.socket.destroy()
  }

  /**
   * Bytes came that are no HTTP, or none came in time. A request whose body they broke is answered in its place; else
   * `refusal` follows, as `farewell`, after the replies that are still due, and the connection ends.
   */
  malformed(refusal: HttpRefusal, farewell: string): void {
    if (this.#ended) return
    this.#ended = true
    for (const reading of this.readings) {
      if (reading.request.complete) continue
      reading.fail(refusal)
      return
    }
    // A request that they broke and that did not wait for its body has its own answer, and gets no second one.
    const lastWords = this.#request === null || this.#request.complete ? farewell : ''
    if (this.pending > 0 && this.#response !== null) {
      this.#response.once('finish', () => this.#endWith(lastWords))
    } else this.#endWith(lastWords)
  }

  /** Ends the connection after these last bytes. */
  #endWith(farewell: string): void {
    if (this.socket.destroyed) return
    this.socket.end(farewell)
    const timer = this.#clock.after(LINGER_MS, () => this.socket.destroy(), { background: true })
    this.socket.once('close', () => timer.cancel())
  }

  #closed(): void {
    for (const reading of this.readings) reading.fail(clientGone())
    if (this.#gone !== null && !this.#gone.signal.aborted) this.#gone.abort(clientGone())
  }
}

function clientGone(): SpawnError {
  return new SpawnError('CANCELLED', 'the client closed its connection before the reply')
}
