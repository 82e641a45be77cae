// One request, from its head to its reply: may it come in, which route is it, does the route know the method. It decides
// the order of these questions; what a route answers is in actor-routes.ts, how a reply is written in http-reply.ts.

import type { IncomingMessage } from 'node:http'

import { SpawnError } from '../base/index.ts'
import type { Gateway } from '../ports/index.ts'
import { actorsPath, type ApiPath, channelsPath, deadLettersPath, schedulesPath } from '../protocol/index.ts'
import type { ActorRoutes } from './actor-routes.ts'
import type { ChannelRoutes } from './channel-routes.ts'
import type { Connection } from './http-connection.ts'
import type { HttpLimits } from './http-limits.ts'
import type { OriginGuard } from './http-origin.ts'
import { parseQuery } from './http-query.ts'
import { HttpRefusal } from './http-refusal.ts'
import { jsonReply, type Reply } from './http-reply.ts'
import { type Route, Router, splitTarget } from './http-router.ts'
import type { OutboxRoutes } from './outbox-routes.ts'

/** What each route can be asked; the text is the Allow header of a 405. */
const ALLOWED: Readonly<Record<Exclude<Route['kind'], 'wire'>, string>> = {
  root: 'GET, HEAD',
  liveness: 'GET, HEAD',
  readiness: 'GET, HEAD',
  actors: 'GET, HEAD',
  actor: 'GET, HEAD, PUT, DELETE',
  action: 'POST',
  channel: 'POST',
  schedules: 'GET, HEAD',
  schedule: 'DELETE',
  'dead-letters': 'GET, HEAD',
  'dead-letter': 'GET, HEAD, DELETE',
  'dead-letter-retry': 'POST',
}

const UP = jsonReply({ status: 'up' })
const DOWN = jsonReply({ status: 'down' }, 503)

export interface Routes {
  readonly actors: ActorRoutes
  readonly channels: ChannelRoutes
  readonly outbox: OutboxRoutes
}

export class HttpHandler {
  readonly #gateway: Gateway
  readonly #router: Router
  readonly #guard: OriginGuard
  readonly #routes: Routes
  readonly #limits: HttpLimits

  constructor(gateway: Gateway, guard: OriginGuard, routes: Routes, limits: HttpLimits) {
    this.#gateway = gateway
    this.#router = new Router(gateway.system)
    this.#guard = guard
    this.#routes = routes
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
      case 'root':
      case 'liveness':
      case 'readiness':
        parseQuery(query, [])
        return Promise.resolve(this.#about(route.kind))
      default:
        this.#checkSystem(route.system)
        return this.#ask(route, method, query, request, connection)
    }
  }

  #ask(
    path: ApiPath,
    method: string,
    query: string,
    request: IncomingMessage,
    connection: Connection,
  ): Promise<Reply> {
    const { actors, channels, outbox } = this.#routes
    switch (path.kind) {
      case 'action':
        return actors.invoke(path, query, request, connection)
      case 'actor':
        if (method === 'PUT') return actors.spawn(path, query, request)
        if (method === 'DELETE') return actors.remove(path, query, request)
        return actors.read(path, query, request)
      case 'actors':
        return actors.list(query)
      case 'channel':
        return channels.publish(path, query, request, connection)
      case 'schedules':
        return outbox.listSchedules(query)
      case 'schedule':
        return outbox.cancelSchedule(path, query, request)
      case 'dead-letters':
        return outbox.listDeadLetters(query)
      case 'dead-letter':
        if (method === 'DELETE') return outbox.discardDeadLetter(path, query, request)
        return outbox.readDeadLetter(path, query)
      default:
        return outbox.retryDeadLetter(path, query, request)
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
    const { system } = this.#gateway
    const actors = actorsPath(system)
    const schedules = schedulesPath(system)
    const letters = deadLettersPath(system)
    return jsonReply({
      about: `Spawn for TypeScript: durable actors of the system "${system}"`,
      system,
      call: `POST ${actors}/{actor}/actions/{action}`,
      read: `GET ${actors}/{actor}`,
      spawn: `PUT ${actors}/{actor}`,
      delete: `DELETE ${actors}/{actor}`,
      list: `GET ${actors}`,
      publish: `POST ${channelsPath(system)}/{channel}`,
      schedules: `GET ${schedules}`,
      cancel: `DELETE ${schedules}/{id}`,
      deadLetters: `GET ${letters}`,
      deadLetter: `GET ${letters}/{id}`,
      retry: `POST ${letters}/{id}/retry`,
      discard: `DELETE ${letters}/{id}`,
      health: 'GET /health/readiness',
    })
  }
}

function allows(allowed: string, method: string): boolean {
  return allowed === method || allowed.split(', ').includes(method)
}
