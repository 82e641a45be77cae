// The HTTP listener: opens the port, gives every request to the handler and every reply to its client, and closes in
// order. It decides how long clients may take and how many there may be; it reads no path and no body. While it runs, no
// client can make it throw, and after `stop` has resolved, it holds no socket and no timer.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import { assert, type Clock, SpawnError, type Timer } from '../base/index.ts'
import type { ClusterView, Logger } from '../ports/index.ts'
import { ActorRoutes } from './actor-routes.ts'
import { ChannelRoutes } from './channel-routes.ts'
import { clusterText } from './cluster-metrics.ts'
import { ClusterRoutes } from './cluster-routes.ts'
import { BodyRoom } from './http-body.ts'
import { Connection } from './http-connection.ts'
import { type Place, placed } from './http-address.ts'
import { type Door, doorOf, type Sharing } from './http-door.ts'
import { HttpHandler } from './http-handler.ts'
import { HTTP_LIMITS, type HttpLimits } from './http-limits.ts'
import { OriginGuard } from './http-origin.ts'
import { Payloads } from './http-payload.ts'
import { rawReply } from './http-problem.ts'
import { HttpRefusal } from './http-refusal.ts'
import { send, sendAndLinger } from './http-reply.ts'
import { HttpServer, parserRefusal } from './http-server.ts'
import { OutboxRoutes } from './outbox-routes.ts'
import { PastRoutes } from './past-routes.ts'
import type { Systems } from './systems.ts'
import type { WireRoutes } from './wire-routes.ts'

/** How often a listener that is full says so in the log, in milliseconds. */
const FULL_WARNING_MS = 10_000

export interface HttpListenerOptions extends Place {
  /** Whose actors are called here. */
  readonly systems: Systems
  readonly logger: Logger
  readonly clock: Clock
  /** Names, without a port, that a listener on a loopback address answers to besides loopback names. */
  readonly allowedHosts?: readonly string[] | undefined
  readonly limits?: Partial<HttpLimits> | undefined
  /** Makes the routes of the wire, which only who serves it loads; absent: it is not served. */
  readonly wire?: ((room: BodyRoom) => WireRoutes) | undefined
  /** The cluster that this process is a member of; absent or null: it is alone. */
  readonly cluster?: ClusterView | null | undefined
  /** How it shares its port with other processes; absent: it does not. */
  readonly sharing?: Sharing | undefined
  /** The answer of /metrics; null: there is none. Default: the metrics of the cluster, if there is one. */
  readonly metrics?: (() => string | Promise<string>) | null | undefined
}

export class HttpListener {
  readonly #door: Door
  readonly #limits: HttpLimits
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #room: BodyRoom
  readonly #handler: HttpHandler
  readonly #connections = new Map<Duplex, Connection>()
  #server: HttpServer | null = null
  #isOpen = false
  /** Told when the last connection has ended. */
  #emptied: () => void = () => {}
  #stopped: Promise<void> | null = null
  /** Replies that wait for something to come leave without it. */
  readonly #stopping = new AbortController()
  #sweep: Timer | null = null
  #warnedFullMs = Number.NEGATIVE_INFINITY

