// One request, from its head to its reply: may it come in, which route is it, does the route know the method. It decides
// the order of these questions; what a route answers is in actor-routes.ts, how a reply is written in http-reply.ts.

import type { IncomingMessage } from 'node:http'

import { SpawnError } from '../base/index.ts'
import type { Gateway } from '../ports/index.ts'
import { actorsPath } from '../protocol/index.ts'
import type { ActorRoutes } from './actor-routes.ts'
import type { Connection } from './http-connection.ts'
import type { HttpLimits } from './http-limits.ts'
import type { OriginGuard } from './http-origin.ts'
import { parseQuery } from './http-query.ts'
import { HttpRefusal } from './http-refusal.ts'
import { jsonReply, type Reply } from './http-reply.ts'
import { type Route, Router, splitTarget } from './http-router.ts'

/** What each route can be asked; the text is the Allow header of a 405. */
const ALLOWED: Readonly<Record<Exclude<Route['kind'], 'wire'>, string>> = {
  root: 'GET, HEAD',
  liveness: 'GET, HEAD',
  readiness: 'GET, HEAD',
  actors: 'GET, HEAD',
  actor: 'GET, HEAD, PUT, DELETE',
  action: 'POST',
}

const UP = jsonReply({ status: 'up' })
const DOWN = jsonReply({ status: 'down' }, 503)

export class HttpHandler {
  readonly #gateway: Gateway
  readonly #router: Router
  readonly #guard: OriginGuard
  readonly #actors: ActorRoutes
  readonly #limits: HttpLimits

  constructor(gateway: Gateway, guard: OriginGuard, actors: ActorRoutes, limits: HttpLimits) {
    this.#gateway = gateway
    this.#router = new Router(gateway.system)
    this.#guard = guard
    this.#actors = actors
    this.#limits = limits
  }

  /** @throws SpawnError, any code, or HttpRefusal */
  handle(request: IncomingMessage, connection: Connection): Promise<Reply> {
    this.#admit(request, connection)
    const { method = '', url = '' } = request
    const { path, query } = splitTarget(url)
    const route = this.#router.match(method, path)
    if (route === null) throw new HttpRefusal(404, `there is nothing at this path; GET / says what there is`)
    if (route.kind === 'wire') {
      throw new HttpRefusal(404, `this path belongs to the Spawn wire protocol, which is not served here`)
    }
    if (!allows(ALLOWED[route.kind], method)) throw this.#wrongMethod(method, ALLOWED[route.kind])
    switch (route.kind) {
      case 'action':
        this.#checkSystem(route.system)
        return this.#actors.invoke(route, query, request, connection)
      case 'actor':
        this.#checkSystem(route.system)
        if (method === 'PUT') return this.#actors.spawn(route, query, request)
        if (method === 'DELETE') return this.#actors.remove(route, query, request)
        return this.#actors.read(route, query, request)
      case 'actors':
        this.#checkSystem(route.system)
        return this.#actors.list(query)
      default:
        parseQuery(query, [])
        return Promise.resolve(this.#about(route.kind))
    }
  }

  #admit(request: IncomingMessage, connection: Connection): void {
    const { rawHeaders, headers, httpVersion } = request
    const { headers: most, pipelinedRequests } = this.#limits
    if (httpVersion !== '1.1' && httpVersion !== '1.0') {
      throw new HttpRefusal(400, 'this listener speaks HTTP/1.1', { closes: true })
    }
    if (rawHeaders.length > most * 2) {
      throw new HttpRefusal(431, `the request has more than ${most} headers`, { closes: true })
    }
    if (headers.host === undefined && httpVersion === '1.1') {
      throw new HttpRefusal(400, 'the request has no Host header', { closes: true })
    }
    if (connection.pending > pipelinedRequests) {
      throw new HttpRefusal(
        429,
        `more than ${pipelinedRequests} requests wait for replies on this connection; read some first`,
        { code: 'MAILBOX_FULL', headers: ['Retry-After', '1'] },
      )
    }
    const refusal = this.#guard.refuse(headers)
    if (refusal !== null) throw refusal
  }

  #checkSystem(system: string): void {
    if (system === this.#gateway.system) return
    throw new SpawnError(
      'ACTOR_NOT_FOUND',
      `there is no system "${system}" here; this listener serves "${this.#gateway.system}"`,
      { details: { system: this.#gateway.system } },
    )
  }

  #wrongMethod(method: string, allowed: string): HttpRefusal {
    return new HttpRefusal(405, `${method} is not possible at this path; it takes ${allowed}`, {
      headers: ['Allow', allowed],
    })
  }

  #about(kind: 'root' | 'liveness' | 'readiness'): Reply {
    if (kind === 'liveness') return UP
    if (kind === 'readiness') return this.#gateway.ready ? UP : DOWN
    const actors = actorsPath(this.#gateway.system)
    return jsonReply({
      about: `Spawn for TypeScript: durable actors of the system "${this.#gateway.system}"`,
      system: this.#gateway.system,
      call: `POST ${actors}/{actor}/actions/{action}`,
      read: `GET ${actors}/{actor}`,
      list: `GET ${actors}`,
      health: 'GET /health/readiness',
    })
  }
}

function allows(allowed: string, method: string): boolean {
  return allowed === method || allowed.split(', ').includes(method)
}
