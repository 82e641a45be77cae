// A client that sends any bytes at all, and reads what comes back as HTTP. It decides nothing; it keeps every byte.

import { connect, type Socket } from 'node:net'

import { until } from '../../src/testing/until.ts'

export interface RawReply {
  readonly status: number
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export class RawClient {
  readonly socket: Socket
  received = ''
  /** The server closed its side, or the connection is gone. */
  ended = false

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    this.socket.setNoDelay(true)
    this.socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')))
    this.socket.on('end', () => (this.ended = true))
    this.socket.on('close', () => (this.ended = true))
    // A reset shows as an end without a reply; the test looks at what was received.
    this.socket.on('error', () => (this.ended = true))
  }

  send(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  get replies(): RawReply[] {
    return readReplies(this.received).replies
  }

  /** The first `count` replies, once they are there. */
  async next(count = 1): Promise<RawReply[]> {
    return until(`${count} replies (got ${JSON.stringify(this.received.slice(0, 200))})`, () => {
      const { replies } = this
      return replies.length >= count ? replies : null
    })
  }

  /** Everything that was received until the server closed. */
  async rest(): Promise<RawReply[]> {
    await until('the server to close', () => this.ended)
    this.close()
    return this.replies
  }

  close(): void {
    this.socket.destroy()
  }
}

/**
 * The whole replies at the beginning of a text, and the rest of it; 1xx ones are left out. Every reply of ours has a
 * Content-Length or no body.
 */
export function readReplies(text: string): { readonly replies: RawReply[]; readonly rest: string } {
  const replies: RawReply[] = []
  for (let at = 0; ;) {
    const headEnd = text.indexOf('\r\n\r\n', at)
    if (headEnd === -1) return { replies, rest: text.slice(at) }
    const [first = '', ...lines] = text.slice(at, headEnd).split('\r\n')
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const bodyEnd = headEnd + 4 + Number(headers.get('content-length') ?? 0)
    if (text.length < bodyEnd) return { replies, rest: text.slice(at) }
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1])
    if (!(status < 200)) replies.push({ status, headers, body: text.slice(headEnd + 4, bodyEnd) })
    at = bodyEnd
  }
}

/** A POST of JSON as bytes. */
export function post(path: string, body: string, headers = ''): string {
  const length = Buffer.byteLength(body)
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}Content-Length: ${length}\r\n\r\n${Buffer.from(body).toString('latin1')}`
}
