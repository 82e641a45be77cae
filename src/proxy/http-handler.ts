// One request, from its head to its reply: may it come in, which route is it, does the route know the method. It decides
// the order of these questions; what a route answers is in actor-routes.ts, how a reply is written in http-reply.ts.

import type { IncomingMessage } from 'node:http'

import type { Gateway } from '../ports/index.ts'
import {
  actorsPath,
  type ApiPath,
  channelsPath,
  CLUSTER_PATH,
  type ClusterPath,
  deadLettersPath,
  definitionsPath,
  factsPath,
  schedulesPath,
  SYSTEMS_PATH,
} from '../protocol/index.ts'
import type { ActorRoutes } from './actor-routes.ts'
import type { ChannelRoutes } from './channel-routes.ts'
import type { ClusterRoutes } from './cluster-routes.ts'
import type { Connection } from './http-connection.ts'
import type { HttpLimits } from './http-limits.ts'
import type { OriginGuard } from './http-origin.ts'
import { parseQuery } from './http-query.ts'
import { type ProblemReply, problemReply } from './http-problem.ts'
import { HttpRefusal } from './http-refusal.ts'
import { jsonReply, NO_HEADERS, type Reply } from './http-reply.ts'
import { type Route, Router, splitTarget } from './http-router.ts'
import type { OutboxRoutes } from './outbox-routes.ts'
import type { PastRoutes } from './past-routes.ts'
import { type Systems, systemOf } from './systems.ts'
import { wireOperation } from './wire-operation.ts'
import type { WireRoutes } from './wire-routes.ts'

/** What each route can be asked; the text is the Allow header of a 405. */
const ALLOWED: Readonly<Record<Exclude<Route['kind'], 'wire'>, string>> = {
  root: 'GET, HEAD',
  liveness: 'GET, HEAD',
  readiness: 'GET, HEAD',
  metrics: 'GET, HEAD',
  systems: 'GET, HEAD',
  definitions: 'GET, HEAD',
  actors: 'GET, HEAD',
  actor: 'GET, HEAD, PUT, DELETE',
  'actor-history': 'GET, HEAD',
  'actor-diff': 'GET, HEAD',
  'actor-restore': 'POST',
  'actor-erase': 'POST',
  facts: 'GET, HEAD',
  action: 'POST',
  channel: 'POST',
  schedules: 'GET, HEAD',
  schedule: 'DELETE',
  'dead-letters': 'GET, HEAD',
  'dead-letter': 'GET, HEAD, DELETE',
  'dead-letter-retry': 'POST',
  cluster: 'GET, HEAD',
  'cluster-where': 'GET, HEAD',
  'cluster-drain': 'POST',
  'cluster-undrain': 'POST',
}

const UP = jsonReply({ status: 'up' })
const DOWN = jsonReply({ status: 'down' }, 503)

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface Routes {
  readonly actors: ActorRoutes
  readonly past: PastRoutes
  readonly channels: ChannelRoutes
  readonly outbox: OutboxRoutes
  /** Of a query. */
  readonly definitions: (query: string) => Promise<Reply>
  readonly facts: (query: string, connection: Connection) => Promise<Reply>
}

export interface HttpHandlerOptions {
  readonly systems: Systems
  readonly guard: OriginGuard
  /** The routes of one system. */
  readonly routesOf: (gateway: Gateway) => Routes
  readonly cluster: ClusterRoutes
  readonly limits: HttpLimits
  /** Null: the wire is not served. */
  readonly wire: WireRoutes | null
  /** Null: there are none. */
  readonly metrics: (() => string | Promise<string>) | null
}

export class HttpHandler {
  readonly #options: HttpHandlerOptions
  readonly #router: Router
  readonly #guard: OriginGuard
  readonly #wire: WireRoutes | null
  readonly #limits: HttpLimits
  readonly #routes = new Map<Gateway, Routes>()
  /** The system that was asked last, and its routes: nearly always the next one too. */
  #last: { readonly gateway: Gateway; readonly routes: Routes } | null = null

  constructor(options: HttpHandlerOptions) {
    this.#options = options
    this.#router = new Router(options.systems.main)
    this.#guard = options.guard
    this.#wire = options.wire
    this.#limits = options.limits
  }

  /** @throws SpawnError, any code, or HttpRefusal */
  handle(request: IncomingMessage, connection: Connection): Promise<Reply> {
    this.#admit(request, connection)
    const operation = this.#wire === null ? null : wireOperation(request)
    if (operation !== null && this.#wire !== null) return this.#wire.answer(operation, request, connection)
    const { method = '', url = '' } = request
    const { path, query } = splitTarget(url)
    const route = this.#router.match(method, path)
    if (route === null) throw this.#nothingAt(method, path)
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
      case 'systems':
        return this.#listSystems(query)
      case 'metrics':
        parseQuery(query, [])
        return this.#measured()
      case 'cluster':
      case 'cluster-where':
      case 'cluster-drain':
      case 'cluster-undrain':
        return this.#askCluster(route, query, request)
      default:
        return this.#ask(this.#routesOf(route.system), route, method, query, request, connection)
    }
  }

