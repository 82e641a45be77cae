// One request to a host process and how it ended. It decides which ends there are, and above all whether anything was
// sent: what was, may have run. How requests are shared out is host-process.ts's, what an end means to a turn the remote
// host's.
//
// Invariant: it ends exactly once. Nothing is taken from a reply after it was given up, or that is larger than its limit.

import type { Client, Dispatcher } from 'undici'

/** `unsent`: no byte of it left. `lost`: it was sent, and no whole reply came. `garbled`: what came is no HTTP reply. */
export type End = Reply | Failure

export interface Reply {
  readonly kind: 'reply'
  readonly status: number
  /** In lower case, without parameters; empty when the host gave none. */
  readonly contentType: string
  readonly body: Uint8Array
}

export interface Failure {
  readonly kind: 'unsent' | 'lost' | 'garbled'
  readonly cause: unknown
}

const NOTHING = new Uint8Array(0)

/** What undici says of a reply that breaks HTTP, by the names of its errors. */
const BROKEN_HTTP: ReadonlySet<string> = new Set(['HTTPParserError', 'HeadersOverflowError'])

/** What its parser says when a reply was cut off. */
const CUT_OFF = /EOF/

/** Who sent it, told once how it ended. */
export interface Sender {
  ended(end: End): void
}

export interface Connection {
  readonly client: Client
  /** When it was used last, by the clock's `elapsedMs`. */
  usedMs: number
}

/** Where it runs, told once that its connection can take another one. */
export interface Carrier {
  free(exchange: Exchange): void
}

export class Exchange implements Dispatcher.DispatchHandler {
  readonly body: Uint8Array
  /** How many actions wait for it, one for another. */
  readonly depth: number
  /** How it ended, for those who wait for it; null: it has not. */
  end: End['kind'] | null = null
  /** Null while it waits, and when it is over. */
  carrier: Carrier | null = null
  /** The one of its carrier that it has. */
  connection: Connection | null = null

  private readonly replyBytes: number
  private readonly sender: Sender
  private controller: Dispatcher.DispatchController | null = null
  private status = 0
  private contentType = ''
  /** What has come of the reply: most come in one piece. */
  private first: Uint8Array | null = null
  private more: Uint8Array[] | null = null
  private size = 0

  /** @param replyBytes the most that a reply may have. */
  constructor(body: Uint8Array, depth: number, replyBytes: number, sender: Sender) {
    this.body = body
    this.depth = depth
    this.replyBytes = replyBytes
    this.sender = sender
  }

  /** Nobody waits for it any more. What was sent cannot be taken back; its connection is closed. */
  giveUp(cause: unknown): void {
    if (this.end !== null) return
    const { controller } = this
    this.finish({ kind: controller === null ? 'unsent' : 'lost', cause })
    controller?.abort(asError(cause))
  }

  /** It was not, and will not be, sent. */
  refuse(cause: unknown): void {
    this.finish({ kind: 'unsent', cause })
  }

  // What undici tells of it.

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while its connection was made: undici writes nothing of what is aborted here.
    if (this.end !== null) controller.abort(new Error('given up before it was sent'))
    else this.controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.status = status
    const given = headers['content-type']
    if (typeof given === 'string') this.contentType = mediaType(given)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.size += chunk.length
    if (this.size <= this.replyBytes) {
      if (this.first === null) this.first = chunk
      else (this.more ??= []).push(chunk)
      return
    }
    const cause = new Error(`the reply has more than ${this.replyBytes} bytes`)
    this.finish({ kind: 'garbled', cause })
    controller.abort(cause)
  }

  onResponseEnd(): void {
    const { contentType, first, more, status } = this
    const body = first === null ? NOTHING : more === null ? first : Buffer.concat([first, ...more])
    this.finish({ kind: 'reply', status, contentType, body })
    this.free()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    const garbled = BROKEN_HTTP.has(error.name) && !CUT_OFF.test(error.message)
    // Such an error quotes what was received: what it says in words is enough.
    const cause = BROKEN_HTTP.has(error.name) ? new Error(error.message) : error
    this.finish({ kind: this.controller === null ? 'unsent' : garbled ? 'garbled' : 'lost', cause })
    this.free()
  }

  private finish(end: End): void {
    if (this.end !== null) return
    this.end = end.kind
    this.sender.ended(end)
  }

  private free(): void {
    const { carrier } = this
    this.carrier = null
    carrier?.free(this)
  }
}

function mediaType(header: string): string {
  if (header === 'application/octet-stream') return header
  const end = header.indexOf(';')
  return (end === -1 ? header : header.slice(0, end)).trim().toLowerCase()
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause))
}
