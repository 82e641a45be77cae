// Where a listener's connections come from: a port of its own, a port that it shares with other processes, or another process
// that hands them over. Decides when connections come and when no more do; what is said on them is the listener's.

import { createServer, type Server as NetServer, type Socket } from 'node:net'

import type { Logger } from '../ports/index.ts'
import { listen, urlOf } from './http-address.ts'
import type { HttpServer } from './http-server.ts'

/** How the connections of one port come to several processes. */
export type Sharing =
  /** This one opens the port. `offer`: whether another process has the connection now. */
  | { readonly by: 'offering'; readonly offer: (socket: Socket) => boolean }
  /** Another one does. `take`: whether this one has it now. */
  | { readonly by: 'taking'; readonly onConnection: (take: (socket: Socket) => boolean) => void }

export interface Door {
  /** @throws SpawnError INVALID_ARGUMENT when the address cannot be had, saying why and what to do. */
  open(server: HttpServer): Promise<void>
  /** Null: it is known to another process only. */
  readonly url: string | null
  /** No more come. Called in the very turn in which the server closes. */
  close(): void
}

type Where = { readonly host: string; readonly port: number } | string

export function doorOf(where: Where, sharing: Sharing | undefined, logger: Logger): Door {
  if (sharing === undefined) return new OwnDoor(where, logger)
  return sharing.by === 'offering' ? new OfferingDoor(where, sharing.offer, logger) : new TakingDoor(sharing)
}

class OwnDoor implements Door {
  readonly #where: Where
  readonly #logger: Logger
  #url: string | null = null

  constructor(where: Where, logger: Logger) {
    this.#where = where
    this.#logger = logger
  }

  get url(): string | null {
    return this.#url
  }

  async open(server: HttpServer): Promise<void> {
    await listen(server, this.#where)
    server.on('error', (error) => this.#logger.error('the HTTP listener failed', { error }))
    this.#url = urlOf(server.address())
  }

  /** The server closes its own port. */
  close(): void {}
}

/** Accepts, and keeps what nobody else takes. */
class OfferingDoor implements Door {
  readonly #where: Where
  readonly #offer: (socket: Socket) => boolean
  readonly #logger: Logger
  #acceptor: NetServer | null = null
  #url: string | null = null

  constructor(where: Where, offer: (socket: Socket) => boolean, logger: Logger) {
    this.#where = where
    this.#offer = offer
    this.#logger = logger
  }

  get url(): string | null {
    return this.#url
  }

  async open(server: HttpServer): Promise<void> {
    // As Node's HTTP server sets its own port up; and nothing is read here of what others will read.
    const acceptor = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
    acceptor.on('connection', (socket) => {
      if (!this.#offer(socket)) server.adopt(socket)
    })
    await listen(acceptor, this.#where)
    acceptor.on('error', (error) => this.#logger.error('the HTTP listener failed', { error }))
    this.#acceptor = acceptor
    this.#url = urlOf(acceptor.address())
    server.begin()
  }

  close(): void {
    this.#acceptor?.close()
  }
}

class TakingDoor implements Door {
  readonly url = null
  readonly #sharing: Extract<Sharing, { by: 'taking' }>
  #isOpen = false

  constructor(sharing: Extract<Sharing, { by: 'taking' }>) {
    this.#sharing = sharing
  }

  async open(server: HttpServer): Promise<void> {
    this.#isOpen = true
    this.#sharing.onConnection((socket) => {
      if (this.#isOpen) server.adopt(socket)
      return this.#isOpen
    })
    server.begin()
  }

  close(): void {
    this.#isOpen = false
  }
}
