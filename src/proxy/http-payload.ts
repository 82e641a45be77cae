// The payload that a request brings: none, or a body of JSON, read within the bounds of the listener. It decides which
// bodies are taken for JSON; what the JSON means is for whoever asked.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

import type { Json } from '../protocol/index.ts'
import { type BodyRoom, BodyReading, hasBody } from './http-body.ts'
import type { Connection } from './http-connection.ts'
import { HttpRefusal } from './http-refusal.ts'
import { parseJsonBody } from './json-body.ts'

export class Payloads {
  readonly #room: BodyRoom
  readonly #jsonDepth: number

  constructor(room: BodyRoom, jsonDepth: number) {
    this.#room = room
    this.#jsonDepth = jsonDepth
  }

  /**
   * Reads the body of a request that has one.
   *
   * @returns undefined when it is empty.
   * @throws SpawnError INVALID_ARGUMENT or HttpRefusal; so does the promise.
   */
  async read(request: IncomingMessage, connection: Connection): Promise<Json | undefined> {
    this.#checkHead(request.headers)
    const body = await new BodyReading(request, this.#room, connection.readings).done
    return body.length > 0 ? parseJsonBody(body, this.#jsonDepth) : undefined
  }

  /** Refuses a body that its headers tell enough about. */
  #checkHead(headers: IncomingHttpHeaders): void {
    checkContentType(headers)
    const tooLarge = this.#room.refuse(Number(headers['content-length'] ?? 0))
    if (tooLarge !== null) throw tooLarge
  }
}

/** @param what the request is, for the message: `a PUT of an actor`. */
export function refuseBody(request: IncomingMessage, what: string): void {
  if (!hasBody(request)) return
  throw new HttpRefusal(400, `${what} takes no body`, { closes: true })
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
