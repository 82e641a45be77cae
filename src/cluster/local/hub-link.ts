// A worker's connection to the hub, which its register and its wire share. Decides when it is made and closed, and how its
// failures read. It is made once: a hub that is gone does not come back, another program may be in its place.

import { type Clock, messageOf, SpawnError } from '../../base/index.ts'
import type { RegisterEntry } from '../../ports/index.ts'
import { AskingSocket, Unanswered } from '../../sockets/index.ts'
import { answerIn, bytesOf, type EntrySet, type HubQuestion, newsIn, QUESTION } from './hub-messages.ts'
import { LOCAL_LIMITS } from './local-limits.ts'

type Tell = (entry: RegisterEntry) => void

export class HubLink {
  /** Resolves when the hub has closed the connection, or is gone; never when it was closed here. */
  readonly closed: Promise<void>
  readonly #address: string
  readonly #clock: Clock
  readonly #tell = new Map<EntrySet, Tell>()
  readonly #hubGone = Promise.withResolvers<void>()
  #users = 0
  #socket: AskingSocket | null = null
  #opening: Promise<void> | null = null

  constructor(address: string, clock: Clock) {
    this.#address = address
    this.#clock = clock
    this.closed = this.#hubGone.promise
  }

  /** Who is told of changes of a set. */
  onNews(of: EntrySet, tell: Tell): void {
    this.#tell.set(of, tell)
  }

  /** @throws SpawnError MEMBER_UNAVAILABLE */
  async open(): Promise<void> {
    this.#users += 1
    this.#opening ??= this.#connect()
    try {
      await this.#opening
    } catch (thrown) {
      this.#users -= 1
      this.#opening = null
      throw thrown
    }
  }

  async close(): Promise<void> {
    this.#users -= 1
    if (this.#users > 0) return
    const socket = this.#socket
    this.#socket = null
    this.#opening = null
    await socket?.stop()
  }

  /** @throws SpawnError MEMBER_UNAVAILABLE: the outcome is unknown. */
  async ask<T>(question: HubQuestion): Promise<T> {
    const socket = this.#socket
    if (socket === null) throw this.#unavailable(question, 'there is no connection to it')
    try {
      // What is answered to a question is what the session says; see hub-session.ts.
      return answerIn(await socket.ask(QUESTION, bytesOf(question))) as T
    } catch (thrown) {
      throw thrown instanceof Unanswered ? this.#unavailable(question, thrown.message, thrown) : thrown
    }
  }

  async #connect(): Promise<void> {
    const socket = new AskingSocket({
      path: this.#address,
      clock: this.#clock,
      limits: LOCAL_LIMITS,
      pushed: (content) => this.#hear(content),
    })
    try {
      await socket.open()
    } catch (cause) {
      const message =
        `the first process of this program cannot be reached at ${this.#address}: ${messageOf(cause)}; ` +
        'workers live no longer than it'
      throw new SpawnError('MEMBER_UNAVAILABLE', message, { cause })
    }
    this.#socket = socket
    void this.#follow(socket)
  }

  async #follow(socket: AskingSocket): Promise<void> {
    await socket.ended
    // One that is closed here is not the link's any more.
    if (this.#socket === socket) this.#hubGone.resolve()
  }

  #hear(content: Buffer): void {
    const { entry, of } = newsIn(content)
    this.#tell.get(of)?.(entry)
  }

  #unavailable({ ask, of }: HubQuestion, why: string, cause?: unknown): SpawnError {
    const message = `the first process of this program has not answered (${ask} in the ${of}): ${why}`
    return new SpawnError('MEMBER_UNAVAILABLE', message, { cause })
  }
}