  constructor(options: HttpListenerOptions) {
    const { systems, logger, clock } = options
    const cluster = options.cluster ?? null
    const where = placed(options)
    if (
      typeof where !== 'string' &&
      !(Number.isInteger(where.port) && where.port >= 0 && where.port <= 65_535)
    ) {
      throw new SpawnError('INVALID_ARGUMENT', `the HTTP port must be a whole number from 0 to 65535`)
    }
    this.#door = doorOf(where, options.sharing, logger)
    this.#logger = logger
    this.#clock = clock
    this.#limits = { ...HTTP_LIMITS, ...options.limits }
    this.#room = new BodyRoom(this.#limits.bodyBytes, this.#limits.bodyBytesAtOnce)
    const payloads = new Payloads(this.#room, this.#limits.jsonDepth)
    this.#handler = new HttpHandler({
      systems,
      // Pages cannot reach a socket of the file system; a Host means nothing there.
      guard: new OriginGuard(typeof where === 'string' ? '' : where.host, options.allowedHosts ?? []),
      routesOf: (gateway) => {
        const past = new PastRoutes(gateway, clock)
        return {
          actors: new ActorRoutes(gateway, payloads, past, clock),
          past,
          channels: new ChannelRoutes(gateway, payloads),
          outbox: new OutboxRoutes(gateway),
          // Nobody who only calls actors pays for its loading.
          definitions: async (query) => {
            const { definitionsReply } = await import('./definition-routes.ts')
            return definitionsReply(gateway, cluster, query)
          },
          facts: async (query, connection) => {
            const { factsReply } = await import('./fact-routes.ts')
            const patience = (): AbortSignal => AbortSignal.any([connection.signal, this.#stopping.signal])
            return factsReply(gateway, query, patience)
          },
        }
      },
      cluster: new ClusterRoutes(cluster, systems),
      limits: this.#limits,
      wire: options.wire?.(this.#room) ?? null,
      metrics:
        options.metrics === undefined && cluster !== null ? clusterText(cluster) : (options.metrics ?? null),
    })
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size
  }

  /**
   * Where it is reached, without a slash at the end; of a Unix socket `unix:` and its path. Known once it listens, to the process
   * that opened the port.
   */
  get url(): string {
    const url = this.#isOpen ? this.#door.url : null
    assert(url !== null, 'a listener has its address once it has started')
    return url
  }

  /**
   * Opens the port.
   *
   * @throws SpawnError INVALID_ARGUMENT when it cannot be had, saying why and what to do; CANCELLED when `stop` was called
   * meanwhile.
   */
  async start(): Promise<void> {
    assert(this.#server === null, 'a listener is started once')
    const server = this.#createServer()
    this.#server = server
    await this.#door.open(server)
    if (this.#stopped !== null) {
      this.#door.close()
      server.close()
      throw new SpawnError('CANCELLED', 'HTTP: the listener was stopped while it started')
    }
    this.#isOpen = true
    this.#watchStalled()
  }

  /** A connection that another process accepted and does not serve. */
  take(socket: Socket): void {
    if (this.#server === null || this.#stopped !== null) socket.destroy()
    else this.#server.adopt(socket)
  }

  /**
   * Takes no new connection, lets running requests finish, and closes. Stopping twice is allowed.
   *
   * @param options `drainMs`: how long requests may take to finish, in milliseconds; default `limits.stopTimeoutMs`.
   */
  stop(options: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    this.#stopped ??= this.#stop(options.drainMs ?? this.#limits.stopTimeoutMs)
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #stop(drainMs: number): Promise<void> {
    const server = this.#server
    if (server === null || !this.#isOpen) return
    this.#stopping.abort()
    this.#door.close()
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    const limit = this.#clock.after(drainMs, () => {
      this.#logger.warn('the HTTP listener cut connections that did not end in time', {
        connections: this.#connections.size,
      })
      for (const socket of this.#connections.keys()) socket.destroy()
    })
    await closed
    await this.#empty()
    limit.cancel()
    this.#sweep?.cancel()
  }

  /** A server without a port of its own says that it is closed while connections still end. */
  #empty(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#emptied = resolve))
  }

  #createServer(): HttpServer {
    const limits = this.#limits
    const server = new HttpServer(this.#connections, limits)
    server.on('connection', (socket) => this.#connected(socket))
    server.on('request', (request, response) => void this.#answer(request, response))
    server.on('checkContinue', (request, response) => {
      // A body that is too large is better refused before it is sent.
      if (this.#room.refuse(Number(request.headers['content-length'] ?? 0)) === null) response.writeContinue()
      void this.#answer(request, response)
    })
    server.on('checkExpectation', (request, response) => {
      const refusal = new HttpRefusal(417, 'this listener meets no expectation but 100-continue', {
        closes: true,
      })
      this.#refuse(request, response, refusal)
    })
    server.on('connect', (_request, socket) => {
      const refusal = new HttpRefusal(405, 'CONNECT is not possible here; this is no proxy', {
        headers: ['Allow', 'GET, HEAD, POST, PUT, DELETE'],
      })
      // Node has let go of the socket: nobody else hears its errors.
      socket.on('error', () => socket.destroy())
      this.#connections.get(socket)?.malformed(refusal, rawReply(refusal))
    })
    server.on('clientError', (error, socket) => {
      const refusal = parserRefusal(error, limits)
      const connection = this.#connections.get(socket)
      if (refusal === null || connection === undefined) socket.destroy()
      else connection.malformed(refusal, rawReply(refusal))
    })
    server.on('timeout', (socket: Socket) => this.#connections.get(socket)?.timedOut())
    return server
  }

  #connected(socket: Socket): void {
    if (this.#connections.size >= this.#limits.connections) {
      this.#turnAway(socket)
      return
    }
    this.#connections.set(socket, new Connection(socket, this.#clock))
    socket.once('close', () => {
      this.#connections.delete(socket)
      if (this.#connections.size === 0) this.#emptied()
    })
  }

  #turnAway(socket: Socket): void {
    const { connections } = this.#limits
    const nowMs = this.#clock.now()
    if (nowMs - this.#warnedFullMs >= FULL_WARNING_MS) {
      this.#warnedFullMs = nowMs
      this.#logger.warn('the HTTP listener has as many connections as it may', { connections })
    }
    const refusal = new HttpRefusal(503, `this listener has ${connections} connections and takes no more`, {
      code: 'MAILBOX_FULL',
      headers: ['Retry-After', '1'],
    })
    socket.end(rawReply(refusal), () => socket.destroy())
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = this.#connections.get(request.socket)
    // It was turned away; what it sent along is not looked at.
    if (connection === undefined) return
    connection.begin(request, response)
    try {
      const reply = await this.#handler.handle(request, connection)
      send(response, reply, this.#isLast(connection))
    } catch (error) {
      this.#refuse(request, response, error, this.#isLast(connection))
    } finally {
      connection.end()
    }
  }

  /** Whether the reply that is about to leave ends its connection: when stopping, and none is due after it. */
  #isLast(connection: Connection): boolean {
    return this.#stopped !== null && connection.pending === 1
  }

  #refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown, isLast = false): void {
    const { reply, error, closes } = this.#handler.refusal(request, thrown)
    if (error.code === 'DEFECT') {
      this.#logger.error('a request met a defect', {
        method: request.method,
        path: request.url,
        error: thrown,
      })
    }
    const mayCome = !request.complete && !request.socket.readableEnded
    if (closes && mayCome) sendAndLinger(request, response, reply, this.#clock)
    else send(response, reply, closes || isLast)
  }

  /** A client that does not read its reply holds memory; Node's own timeouts watch only what it sends. */
  #watchStalled(): void {
    const { replyTimeoutMs } = this.#limits
    this.#sweep = this.#clock.after(
      replyTimeoutMs,
      () => {
        for (const connection of this.#connections.values()) connection.watchStalled(replyTimeoutMs)
        this.#watchStalled()
      },
      { background: true },
    )
  }
}
