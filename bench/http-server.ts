// The servers that http-calls.ts calls, each in a process of its own, or in several: `node http-server.ts <variant> <directory>
// <processes>`. It says its port by a message and ends when its parent lets go.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { countersIn } from './counters.ts'

const [variant = '', directory = '', processes = '1'] = process.argv.slice(2)

/** Node's own server at its barest: reads a JSON text and sends it back. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.end(body)
  })
}

interface Running {
  readonly port: number
  stop(): Promise<void>
}

async function startEcho(): Promise<Running> {
  const server = createServer(echo)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { port, stop: async () => server.closeAllConnections() }
}

async function startCounters(): Promise<Running> {
  const counters = await countersIn(directory, { http: 0, workers: Number(processes) }).start()
  return { port: Number(new URL(counters.url ?? '').port), stop: () => counters.stop() }
}

const running = variant === 'echo' ? await startEcho() : await startCounters()
process.once('disconnect', () => {
  void running.stop().finally(() => process.exit())
})
process.send?.(running.port)
