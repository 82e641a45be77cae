// The routes of actors: call, spawn, read, delete, list. Each reads a request and asks the gateway; what an actor is and
// whether a name is allowed, the gateway says. A route answers with a Reply or throws; it writes nothing itself.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

import { type Clock, SpawnError } from '../base/index.ts'
import type { ActorFilter, Gateway, Inspection, Tags } from '../ports/index.ts'
import type { ApiPath } from '../protocol/index.ts'
import { hasBody } from './http-body.ts'
import { CALL_QUERY, callFrom } from './http-call.ts'
import type { Connection } from './http-connection.ts'
import { type Payloads, refuseBody } from './http-payload.ts'
import { flagOf, numberOf, pageOf, parseQuery, pastTimeParameter, type Query } from './http-query.ts'
import { receiptHeaders, scheduledReply } from './http-receipt.ts'
import { ACCEPTED, jsonReply, NO_CONTENT, type Reply } from './http-reply.ts'
import { type PastRoutes, REVISION_QUERY } from './past-routes.ts'
import { isoTime } from './time-text.ts'

type ActionPath = Extract<ApiPath, { kind: 'action' }>
type ActorPath = Extract<ApiPath, { kind: 'actor' }>
type ErasePath = Extract<ApiPath, { kind: 'actor-erase' }>

export class ActorRoutes {
  readonly #gateway: Gateway
  readonly #payloads: Payloads
  readonly #clock: Clock
  readonly #past: PastRoutes

  constructor(gateway: Gateway, payloads: Payloads, past: PastRoutes, clock: Clock) {
    this.#gateway = gateway
    this.#past = past
    this.#payloads = payloads
    this.#clock = clock
  }

