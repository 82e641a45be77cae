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

/** Hands every request on to the port behind, and its answer back, by the leanest way that undici has. */
function forward(): RequestListener {
  const pool = new Pool(`http://127.0.0.1:${behind}`, { connections: 64 })
  return (request, response) => {
    read(request, (body) => {
      const chunks: Buffer[] = []
      pool.dispatch(
        { path: '/', method: 'POST', headers: { 'content-type': OCTETS }, body },
        {
          onRequestStart() {},
          onResponseStart() {},
          onResponseData: (_controller, chunk) => void chunks.push(chunk),
          onResponseEnd: () => reply(response, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)),
          onResponseError: (_controller, error) => void response.destroy(error),
        },
      )
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
process.on('message', (asked: 'bytes' | 'cpu') => {
  if (asked === 'cpu') {
    const { system, user } = process.cpuUsage()
    process.send?.({ cpuUs: system + user })
    return
  }
  // What it holds after a full collection.
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  process.send?.({ bytes: heapUsed + external })
})
process.once('disconnect', () => {
  void running.stop().finally(() => process.exit())
})
process.send?.({ port: running.port })
