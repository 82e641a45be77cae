// A host process within the test: a server that answers `POST /api/v1/actors/actions` as its test says, over real sockets.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  type ActorInvocation,
  ActorInvocationResponseSchema,
  ActorInvocationSchema,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import type { HostAddress } from '../../src/hosts/remote/index.ts'

export type Answer = MessageInitShape<typeof ActorInvocationResponseSchema>

export interface HostServer extends AsyncDisposable {
  readonly address: HostAddress
  /** Connections that stand now, and that ever stood. */
  readonly sockets: ReadonlySet<Socket>
  readonly connections: number
  stop(): Promise<void>
}

/** The bytes of an answer. */
export function answerBytes(answer: Answer): Uint8Array {
  return toBinary(ActorInvocationResponseSchema, create(ActorInvocationResponseSchema, answer))
}

/** A host that decodes what it gets, and answers what `handler` makes of it. */
export function answering(
  handler: (invocation: ActorInvocation, request: IncomingMessage) => Answer | Promise<Answer>,
  port = 0,
): Promise<HostServer> {
  return responding(async (body, response, request) => {
    const answer = await handler(fromBinary(ActorInvocationSchema, body), request)
    response.setHeader('content-type', 'application/octet-stream')
    response.end(answerBytes(answer))
  }, port)
}

/** A host that answers in HTTP as `handler` likes. */
export function responding(
  handler: (body: Uint8Array, response: ServerResponse, request: IncomingMessage) => unknown,
  port = 0,
): Promise<HostServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => void handler(Buffer.concat(chunks), response, request))
  })
  return listening(server, port)
}

/** A host that answers on the bare socket; `handler` is called once the first bytes of a request are there. */
export function talking(handler: (socket: Socket, request: Buffer) => void, port = 0): Promise<HostServer> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => handler(socket, data))
  })
  return listening(server, port)
}

async function listening(server: Server, port: number): Promise<HostServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  }
  return {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    sockets,
    get connections() {
      return connections
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
