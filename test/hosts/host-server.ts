// A host as the proxy sees one: `POST /api/v1/actors/actions` over plain node:http, without our SDK. Decides how replies
// go over the socket, in the manner of the SDKs; what they say is the script's.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { fromBinary } from '@bufbuild/protobuf'

import {
  type ActorInvocation,
  ActorInvocationSchema,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'

/** `length`: one write with Content-Length. `chunked`: in pieces. `close`: neither, the connection ends it. */
export type Framing = 'length' | 'chunked' | 'close'

export interface HostReply {
  readonly status: number
  /** Null: none is sent. */
  readonly type: string | null
  readonly body: Uint8Array
  readonly framing: Framing
}

/** `reset`: the socket is closed without a word. `hang`: nothing comes, ever. Raw: these bytes, HTTP or not, then a close. */
export type HostAnswer = HostReply | 'reset' | 'hang' | { readonly raw: string }

export type HostScript = (call: ActorInvocation, bytes: Buffer) => HostAnswer | Promise<HostAnswer>

const PATH = '/api/v1/actors/actions'

export class HostServer implements AsyncDisposable {
  readonly #server: Server
  /** Connections that were ever opened. */
  connections = 0
  /** Requests that are not answered yet. */
  running = 0

  private constructor(script: HostScript) {
    this.#server = createServer((request, response) => void this.#answer(script, request, response))
    this.#server.on('connection', () => (this.connections += 1))
  }

  /** @param at an address of this machine's loopback; the port is a free one unless it is given. */
  static async start(
    script: HostScript,
    at: { readonly host?: string; readonly port?: number } = {},
  ): Promise<HostServer> {
    const host = new HostServer(script)
    host.#server.listen(at.port ?? 0, at.host ?? '127.0.0.1')
    await once(host.#server, 'listening')
    return host
  }

  get port(): number {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP listener has an address
    return (this.#server.address() as AddressInfo).port
  }

  /** Closes the port and every connection, whatever is under way on them. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #answer(script: HostScript, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const length = request.headers['content-length']
    if (request.method !== 'POST' || request.url !== PATH || length !== String(bytes.length)) {
      throw new Error(`no host understands ${request.method} ${request.url} with a length of ${length}`)
    }
    this.running += 1
    response.on('close', () => (this.running -= 1))
    const answer = await script(fromBinary(ActorInvocationSchema, bytes), bytes)
    if (answer === 'hang') return
    if (answer === 'reset') request.socket.resetAndDestroy()
    else if ('raw' in answer) request.socket.end(answer.raw)
    else write(response, answer)
  }
}

function write(response: ServerResponse, { body, framing, status, type }: HostReply): void {
  const headers = type === null ? {} : { 'content-type': type }
  if (framing === 'length') {
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body)
    return
  }
  if (framing === 'close') {
    response.useChunkedEncodingByDefault = false
    response.shouldKeepAlive = false
    response.writeHead(status, { ...headers, connection: 'close' }).end(body)
    return
  }
  // In two chunks, the cut in the middle of the message.
  response.writeHead(status, { ...headers, 'transfer-encoding': 'chunked' })
  const half = body.length >> 1
  response.write(body.subarray(0, half), () => response.end(body.subarray(half)))
}
