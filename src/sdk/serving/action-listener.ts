// Where a proxy's requests arrive: `POST /api/v1/actors/actions`. It decides what is read, who is refused, and how an answer
// or an error is written; what a request asks for is the runner's.
//
// Invariant: an action runs only for a whole request, and each request is answered once. When it stops, what runs is
// answered and what comes is told to go elsewhere.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { type Clock, LIMITS, messageOf, SpawnError } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import { asSpawnError, PROBLEM_CONTENT_TYPE, toProblem } from '../../protocol/index.ts'
import { createServer } from '../../proxy/node-http.ts'
import type { ActionRunner } from './action-runner.ts'

const PATH = '/api/v1/actors/actions'

/** A state, a payload, and what is around them. */
const MOST_BYTES = 2 * LIMITS.payloadBytes + 1_048_576

/** Proxies keep connections for long, and some send on one without a look whether it still stands. */
const KEEP_ALIVE_MS = 120_000

/** How long a request can be on its way to a host that has begun to stop, in milliseconds. */
const GRACE_MS = 500

export interface ActionListenerOptions {
  readonly runner: ActionRunner
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly logger: Logger
}

export class ActionListener {
  private readonly options: ActionListenerOptions
  private readonly server: Server
  private readonly running = new Map<object, (reason: SpawnError) => void>()
  private stopping = false
  private address: AddressInfo | null = null

  constructor(options: ActionListenerOptions) {
    this.options = options
    this.server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      // A side that is gone hears no answer: `close` tells what waits for it.
      request.on('error', nothing)
      response.on('error', nothing)
      this.serve(request, response)
    })
  }

  /** The port that it listens on. */
  get port(): number {
    return this.address?.port ?? this.options.port
  }

  /** @throws SpawnError INVALID_ARGUMENT when the address cannot be listened on. */
  start(): Promise<void> {
    const { host, port } = this.options
    return new Promise((resolve, reject) => {
      this.server.once('error', (cause) => {
        const problem = `cannot listen on ${host} port ${port}: ${messageOf(cause)}; choose another port or host`
        reject(new SpawnError('INVALID_ARGUMENT', problem, { cause }))
      })
      this.server.listen(port, host, () => {
        const address = this.server.address()
        this.address = typeof address === 'object' ? address : null
        resolve()
      })
    })
  }

  /**
   * Takes no more; resolves when what runs is answered, or was given up after `drainMs`.
   *
   * The port closes first. A request that is on its way on a connection that stands is told that nothing was run, so its
   * proxy sends it elsewhere; connections that rest are closed only when none can be under way any more.
   */
  stop(drainMs: number): Promise<void> {
    this.stopping = true
    const { clock } = this.options
    return new Promise((resolve) => {
      const giveUp = clock.after(drainMs, () => {
        const error = new SpawnError('DRAINING', 'the host has stopped, and its time to finish is over')
        for (const abort of this.running.values()) abort(error)
        this.server.closeAllConnections()
      })
      const closeResting = clock.after(Math.min(GRACE_MS, drainMs), () => this.server.close())
      // Not the close of an HTTP server: that one closes resting connections at once.
      NetServer.prototype.close.call(this.server, () => {
        giveUp.cancel()
        closeResting.cancel()
        resolve()
      })
    })
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.refusalOf(request)
    if (refusal !== null) {
      this.fail(response, refusal.error, refusal.status)
      // What follows it is not read.
      request.resume()
      return
    }
    readBody(request, (body) => {
      try {
        const answer = this.options.runner.run(body, (abort) => this.watch(response, abort))
        if (answer instanceof Uint8Array) this.answer(response, answer)
        else void this.wait(response, answer)
      } catch (thrown) {
        this.failed(response, thrown)
      }
    })
  }

  private async wait(response: ServerResponse, answer: Promise<Uint8Array>): Promise<void> {
    try {
      this.answer(response, await answer)
    } catch (thrown) {
      this.failed(response, thrown)
    } finally {
      this.running.delete(response)
    }
  }

  /** Gives a turn up when its request is gone. */
  private watch(response: ServerResponse, abort: (reason: SpawnError) => void): void {
    this.running.set(response, abort)
    response.once('close', () => {
      if (!response.writableFinished) abort(new SpawnError('CANCELLED', 'the proxy has given the call up'))
    })
  }

  private failed(response: ServerResponse, thrown: unknown): void {
    const error = asSpawnError(thrown)
    if (error.code === 'DEFECT') this.options.logger.error('a turn failed in this host', { error: thrown })
    this.fail(response, error, 500)
  }

  private refusalOf({ headers, method, url }: IncomingMessage): { error: SpawnError; status: number } | null {
    if (this.stopping) {
      // So told, a proxy asks another host that has the actor.
      const details = { ran: false }
      return {
        error: new SpawnError('DRAINING', 'this host stops; nothing was run', { details }),
        status: 503,
      }
    }
    const refused = (status: number, problem: string) => ({
      error: new SpawnError('INVALID_ARGUMENT', problem),
      status,
    })
    if (url !== PATH) return refused(404, `this is a host of actors, which answers to POST ${PATH} only`)
    if (method !== 'POST') return refused(405, `${PATH} takes POST only`)
    if (Number(headers['content-length'] ?? 0) > MOST_BYTES) {
      return refused(413, `the request has more than ${MOST_BYTES} bytes`)
    }
    // Pages of a browser can reach this port, too; none has this type without asking, and nobody says yes.
    const type = headers['content-type'] ?? ''
    if (headers.origin === undefined && /^application\/(octet-stream|protobuf|x-protobuf)\b/.test(type))
      return null
    return refused(415, 'the body must be a spawn.ActorInvocation in application/octet-stream')
  }

  private answer(response: ServerResponse, body: Uint8Array): void {
    this.write(response, 200, 'application/octet-stream', body)
  }

  private fail(response: ServerResponse, error: SpawnError, status: number): void {
    const body = Buffer.from(JSON.stringify(toProblem(error, status)))
    this.write(response, status, PROBLEM_CONTENT_TYPE, body)
  }

  private write(response: ServerResponse, status: number, type: string, body: Uint8Array): void {
    if (response.destroyed) return
    response.writeHead(status, {
      'content-type': type,
      'content-length': body.length,
      ...(this.stopping && { connection: 'close' }),
    })
    response.end(body)
  }
}

/** Calls back with a whole body that is not too large, or closes the connection, or was left by the other side. */
function readBody(request: IncomingMessage, whole: (body: Uint8Array) => void): void {
  const chunks: Uint8Array[] = []
  let size = 0
  request.on('data', (chunk: Uint8Array) => {
    size += chunk.length
    chunks.push(chunk)
    // One that says its length was refused before: nobody reads an answer to this one.
    if (size > MOST_BYTES) request.destroy()
  })
  request.on('end', () => {
    const [first] = chunks
    whole(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
  })
}

function nothing(): void {}
