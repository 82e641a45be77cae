// The other end of an AskingSocket: requests are handed on in the order in which they came, and answered as they are done.
// Decides when a client is held up: when too much of what it asked is under way, or too much of what it was answered has not
// been taken.
//
// Invariant: what a client can make this process keep is bounded, however fast it asks and however slowly it reads.

import type { Socket } from 'node:net'
import { type Clock, failureOf, isSpawnError, messageOf, SpawnError } from '../base/index.ts'
import { MessageSocket } from './message-socket.ts'
import { ANSWER, framed, HEAD_BYTES, headOf } from './request-frames.ts'

export interface AnsweringLimits {
  /** Requests of one client that are under way. */
  readonly requests: number
  /** Bytes of one request or answer. */
  readonly messageBytes: number
  /** Bytes of answers that a client has not taken. */
  readonly unsentBytes: number
  /** How long a client may take to read the last ones. */
  readonly partingMs: number
}

/** Does what is asked; answers the parts of the answer. The content may be a view of a larger buffer. */
export type Answer = (kind: number, content: Buffer) => Promise<readonly Uint8Array[]>

export interface AnsweringOptions {
  readonly clock: Clock
  readonly limits: AnsweringLimits
  readonly answer: Answer
  readonly ended: (why: Error | null) => void
  /** There is room again for what is pushed. */
  readonly drained?: () => void
}

export class AnsweringSocket {
  readonly #options: AnsweringOptions
  readonly #socket: MessageSocket
  readonly #ended = Promise.withResolvers<void>()
  #underWay = 0
  #isHeldUp = false
  #isStopping = false
  #idle: (() => void) | null = null

  constructor(socket: Socket, options: AnsweringOptions) {
    this.#options = options
    this.#socket = new MessageSocket(socket, {
      maxBytes: options.limits.messageBytes + HEAD_BYTES,
      take: (message) => void this.#take(message),
      ended: (why) => {
        this.#ended.resolve()
        options.ended(why)
      },
      drained: () => this.#relieve(),
    })
  }

  /** Whether what is pushed would have to wait for a client that is slow. */
  get isFull(): boolean {
    return this.#socket.unsentBytes > this.#options.limits.unsentBytes
  }

  push(content: Uint8Array): void {
    this.#socket.send(headOf(ANSWER.pushed, 0), content)
  }

  /** Takes nothing more, answers what is under way, and ends the connection. */
  async stop(): Promise<void> {
    const { clock, limits } = this.#options
    this.#isStopping = true
    if (this.#underWay > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#idle = resolve
      })
      // Who is gone is answered no more.
      await Promise.race([idle, this.#ended.promise])
    }
    this.#socket.end()
    const timer = clock.after(limits.partingMs, () => this.destroy())
    await this.#ended.promise
    timer.cancel()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async #take(message: Buffer): Promise<void> {
    const frame = framed(message)
    if (frame === null || this.#isStopping) return
    this.#underWay += 1
    this.#holdUp()
    let kind: number = ANSWER.done
    let parts: readonly Uint8Array[]
    try {
      parts = await this.#options.answer(frame.kind, frame.content)
      this.#check(parts)
    } catch (thrown) {
      kind = ANSWER.failed
      parts = [failureBytes(thrown)]
    }
    this.#underWay -= 1
    this.#socket.send(headOf(kind, frame.id), ...parts)
    if (this.#underWay === 0) this.#idle?.()
    this.#holdUp()
    this.#relieve()
  }

  #check(parts: readonly Uint8Array[]): void {
    const { messageBytes } = this.#options.limits
    let bytes = 0
    for (const part of parts) bytes += part.length
    if (bytes <= messageBytes) return
    const message = `the answer takes ${bytes} bytes, and one has ${messageBytes} at most: ask for less at once`
    throw new SpawnError('INVALID_ARGUMENT', message, { details: { limit: 'messageBytes' } })
  }

  get #isTooMuch(): boolean {
    return this.#underWay >= this.#options.limits.requests || this.isFull
  }

  #holdUp(): void {
    if (this.#isHeldUp || !this.#isTooMuch) return
    this.#isHeldUp = true
    this.#socket.pause()
  }

  #relieve(): void {
    if (!this.isFull) this.#options.drained?.()
    if (!this.#isHeldUp || this.#isTooMuch) return
    this.#isHeldUp = false
    this.#socket.resume()
  }
}

function failureBytes(thrown: unknown): Uint8Array {
  const error = isSpawnError(thrown) ? thrown : new SpawnError('DEFECT', messageOf(thrown), { cause: thrown })
  return Buffer.from(JSON.stringify(failureOf(error)))
}
