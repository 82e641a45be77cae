// A Spawn proxy in plain node:http, for tests of hosts: it takes registrations, sends what a test wants to a host, and
// answers what a host asks by a script. It keeps no state and knows nothing of our own proxy.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'

import {
  type ActorInvocationResponse,
  ActorInvocationResponseSchema,
  ActorInvocationSchema,
  type InvocationRequest,
  InvocationRequestSchema,
  InvocationResponseSchema,
  JSONTypeSchema,
  type RegistrationRequest,
  RegistrationRequestSchema,
  RegistrationResponseSchema,
  type SpawnRequest,
  SpawnRequestSchema,
  SpawnResponseSchema,
  Status,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'

export const JSON_URL = 'type.googleapis.com/spawn.JSONType'

export function json(value: unknown) {
  const content = JSON.stringify(value)
  return { typeUrl: JSON_URL, value: toBinary(JSONTypeSchema, create(JSONTypeSchema, { content })) }
}

export function unjson(any: { readonly value: Uint8Array } | undefined): unknown {
  return any === undefined ? undefined : JSON.parse(fromBinary(JSONTypeSchema, any.value).content)
}

interface Reply {
  readonly status: number
  readonly type?: string
  readonly body: Uint8Array
}

type Answer = MessageInitShape<typeof InvocationResponseSchema>

export interface HostReply {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly body: Uint8Array
  readonly connection: string | null
}

export class ScriptedProxy implements AsyncDisposable {
  readonly registrations: RegistrationRequest[] = []
  readonly registrationHeaders: (string | undefined)[] = []
  readonly invocations: { path: string; request: InvocationRequest }[] = []
  readonly spawns: { path: string; request: SpawnRequest }[] = []
  /** What the next registrations get instead of being accepted. */
  refusals: Reply[] = []
  answer: (request: InvocationRequest) => Answer | Reply | Promise<Answer> = () => ({
    status: { status: Status.OK },
    payload: { case: 'noop', value: {} },
  })

  private server: Server | null = null
  private port = 0

  static async start(): Promise<ScriptedProxy> {
    const proxy = new ScriptedProxy()
    await proxy.start()
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get system() {
    return this.registrations.at(-1)?.actorSystem
  }

  /** On the port that it had. */
  async start(): Promise<void> {
    const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const chunks: Uint8Array[] = []
      for await (const chunk of request) chunks.push(chunk as Uint8Array)
      const path = request.url ?? ''
      this.registrationHeaders.push(
        path === '/api/v1/system' ? String(request.headers['spawn-host-port']) : undefined,
      )
      const {
        body,
        status,
        type = 'application/octet-stream',
      } = await this.reply(path, Buffer.concat(chunks))
      response.writeHead(status, { 'content-type': type }).end(body)
    }
    const server = createServer((request, response) => void serve(request, response))
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.server = server
    this.port = (server.address() as AddressInfo).port
  }

  /** As when its process is killed. */
  async stop(): Promise<void> {
    const { server } = this
    this.server = null
    if (server === null) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Sends an action to a host and gives what it answered. */
  async act(
    url: string,
    invocation: MessageInitShape<typeof ActorInvocationSchema>,
  ): Promise<ActorInvocationResponse> {
    const reply = await this.post(
      url,
      toBinary(ActorInvocationSchema, create(ActorInvocationSchema, invocation)),
    )
    if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`)
    return fromBinary(ActorInvocationResponseSchema, reply.body)
  }

  async post(url: string, body: Uint8Array, init: RequestInit = {}): Promise<HostReply> {
    const reply = await fetch(`${url}/api/v1/actors/actions`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/octet-stream' },
      ...init,
    })
    const bytes = new Uint8Array(await reply.arrayBuffer())
    return {
      status: reply.status,
      type: reply.headers.get('content-type') ?? '',
      text: new TextDecoder().decode(bytes),
      body: bytes,
      connection: reply.headers.get('connection'),
    }
  }

  private async reply(path: string, body: Uint8Array): Promise<Reply> {
    if (path === '/api/v1/system') return this.register(body)
    if (path.endsWith('/invoke')) {
      const request = fromBinary(InvocationRequestSchema, body)
      this.invocations.push({ path, request })
      const answer = await this.answer(request)
      if ('body' in answer) return answer
      return {
        status: 200,
        body: toBinary(InvocationResponseSchema, create(InvocationResponseSchema, answer)),
      }
    }
    if (/\/actors\/spawn(\?|$)/.test(path)) {
      this.spawns.push({ path, request: fromBinary(SpawnRequestSchema, body) })
      const answer = create(SpawnResponseSchema, { status: { status: Status.OK, message: 'Accepted' } })
      return { status: 200, body: toBinary(SpawnResponseSchema, answer) }
    }
    return { status: 200, type: 'application/json', body: Buffer.from('{"status":"up"}') }
  }

  private register(body: Uint8Array): Reply {
    const refusal = this.refusals.shift()
    if (refusal !== undefined) return refusal
    this.registrations.push(fromBinary(RegistrationRequestSchema, body))
    const answer = create(RegistrationResponseSchema, {
      status: { status: Status.OK, message: 'Accepted' },
      proxyInfo: {
        protocolMajorVersion: 1,
        protocolMinorVersion: 2,
        proxyName: 'spawn',
        proxyVersion: '2.0.0-RC9',
      },
    })
    return { status: 200, body: toBinary(RegistrationResponseSchema, answer) }
  }
}

/** A registration that is refused in the words of the wire. */
export function refusal(message: string): Reply {
  const answer = create(RegistrationResponseSchema, { status: { status: Status.ERROR, message } })
  return { status: 400, body: toBinary(RegistrationResponseSchema, answer) }
}
