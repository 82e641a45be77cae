// The routes of actors: call, spawn, read, delete, list. Each reads a request and asks the gateway; what an actor is and
// whether a name is allowed, the gateway says. A route answers with a Reply or throws; it writes nothing itself.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

import { LIMITS, SpawnError } from '../base/index.ts'
import type { ActorFilter, Gateway, Inspection, Tags } from '../ports/index.ts'
import { type ApiPath, type Json } from '../protocol/index.ts'
import { type BodyRoom, BodyReading, hasBody } from './http-body.ts'
import { callFrom } from './http-call.ts'
import type { Connection } from './http-connection.ts'
import { numberOf, parseQuery, type Query } from './http-query.ts'
import { HttpRefusal } from './http-refusal.ts'
import { ACCEPTED, jsonReply, NO_CONTENT, type Reply } from './http-reply.ts'
import { parseJsonBody } from './json-body.ts'

type ActionPath = Extract<ApiPath, { kind: 'action' }>
type ActorPath = Extract<ApiPath, { kind: 'actor' }>

export class ActorRoutes {
  readonly #gateway: Gateway
  readonly #room: BodyRoom
  readonly #jsonDepth: number

  constructor(gateway: Gateway, room: BodyRoom, jsonDepth: number) {
    this.#gateway = gateway
    this.#room = room
    this.#jsonDepth = jsonDepth
  }

  /** POST …/actors/{actor}/actions/{action} */
  async invoke(
    path: ActionPath,
    query: string,
    request: IncomingMessage,
    connection: Connection,
  ): Promise<Reply> {
    const parameters = parseQuery(query, INVOKE_QUERY)
    let payload: Json | undefined
    if (hasBody(request)) {
      this.#checkHead(request.headers)
      const body = await new BodyReading(request, this.#room, connection.readings).done
      if (body.length > 0) payload = parseJsonBody(body, this.#jsonDepth)
    }
    const call = callFrom(path.action, parameters, request.headers, payload, connection)
    const response = await this.#gateway.invokeJson(path.actor, call)
    if (call.async === true) return ACCEPTED
    return response === undefined ? NO_CONTENT : jsonReply(response)
  }

  /** GET …/actors/{actor} */
  async read({ actor }: ActorPath, query: string, request: IncomingMessage): Promise<Reply> {
    const inspection = await this.#gateway.inspect(actor, parseQuery(query, READ_QUERY).get('ref'))
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
    refuseBody(request)
    const parameters = parseQuery(query, SPAWN_QUERY)
    const revision = numberOf(parameters, 'revision', Number.MAX_SAFE_INTEGER)
    await this.#gateway.spawn(actor, { ref: parameters.get('ref'), revision })
    return NO_CONTENT
  }

  /** DELETE …/actors/{actor} */
  async remove({ actor }: ActorPath, query: string, request: IncomingMessage): Promise<Reply> {
    refuseBody(request)
    await this.#gateway.delete(actor, parseQuery(query, READ_QUERY).get('ref'))
    return NO_CONTENT
  }

  /** GET …/actors */
  async list(query: string): Promise<Reply> {
    const parameters = parseQuery(query, LIST_QUERY)
    const after = parameters.get('after')
    const limit = numberOf(parameters, 'limit', LIMITS.pageSize) ?? LIMITS.defaultPageSize
    const page = await this.#gateway.list(filterOf(parameters), {
      limit,
      ...(after !== undefined && { after }),
    })
    const actors = page.actors.map(({ id, revision, tags, committedAtMs }) => ({
      name: id.name,
      parent: id.parent,
      revision,
      tags,
      committedAt: new Date(committedAtMs).toISOString(),
    }))
    return jsonReply({ actors, next: page.next })
  }

  /** Refuses a body that its headers tell enough about. */
  #checkHead(headers: IncomingHttpHeaders): void {
    checkContentType(headers)
    const tooLarge = this.#room.refuse(Number(headers['content-length'] ?? 0))
    if (tooLarge !== null) throw tooLarge
  }
}

const INVOKE_QUERY = ['ref', 'async']
const READ_QUERY = ['ref']
const SPAWN_QUERY = ['ref', 'revision']
const TAG = 'tag.'
const LIST_QUERY = ['prefix', 'parent', 'name', TAG, 'limit', 'after']

function filterOf(query: Query): Omit<ActorFilter, 'system'> {
  const filter: { -readonly [Field in keyof ActorFilter]?: ActorFilter[Field] } = {}
  const tags: Record<string, string> = {}
  for (const [name, value] of query) {
    if (name === 'prefix' || name === 'parent' || name === 'name') filter[name] = value
    else if (name.startsWith(TAG)) tags[tagKey(name)] = value
  }
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

/**
 * JSON, by any of its names. A body without a type and one of the type that curl gives to `-d` are read as JSON too, so
 * that the shortest command works; if they are not JSON, the parser says so.
 */
function checkContentType(headers: IncomingHttpHeaders): void {
  const type = headers['content-type']
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new HttpRefusal(415, 'the body is compressed; send it as it is', { closes: true })
  }
  if (type === undefined || type === 'application/json' || CURL_DEFAULT.test(type) || JSON_TYPE.test(type)) {
    return
  }
  throw new HttpRefusal(415, 'the body must be JSON in UTF-8, with Content-Type: application/json', {
    headers: ['Accept', 'application/json'],
    closes: true,
  })
}

const CURL_DEFAULT = /^application\/x-www-form-urlencoded\s*$/i
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;\s*charset="?utf-?8"?\s*)?;?\s*$/i

function refuseBody(request: IncomingMessage): void {
  if (!hasBody(request)) return
  throw new HttpRefusal(400, `a ${request.method ?? ''} of an actor takes no body`, { closes: true })
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
