// A client that costs little: requests are bytes made beforehand, one is under way on each connection, and of an answer
// only its status and length are read. The same for every server that is measured.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i

export class HttpConnection {
  private readonly socket: Socket
  private text = ''
  private resolve: (() => void) | null = null
  private reject: ((error: Error) => void) | null = null

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true).setEncoding('latin1')
    socket.on('data', (chunk: string) => this.receive(chunk))
    socket.on('error', (error) => this.reject?.(error))
    socket.on('close', () => this.reject?.(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<HttpConnection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new HttpConnection(socket)
  }

  /** Sends one request and resolves when its answer is complete; rejects unless its status is 200. */
  send(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
      this.socket.write(request)
    })
  }

  close(): void {
    this.reject = null
    this.socket.destroy()
  }

  private receive(chunk: string): void {
    this.text = this.text === '' ? chunk : this.text + chunk
    const head = this.text.indexOf(HEAD_END)
    if (head < 0) return
    const length = LENGTH.exec(this.text)?.[1]
    if (length === undefined) {
      this.reject?.(new Error(`an answer without a length: ${this.text}`))
      return
    }
    if (this.text.length < head + HEAD_END.length + Number(length)) return
    const { reject, resolve, text } = this
    this.text = ''
    this.resolve = null
    this.reject = null
    if (text.startsWith('HTTP/1.1 200 ')) resolve?.()
    else reject?.(new Error(`answered with ${text}`))
  }
}

/**
 * One request under way on each connection, for so long.
 *
 * @returns how long each took, in milliseconds.
 */
export async function callFor(
  durationMs: number,
  connections: readonly HttpConnection[],
  next: () => Buffer,
): Promise<number[]> {
  const tookMs: number[] = []
  const from = performance.now()
  const use = async (connection: HttpConnection): Promise<void> => {
    for (let sent = from; sent - from < durationMs;) {
      await connection.send(next())
      const now = performance.now()
      tookMs.push(now - sent)
      sent = now
    }
  }
  await Promise.all(connections.map(use))
  return tookMs
}

const WARM_UP_MS = 3_000
const WARM_UP_CALLS = 30_000
const WARM_UP_LIMIT_MS = 20_000
const LOOK_MS = 250

/**
 * Brings the processes behind the connections to where they would be after a minute: Node compiles what has run often, so
 * each has had as many calls as any other, and some seconds to compile.
 *
 * @param processes that share the calls.
 */
export async function warmUpServers(
  connections: readonly HttpConnection[],
  processes: number,
  next: () => Buffer,
): Promise<void> {
  const from = performance.now()
  let calls = 0
  const isWarm = (): boolean => {
    const tookMs = performance.now() - from
    return tookMs > WARM_UP_LIMIT_MS || (tookMs > WARM_UP_MS && calls > WARM_UP_CALLS * processes)
  }
  while (!isWarm()) calls += (await callFor(LOOK_MS, connections, next)).length
}

export function postRequest(port: number, path: string, body: string): Buffer {
  return postBytes(port, path, 'application/json', Buffer.from(body))
}

export function postBytes(port: number, path: string, type: string, body: Uint8Array): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
  ]
  return Buffer.concat([Buffer.from(head.join('\r\n') + HEAD_END), body])
}