  /** What was thrown while a request was answered, as the reply that its sender reads. */
  refusal(request: IncomingMessage, thrown: unknown): ProblemReply {
    const operation = this.#wire === null ? null : wireOperation(request)
    if (operation === null || this.#wire === null) return problemReply(thrown)
    return this.#wire.refusal(operation, thrown)
  }

  #ask(
    { actors, channels, definitions, facts, outbox, past }: Routes,
    path: ApiPath,
    method: string,
    query: string,
    request: IncomingMessage,
    connection: Connection,
  ): Promise<Reply> {
    switch (path.kind) {
      case 'action':
        return actors.invoke(path, query, request, connection)
      case 'actor':
        if (method === 'PUT') return actors.spawn(path, query, request)
        if (method === 'DELETE') return actors.remove(path, query, request)
        return actors.read(path, query, request)
      case 'actors':
        return actors.list(query)
      case 'actor-history':
        return past.history(path, query)
      case 'actor-diff':
        return past.diff(path, query)
      case 'actor-restore':
        return past.restore(path, query, request)
      case 'actor-erase':
        return actors.erase(path, query, request)
      case 'definitions':
        return definitions(query)
      case 'channel':
        return channels.publish(path, query, request, connection)
      case 'facts':
        return facts(query, connection)
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

  #askCluster(path: ClusterPath, query: string, request: IncomingMessage): Promise<Reply> {
    const { cluster } = this.#options
    switch (path.kind) {
      case 'cluster':
        return cluster.status(query)
      case 'cluster-where':
        return cluster.where(query)
      case 'cluster-drain':
        return cluster.setPhase(path.member, 'draining', query, request)
      default:
        return cluster.setPhase(path.member, 'up', query, request)
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

  #routesOf(system: string): Routes {
    if (this.#last !== null && this.#last.gateway.system === system) return this.#last.routes
    const gateway = systemOf(this.#options.systems, system)
    const routes = this.#routes.get(gateway) ?? this.#options.routesOf(gateway)
    this.#routes.set(gateway, routes)
    this.#last = { gateway, routes }
    return routes
  }

  #nothingAt(method: string, path: string): HttpRefusal {
    const isSlash = path.endsWith('/') && this.#router.match(method, path.slice(0, -1)) !== null
    const advice = isSlash ? 'without the slash at its end there is' : 'GET / says what there is'
    return new HttpRefusal(404, `there is nothing at this path; ${advice}`)
  }

  #wrongMethod(method: string, allowed: string): HttpRefusal {
    return new HttpRefusal(405, `${method} is not possible at this path; it takes ${allowed}`, {
      headers: ['Allow', allowed],
    })
  }

  /** Nobody who only calls actors pays for its loading. */
  async #listSystems(query: string): Promise<Reply> {
    const { systemsReply } = await import('./definition-routes.ts')
    return systemsReply(this.#options.systems, query)
  }

  async #measured(): Promise<Reply> {
    const { metrics } = this.#options
    if (metrics === null) throw new HttpRefusal(404, 'there are no metrics here')
    return { status: 200, body: await metrics(), type: METRICS_TYPE, headers: NO_HEADERS }
  }

  #about(kind: 'root' | 'liveness' | 'readiness'): Reply {
    const { systems } = this.#options
    if (kind === 'liveness') return UP
    if (kind === 'readiness') return systems.ready ? UP : DOWN
    const names = systems.all.map((one) => one.system)
    const { main: system } = systems
    const actors = actorsPath(system)
    const schedules = schedulesPath(system)
    const letters = deadLettersPath(system)
    return jsonReply({
      about: `Spawn for TypeScript: durable actors of the system "${system}"`,
      system,
      ...(names.length > 1 && { systems: names }),
      call: `POST ${actors}/{actor}/actions/{action}`,
      read: `GET ${actors}/{actor}`,
      spawn: `PUT ${actors}/{actor}`,
      delete: `DELETE ${actors}/{actor}`,
      list: `GET ${actors}`,
      definitions: `GET ${definitionsPath(system)}`,
      allSystems: `GET ${SYSTEMS_PATH}`,
      history: `GET ${actors}/{actor}/history`,
      diff: `GET ${actors}/{actor}/diff`,
      restore: `POST ${actors}/{actor}/restore`,
      facts: `GET ${factsPath(system)}`,
      publish: `POST ${channelsPath(system)}/{channel}`,
      schedules: `GET ${schedules}`,
      cancel: `DELETE ${schedules}/{id}`,
      deadLetters: `GET ${letters}`,
      deadLetter: `GET ${letters}/{id}`,
      retry: `POST ${letters}/{id}/retry`,
      discard: `DELETE ${letters}/{id}`,
      ...(this.#options.cluster.isMember && { cluster: `GET ${CLUSTER_PATH}` }),
      health: 'GET /health/readiness',
    })
  }
}

function allows(allowed: string, method: string): boolean {
  return allowed === method || allowed.split(', ').includes(method)
}
