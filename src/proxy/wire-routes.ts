// The routes of the wire, which SDKs speak: register, spawn, invoke. Each reads a Protobuf body and asks the gateway of the
// system that the body names; whatever goes wrong, the answer is a Protobuf body with a status.

import type { IncomingMessage } from 'node:http'

import type { Clock } from '../base/index.ts'
import { SpawnError } from '../base/index.ts'
import type { Call, Gateway } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import {
  readSpawnRequest,
  readWireInvocation,
  SPAWNED,
  wireAnswerBytes,
  type WireInvocation,
} from '../protocol/protobuf/index.ts'
import { BodyReading, type BodyRoom, hasBody } from './http-body.ts'
import type { Connection } from './http-connection.ts'
import type { ProblemReply } from './http-problem.ts'
import { HttpRefusal } from './http-refusal.ts'
import type { Reply } from './http-reply.ts'
import { headerText } from './http-call.ts'
import { wholeNumber } from './http-query.ts'
import type { Registrations } from './registrations.ts'
import { type Systems, systemOf } from './systems.ts'
import type { WireCounts } from './wire-counts.ts'
import { isWireType, systemInPath, type WireOperation } from './wire-operation.ts'
import { wireProblemReply, wireReply } from './wire-reply.ts'

export interface WireRoutesOptions {
  readonly systems: Systems
  readonly registrations: Registrations
  readonly clock: Clock
  readonly counts: WireCounts
  /** The answer to a registration. */
  readonly registered: Uint8Array
}

/** Actors of one request that are spawned at once. */
const SPAWNS_AT_ONCE = 256

const EMPTY = Buffer.alloc(0)

export class WireRoutes {
  readonly #options: WireRoutesOptions
  readonly #room: BodyRoom

  constructor(options: WireRoutesOptions, room: BodyRoom) {
    this.#options = options
    this.#room = room
  }

  async answer(operation: WireOperation, request: IncomingMessage, connection: Connection): Promise<Reply> {
    const { clock, counts } = this.#options
    const begunMs = clock.elapsedMs()
    const body = await this.#read(request, connection)
    const reply =
      operation === 'invoke'
        ? await this.#invoke(request, body, connection)
        : await this.#change(operation, request, body)
    counts.succeeded(operation, clock.elapsedMs() - begunMs)
    return reply
  }

  /** What was thrown while a request of the wire was answered. */
  refusal(operation: WireOperation, thrown: unknown): ProblemReply {
    const problem = wireProblemReply(thrown)
    this.#options.counts.failed(operation, problem.error.code)
    return problem
  }

  async #read(request: IncomingMessage, connection: Connection): Promise<Buffer> {
    const { headers, method = '' } = request
    if (method !== 'POST') {
      throw new HttpRefusal(405, `${method} is not possible at this path; it takes POST`, {
        headers: ['Allow', 'POST'],
        closes: hasBody(request),
      })
    }
    const type = headers['content-type']
    const encoding = headers['content-encoding'] ?? 'identity'
    if ((type !== undefined && !isWireType(type)) || encoding !== 'identity') {
      const text = 'the body must be Protobuf as it is, with Content-Type: application/octet-stream'
      throw new HttpRefusal(415, text, { headers: ['Accept', 'application/octet-stream'], closes: true })
    }
    const tooLarge = this.#room.refuse(Number(headers['content-length'] ?? 0))
    if (tooLarge !== null) throw tooLarge
    return hasBody(request) ? new BodyReading(request, this.#room, connection.readings).done : EMPTY
  }

  async #change(operation: 'register' | 'spawn', request: IncomingMessage, body: Buffer): Promise<Reply> {
    const { registered, registrations } = this.#options
    if (operation === 'register') {
      await registrations.register(request, body)
      return wireReply(registered)
    }
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://proxy')
    const revision = searchParams.get('revision') ?? ''
    await this.#spawn(readSpawnRequest(body), systemInPath(pathname), revisionOf(revision))
    return wireReply(SPAWNED)
  }

  async #spawn(actors: readonly ActorId[], system: string, revision: number | undefined): Promise<void> {
    for (const [at, { name }] of actors.entries()) {
      if (name === '')
        throw new SpawnError('INVALID_ARGUMENT', `the body names no actor in actors[${at}].name`)
    }
    for (let at = 0; at < actors.length; at += SPAWNS_AT_ONCE) {
      const spawns = actors.slice(at, at + SPAWNS_AT_ONCE).map(async (actor) => {
        const gateway = systemOf(this.#options.systems, actor.system === '' ? system : actor.system)
        await gateway.spawn(actor.name, { ref: actor.parent === '' ? undefined : actor.parent, revision })
      })
      // All of them are waited for: none may go on behind its answer.
      for (const end of await Promise.allSettled(spawns)) if (end.status === 'rejected') throw end.reason
    }
  }

  async #invoke(request: IncomingMessage, body: Buffer, connection: Connection): Promise<Reply> {
    const wire = readWireInvocation(body)
    const { actor } = wire
    if (actor.name === '')
      throw new SpawnError('INVALID_ARGUMENT', 'the body names no actor in actor.id.name')
    if (wire.action === '')
      throw new SpawnError('INVALID_ARGUMENT', 'the body names no action in action_name')
    const named = wire.system === '' ? actor.system : wire.system
    const system = named === '' ? systemInPath(request.url ?? '') : named
    const call = { ...callOf(wire, request, connection), system }
    const payload = await this.#gatewayFor(system, wire.caller).invokePacked(actor.name, call)
    const isDone = call.async !== true && call.scheduledToMs === undefined
    return wireReply(wireAnswerBytes(wire, isDone ? payload : null))
  }

  /**
   * The system that makes a call. What an actor calls in another system, its own brings there: the call belongs to its turn.
   * What is for a system that is not here, the main one brings there.
   */
  #gatewayFor(system: string, caller: ActorId | undefined): Gateway {
    const { systems } = this.#options
    const own = caller === undefined || caller.system === system ? null : systems.find(caller.system)
    return own ?? systems.find(system) ?? systemOf(systems, systems.meetsOthers ? systems.main : system)
  }
}

function callOf(wire: WireInvocation, request: IncomingMessage, connection: Connection): Call {
  const { action, async, caller, metadata, payload, ref, scheduledToMs } = wire
  const isScheduled = scheduledToMs > 0
  const key = request.headers['idempotency-key']
  return {
    action,
    ref: ref === '' ? undefined : ref,
    payload,
    async,
    metadata,
    caller,
    receipt: true,
    idempotencyKey: key === undefined ? undefined : headerText('Idempotency-Key', String(key)),
    scheduledToMs: isScheduled ? scheduledToMs : undefined,
    // A call that nobody waits for outlives its request.
    signal: async || isScheduled ? undefined : connection.signal,
  }
}

/** Undefined for none; 0 is what some SDKs say for none. */
function revisionOf(text: string): number | undefined {
  if (text === '') return undefined
  const revision = wholeNumber(text, 'the query parameter "revision"', Number.MAX_SAFE_INTEGER, 0)
  return revision === 0 ? undefined : revision
}
