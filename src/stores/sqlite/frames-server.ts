// Other processes at the store's thread: what they have packed comes to it directly, and no event loop that runs user code
// is on the way. Decides nothing of what is done; that is thread-work.ts's.

import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { errorOf, SpawnError, systemClock } from '../../base/index.ts'
import { AnsweringSocket, Listening } from '../../sockets/index.ts'
import { FRAMED, placesBytes, readGroup } from '../frames/group-bytes.ts'
import type { Request, Response } from './requests.ts'

const LIMITS = {
  /** Who may be connected. */
  connections: 1_024,
  /** Of each: requests under way, bytes of one of them, and bytes of answers that it has not taken. */
  requests: 64,
  messageBytes: 1_073_741_824,
  unsentBytes: 67_108_864,
  /** How long it may take to read the last. */
  partingMs: 1_000,
} as const

/** Does a request, and calls back when it is done. */
export type Take = (who: unknown, request: Request, respond: (response: Response) => void) => void

export class FramesServer {
  readonly #path: string
  readonly #take: Take
  readonly #left: (who: unknown) => void
  readonly #listening: Listening
  readonly #clients = new Set<AnsweringSocket>()

  /** @param left is told who has gone. */
  constructor(path: string, take: Take, left: (who: unknown) => void) {
    this.#path = path
    this.#take = take
    this.#left = left
    this.#listening = new Listening({
      path,
      maxConnections: LIMITS.connections,
      accept: (socket) => this.#accept(socket),
      // Who was not let in is told so by the end of its connection.
      failed: () => undefined,
    })
  }

  /** @throws Error that says why it cannot listen. */
  async start(): Promise<void> {
    // A thread that died has left its own.
    await rm(this.#path, { force: true })
    await this.#listening.start()
  }

  async stop(): Promise<void> {
    const closed = this.#listening.stop()
    await Promise.all([...this.#clients].map((client) => client.stop()))
    await closed
  }

  #accept(socket: Socket): void {
    const client = new AnsweringSocket(socket, {
      clock: systemClock,
      limits: LIMITS,
      answer: async (kind, content) => [await this.#answer(socket, kind, content)],
      ended: () => {
        this.#clients.delete(client)
        this.#left(socket)
      },
    })
    this.#clients.add(client)
  }

  #answer(who: Socket, kind: number, content: Buffer): Promise<Uint8Array> {
    if (kind === FRAMED.load) {
      const request: Request<'load'> = { operation: 'load', arguments: { ids: content } }
      return this.#ask<Uint8Array>(who, request)
    }
    if (kind !== FRAMED.commit) throw new SpawnError('DEFECT', `the store takes no request of kind ${kind}`)
    const { frames } = readGroup(content)
    const request: Request<'commit'> = { operation: 'commit', arguments: { frames } }
    return this.#ask<readonly number[]>(who, request).then(placesBytes)
  }

  /** What an operation answers is what Operations says. */
  #ask<Answer>(who: Socket, request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#take(who, request, (response) => {
        if ('failure' in response) reject(errorOf(response.failure))
        else resolve(response.answer as Answer)
      })
    })
  }
}
