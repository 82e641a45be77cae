// A client of the wire as SDKs are ones: protobuf over keep-alive HTTP. It decides nothing about what answers mean; it
// checks only what holds of every answer.

import assert from 'node:assert/strict'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'

import { create, fromBinary, type Message, type MessageInitShape, toBinary } from '@bufbuild/protobuf'

import {
  InvocationRequestSchema,
  type InvocationResponse,
  InvocationResponseSchema,
  RegistrationRequestSchema,
  type RegistrationResponse,
  RegistrationResponseSchema,
  type SpawnResponse,
  SpawnRequestSchema,
  SpawnResponseSchema,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'

export interface WireReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface WireId {
  readonly name: string
  readonly parent?: string
}

export type InvocationInit = Exclude<MessageInitShape<typeof InvocationRequestSchema>, Message>

const PROTOBUF = 'application/octet-stream'

export class WireClient {
  readonly url: URL
  readonly system: string
  readonly #agent: Agent

  /** @param localAddress where its connections come from. */
  constructor(url: string, system: string, localAddress = '127.0.0.1') {
    this.url = new URL(url)
    this.system = system
    this.#agent = new Agent({ keepAlive: true, localAddress })
  }

  /** @param type null: no Content-Type is sent. */
  send(method: string, path: string, body?: Uint8Array, type: string | null = PROTOBUF): Promise<WireReply> {
    const { hostname, port } = this.url
    const headers = { ...(type !== null && { 'content-type': type }), 'content-length': body?.length ?? 0 }
    return new Promise((resolve, reject) => {
      const call = request({ hostname, port, path, method, agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { headers: got, statusCode: status = 0 } = response
          resolve({ status, headers: got, body: Buffer.concat(chunks) })
        })
      })
      call.on('error', reject)
      call.end(body)
    })
  }

  async register(init: MessageInitShape<typeof RegistrationRequestSchema>): Promise<RegistrationResponse> {
    const bytes = toBinary(RegistrationRequestSchema, create(RegistrationRequestSchema, init))
    const { body } = checked(await this.send('POST', '/api/v1/system', bytes))
    return fromBinary(RegistrationResponseSchema, body)
  }

  async spawn(ids: readonly WireId[], revision?: number): Promise<SpawnResponse> {
    const { system } = this
    const message = create(SpawnRequestSchema, { actors: ids.map((id) => ({ system, ...id })) })
    const query = revision === undefined ? '' : `?revision=${revision}`
    const path = `/api/v1/system/${encodeURIComponent(system)}/actors/spawn${query}`
    const { body } = checked(await this.send('POST', path, toBinary(SpawnRequestSchema, message)))
    return fromBinary(SpawnResponseSchema, body)
  }

  async invoke(id: WireId, init: InvocationInit): Promise<InvocationResponse> {
    return (await this.invokeForReply(id, init)).message
  }

  async invokeForReply(
    id: WireId,
    init: InvocationInit,
  ): Promise<WireReply & { readonly message: InvocationResponse }> {
    const { system } = this
    const message = create(InvocationRequestSchema, {
      system: { name: system },
      actor: { id: { system, ...id } },
      payload: { case: 'noop', value: {} },
      ...init,
    })
    const bytes = toBinary(InvocationRequestSchema, message)
    const reply = checked(await this.send('POST', this.invokePath(id.name), bytes))
    return { ...reply, message: fromBinary(InvocationResponseSchema, reply.body) }
  }

  invokePath(name: string): string {
    return `/api/v1/system/${encodeURIComponent(this.system)}/actors/${encodeURIComponent(name)}/invoke`
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** What every answer to protobuf is: protobuf itself, with a length, and something in it. */
function checked(reply: WireReply): WireReply {
  assert.equal(reply.headers['content-type'], PROTOBUF, `${reply.status} ${reply.body.toString()}`)
  assert.equal(reply.headers['content-length'], String(reply.body.length))
  assert.notEqual(reply.body.length, 0, 'an empty body reads as success')
  return reply
}