  /** POST …/actors/{actor}/actions/{action} */
  async invoke(
    path: ActionPath,
    query: string,
    request: IncomingMessage,
    connection: Connection,
  ): Promise<Reply> {
    const parameters = parseQuery(query, CALL_QUERY)
    const payload = hasBody(request) ? await this.#payloads.read(request, connection) : undefined
    const call = callFrom(path.action, parameters, request.headers, payload, connection)
    const { json, receipt, scheduleId } = await this.#gateway.invokeJson(path.actor, call)
    if (scheduleId !== null) return scheduledReply(this.#gateway.system, scheduleId)
    if (call.async === true) return ACCEPTED
    const headers = call.receipt === true && receipt !== null ? receiptHeaders(receipt) : undefined
    if (json !== undefined) return jsonReply(json, 200, headers)
    return headers === undefined ? NO_CONTENT : { ...NO_CONTENT, headers }
  }

  /** GET …/actors/{actor} */
  async read({ actor }: ActorPath, query: string, request: IncomingMessage): Promise<Reply> {
    const parameters = parseQuery(query, [...READ_QUERY, ...REVISION_QUERY])
    if (REVISION_QUERY.some((name) => parameters.has(name))) return this.#past.read(actor, parameters)
    const inspection = await this.#gateway.inspect(actor, parameters.get('ref'))
    const { id, kind, revision, tags, stateJson } = inspection
    const headers = headersOf(inspection)
    if (matches(request.headers, revision)) {
      return { status: 304, body: null, type: '', headers }
    }
    const { system, parent, name } = id
    return jsonReply({ name, parent, system, kind, revision, tags, state: stateJson }, 200, headers)
  }

  /** PUT …/actors/{actor} */
  async spawn({ actor }: ActorPath, query: string, request: IncomingMessage): Promise<Reply> {
    refuseBody(request, 'a PUT of an actor')
    const parameters = parseQuery(query, SPAWN_QUERY)
    const revision = numberOf(parameters, 'revision', Number.MAX_SAFE_INTEGER)
    await this.#gateway.spawn(actor, { ref: parameters.get('ref'), revision })
    return NO_CONTENT
  }

  /** DELETE …/actors/{actor} */
  async remove({ actor }: ActorPath, query: string, request: IncomingMessage): Promise<Reply> {
    refuseBody(request, 'a DELETE of an actor')
    await this.#gateway.delete(actor, parseQuery(query, READ_QUERY).get('ref'))
    return NO_CONTENT
  }

  /** POST …/actors/{actor}/erase */
  async erase({ actor }: ErasePath, query: string, request: IncomingMessage): Promise<Reply> {
    refuseBody(request, 'an erasure')
    const erasure = await this.#gateway.erase(actor, parseQuery(query, READ_QUERY).get('ref'))
    const { begunAtMs, doneAtMs, id, keyId, messages, revision } = erasure
    const { name, parent, system } = id
    const times = { begunAt: isoTime(begunAtMs), doneAt: isoTime(doneAtMs) }
    return jsonReply({ name, parent, system, key: keyId, revision, messages, ...times })
  }

  /** GET …/actors */
  async list(query: string): Promise<Reply> {
    const parameters = parseQuery(query, LIST_QUERY)
    const filter = filterOf(parameters, this.#clock.now())
    if (flagOf(parameters, 'count')) return this.#count(filter, parameters)
    const page = await this.#gateway.list(filter, pageOf(parameters))
    const actors = page.actors.map(({ id, revision, tags, committedAtMs }) => ({
      name: id.name,
      parent: id.parent,
      revision,
      tags,
      committedAt: isoTime(committedAtMs),
    }))
    return jsonReply({ actors, next: page.next })
  }

  async #count(filter: Omit<ActorFilter, 'system'>, parameters: Query): Promise<Reply> {
    if (parameters.has('limit') || parameters.has('after')) {
      const advice = 'the query parameter "count" goes with neither "limit" nor "after"'
      throw new SpawnError('INVALID_ARGUMENT', `all that match are counted: ${advice}`)
    }
    return jsonReply({ count: await this.#gateway.count(filter) })
  }
}

const READ_QUERY = ['ref']
const SPAWN_QUERY = ['ref', 'revision']
const TAG = 'tag.'
const LIST_QUERY = ['prefix', 'parent', 'name', TAG, 'activeSince', 'idleSince', 'limit', 'after', 'count']

function filterOf(query: Query, nowMs: number): Omit<ActorFilter, 'system'> {
  const filter: { -readonly [Field in keyof ActorFilter]?: ActorFilter[Field] } = {}
  const tags: Record<string, string> = {}
  for (const [name, value] of query) {
    if (name === 'prefix' || name === 'parent' || name === 'name') filter[name] = value
    else if (name.startsWith(TAG)) tags[tagKey(name)] = value
  }
  const fromMs = pastTimeParameter(query, 'activeSince', nowMs)
  const beforeMs = pastTimeParameter(query, 'idleSince', nowMs)
  if (fromMs !== undefined) filter.committedFromMs = fromMs
  if (beforeMs !== undefined) filter.committedBeforeMs = beforeMs
  if (Object.keys(tags).length > 0) filter.tags = tags satisfies Tags
  return filter
}

function tagKey(parameter: string): string {
  const key = parameter.slice(TAG.length)
  if (key === '' || key === '__proto__') {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the query parameter "${parameter}" has no usable key behind tag.`,
    )
  }
  return key
}

/** Revision 0 was never committed: it names no fixed content, so it is no tag. */
function headersOf({ revision }: Inspection): string[] {
  const fresh = ['Cache-Control', 'no-cache']
  return revision === 0 ? fresh : ['ETag', `"${revision}"`, ...fresh]
}

function matches(headers: IncomingHttpHeaders, revision: number): boolean {
  const wanted = headers['if-none-match']
  if (wanted === undefined || revision === 0) return false
  return wanted.split(',').some((tag) => {
    const own = tag.trim()
    return own === '*' || own === `"${revision}"` || own === `W/"${revision}"`
  })
}
