// The routes of an actor's past: history, one revision, what changed between two, restore. They read a request, ask the
// gateway, and show what it answers as JSON with times in ISO 8601. Which revisions there are is the gateway's to say.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

import { type Clock, SpawnError } from '../base/index.ts'
import type { Gateway, Revision, RevisionQuery } from '../ports/index.ts'
import type { ActorId, ApiPath } from '../protocol/index.ts'
import { refuseBody } from './http-payload.ts'
import {
  numberOf,
  pageOf,
  parseQuery,
  pastTimeParameter,
  type Query,
  wholeNumber,
  withPlus,
} from './http-query.ts'
import { jsonReply, type Reply } from './http-reply.ts'
import { isoTime, pastTimeOf } from './time-text.ts'

type PastPath = Extract<ApiPath, { kind: 'actor-history' | 'actor-diff' | 'actor-restore' }>

export class PastRoutes {
  readonly #gateway: Gateway
  readonly #clock: Clock

  constructor(gateway: Gateway, clock: Clock) {
    this.#gateway = gateway
    this.#clock = clock
  }

  /** GET …/actors/{actor}/history */
  async history({ actor }: PastPath, query: string): Promise<Reply> {
    const parameters = parseQuery(query, ['ref', 'limit', 'after'])
    const page = pageOf(parameters)
    const { id, next, policy, revisions } = await this.#gateway.past.history(
      actor,
      parameters.get('ref'),
      page,
    )
    const { durationMs, revisions: count } = policy
    return fresh({
      ...address(id),
      keeps: { revisions: count, durationMs },
      revisions: revisions.map(revisionView),
      next,
    })
  }

  /** GET …/actors/{actor}?revision=N or ?at=TIME */
  async read(actor: string, parameters: Query): Promise<Reply> {
    const found = await this.#gateway.past.inspect(actor, this.#one(parameters), parameters.get('ref'))
    const { committedAtMs, id, kind, revision, stateJson: state, tags } = found
    return fresh({ ...address(id), kind, revision, committedAt: isoTime(committedAtMs), tags, state })
  }

  /** GET …/actors/{actor}/diff */
  async diff({ actor }: PastPath, query: string): Promise<Reply> {
    const parameters = parseQuery(query, ['ref', 'from', 'to'])
    const { from, id, state, tags, to } = await this.#gateway.past.diff(actor, {
      ref: parameters.get('ref'),
      from: this.#moment(parameters, 'from'),
      to: this.#moment(parameters, 'to'),
    })
    return fresh({ ...address(id), from: revisionView(from), to: revisionView(to), state, tags })
  }

  /** POST …/actors/{actor}/restore */
  async restore({ actor }: PastPath, query: string, request: IncomingMessage): Promise<Reply> {
    refuseBody(request, 'a restore')
    const parameters = parseQuery(query, ['ref', ...REVISION_QUERY])
    const options = { ref: parameters.get('ref'), follows: followsOf(request.headers) }
    const restored = await this.#gateway.past.restore(actor, this.#one(parameters), options)
    const { from, id, revision } = restored
    return jsonReply({ ...address(id), revision, from })
  }

  /** The one revision that is meant. */
  #one(parameters: Query): RevisionQuery {
    const revision = numberOf(parameters, 'revision', Number.MAX_SAFE_INTEGER)
    const atMs = pastTimeParameter(parameters, 'at', this.#clock.now())
    if (revision !== undefined && atMs === undefined) return { revision }
    if (revision === undefined && atMs !== undefined) return { atMs }
    throw new SpawnError(
      'INVALID_ARGUMENT',
      'say which revision: one of the query parameters "revision" and "at"',
    )
  }

  /** A revision or a time: times in epoch milliseconds are greater than revisions ever are. */
  #moment(parameters: Query, name: string): RevisionQuery | undefined {
    const text = parameters.get(name)
    if (text === undefined) return undefined
    const atMs = pastTimeOf(withPlus(text), this.#clock.now())
    if (atMs !== null) return { atMs }
    if (/^\d+$/.test(text)) {
      return { revision: wholeNumber(text, `the query parameter "${name}"`, Number.MAX_SAFE_INTEGER) }
    }
    const forms =
      'a revision, a time (ISO 8601 with an offset, or epoch milliseconds), or how long ago, such as 30m'
    throw new SpawnError('INVALID_ARGUMENT', `the query parameter "${name}" must be ${forms}`)
  }
}

/** What says which revision of an actor is meant. */
export const REVISION_QUERY = ['revision', 'at']

/** The revision that must stand; undefined: whichever does. */
function followsOf({ 'if-match': tag }: IncomingHttpHeaders): number | undefined {
  if (tag === undefined || tag === '*') return undefined
  const [, digits] = /^"(\d{1,16})"$/.exec(tag) ?? []
  if (digits !== undefined) return wholeNumber(digits, 'the header If-Match', Number.MAX_SAFE_INTEGER)
  throw new SpawnError(
    'INVALID_ARGUMENT',
    'the header If-Match must be one revision in quotes, as an ETag has it, or *',
  )
}

function address({ name, parent, system }: ActorId): object {
  return { name, parent, system }
}

function revisionView({ committedAtMs, revision, tags }: Revision): object {
  return { revision, committedAt: isoTime(committedAtMs), tags }
}

function fresh(value: object): Reply {
  return jsonReply(value, 200, ['Cache-Control', 'no-cache'])
}
