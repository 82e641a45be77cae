// The way to one other member's socket. Decides when it is connected to, at the first sending, and what is lost: all that is
// sent while it cannot be reached, and what is beyond its bound when it does not read.

import { createConnection } from 'node:net'
import { type Clock, messageOf } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import { MessageSocket } from '../../sockets/index.ts'
import { LOCAL_LIMITS } from './local-limits.ts'

export interface WayOutOptions {
  readonly path: string
  readonly member: string
  readonly clock: Clock
  readonly logger: Logger
}

export class WayOut {
  readonly #options: WayOutOptions
  #socket: MessageSocket | null = null
  #retryAtMs = 0
  #dropped = 0
  #isClosed = false

  constructor(options: WayOutOptions) {
    this.#options = options
  }

  send(bytes: Uint8Array): void {
    const socket = this.#socket ?? this.#connect()
    if (socket === null) return
    if (socket.unsentBytes > LOCAL_LIMITS.unsentWireBytes) this.#dropped += 1
    else socket.send(bytes)
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  /** Null: not now. */
  #connect(): MessageSocket | null {
    const { clock, logger, member, path } = this.#options
    if (this.#isClosed || clock.elapsedMs() < this.#retryAtMs) return null
    this.#socket = new MessageSocket(createConnection({ path }), {
      maxBytes: 0,
      take: () => undefined,
      ended: (why) => {
        this.#socket = null
        this.#retryAtMs = clock.elapsedMs() + LOCAL_LIMITS.retryMs
        if (!this.#isClosed && why !== null)
          logger.debug('A member cannot be reached', { member, reason: messageOf(why) })
      },
      drained: () => this.#drained(),
    })
    return this.#socket
  }

  #drained(): void {
    if (this.#dropped === 0) return
    const { logger, member } = this.#options
    const fields = { member, frames: this.#dropped }
    this.#dropped = 0
    logger.warn('A member takes less than it is sent: some of it was dropped, and is sent again', fields)
  }
}
