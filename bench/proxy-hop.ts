// The servers behind proxy-calls.ts, each in a process of its own: `node proxy-hop.ts <role> <port behind> <directory>`. It
// says its port by a message and ends when its parent lets go. As a `proxy` it is ours before the host; `forwarder` and
// `echo` are the bare hops that stand beside it.

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { Pool } from 'undici'

import { HostAnswers, OCTETS } from './proxy-bodies.ts'
import { startBenchProxy } from './proxy-under-load.ts'

const [role = '', behind = '', directory = ''] = process.argv.slice(2)

interface Running {
  readonly port: number
  stop(): Promise<void>
}

function read(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
}

function reply(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'Content-Type': OCTETS, 'Content-Length': body.length })
  response.end(body)
}

async function serve(listener: RequestListener): Promise<Running> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { port, stop: async () => server.closeAllConnections() }
}

/** Hands every request on to the port behind, and its answer back. */
function forward(): RequestListener {
  const pool = new Pool(`http://127.0.0.1:${behind}`, { connections: 64 })
  return (request, response) => {
    read(request, (body) => {
      const options = { path: '/', method: 'POST', headers: { 'content-type': OCTETS }, body } as const
      void pool
        .request(options)
        .then(async (answer) => reply(response, Buffer.from(await answer.body.arrayBuffer())))
        .catch((error: Error) => response.destroy(error))
    })
  }
}

function start(): Promise<Running> {
  const answers = new HostAnswers()
  if (role === 'proxy') return startBenchProxy(Number(behind), join(directory, 'proxy.sqlite'))
  if (role === 'forwarder') return serve(forward())
  if (role === 'host')
    return serve((request, response) => read(request, () => reply(response, answers.next())))
  return serve((request, response) => read(request, (body) => reply(response, body)))
}

const running = await start()
process.on('message', () => {
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  process.send?.({ bytes: heapUsed + external })
})
process.once('disconnect', () => {
  void running.stop().finally(() => process.exit())
})
process.send?.({ port: running.port })
