// The routes of channels: publish. What a channel's name may be and who listens, the gateway says. An answer says that the
// broadcast is durable, never that anybody got it.

import type { IncomingMessage } from 'node:http'

import type { Gateway } from '../ports/index.ts'
import type { ApiPath } from '../protocol/index.ts'
import { hasBody } from './http-body.ts'
import { metadataOf } from './http-call.ts'
import type { Connection } from './http-connection.ts'
import type { Payloads } from './http-payload.ts'
import { parseQuery } from './http-query.ts'
import { HttpRefusal } from './http-refusal.ts'
import { ACCEPTED, type Reply } from './http-reply.ts'

type ChannelPath = Extract<ApiPath, { kind: 'channel' }>

export class ChannelRoutes {
  readonly #gateway: Gateway
  readonly #payloads: Payloads

  constructor(gateway: Gateway, payloads: Payloads) {
    this.#gateway = gateway
    this.#payloads = payloads
  }

  /** POST …/channels/{channel} */
  async publish(
    { channel }: ChannelPath,
    query: string,
    request: IncomingMessage,
    connection: Connection,
  ): Promise<Reply> {
    parseQuery(query, [])
    if (request.headers['idempotency-key'] !== undefined) {
      // Taken in silence, it would promise what nobody keeps.
      throw new HttpRefusal(400, 'a broadcast takes no Idempotency-Key: one that is sent again comes again', {
        closes: hasBody(request),
      })
    }
    const metadata = metadataOf(request.headers)
    const payload = hasBody(request) ? await this.#payloads.read(request, connection) : undefined
    await this.#gateway.publish(channel, payload, { metadata })
    return ACCEPTED
  }
}
