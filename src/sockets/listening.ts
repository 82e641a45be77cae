// A socket that is listened on, in the file system. Decides how many may be connected, and how an end of it is waited for.

import { chmod } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { messageOf } from '../base/index.ts'

export interface ListeningOptions {
  readonly path: string
  readonly maxConnections: number
  /** Is called with each who connects. */
  readonly accept: (socket: Socket) => void
  /** Somebody could not be let in, for want of what the process may have open. */
  readonly failed: (error: Error) => void
}

export class Listening {
  readonly #server: Server
  readonly #options: ListeningOptions

  constructor(options: ListeningOptions) {
    this.#options = options
    this.#server = createServer(options.accept)
    this.#server.maxConnections = options.maxConnections
  }

  /** @throws Error that says where it could not listen. */
  async start(): Promise<void> {
    const { failed, path } = this.#options
    const started = Promise.withResolvers<void>()
    this.#server.once('error', started.reject)
    this.#server.listen({ path, backlog: 511 }, () => started.resolve())
    try {
      await started.promise
      await chmod(path, 0o600)
    } catch (cause) {
      throw new Error(`nothing can listen at ${path}: ${messageOf(cause)}`, { cause })
    } finally {
      this.#server.off('error', started.reject)
    }
    this.#server.on('error', failed)
  }

  /** Lets nobody in any more; resolves when those who are connected have gone. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}
