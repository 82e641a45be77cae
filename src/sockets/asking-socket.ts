// Requests to who listens on a socket, and their answers, by number. Decides how many may be under way, how long each may
// take, and what those are told who wait when the connection ends. It is made once, and never made again by itself: who
// listened may have been another one by then.
//
// Invariants: every request is answered or fails. Requests arrive in the order in which they were asked; answers come in any.

import { createConnection } from 'node:net'
import { type Clock, errorOf, type Failure, messageOf, type Timer } from '../base/index.ts'
import { MessageSocket } from './message-socket.ts'
import { ANSWER, framed, HEAD_BYTES, headOf } from './request-frames.ts'

export interface AskingLimits {
  /** How long the connection may take to be there. */
  readonly connectMs: number
  /** How long a request may take. */
  readonly requestMs: number
  /** Requests that are not answered. */
  readonly requests: number
  /** Bytes of one request or answer. */
  readonly messageBytes: number
  /** Bytes of requests that have not left. */
  readonly unsentBytes: number
}

export interface AskingOptions {
  readonly path: string
  readonly clock: Clock
  readonly limits: AskingLimits
  /** What comes without having been asked for. */
  readonly pushed?: (content: Buffer) => void
}

/** A request that got no answer. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
  /** Whether it may have been done. */
  readonly mayHaveRun: boolean

  constructor(message: string, mayHaveRun: boolean) {
    super(message)
    this.mayHaveRun = mayHaveRun
  }
}

interface Waiting {
  readonly askedAtMs: number
  readonly settle: (end: Buffer | Error | Failure) => void
}

export class AskingSocket {
  readonly #options: AskingOptions
  readonly #socket: MessageSocket
  readonly #ended = Promise.withResolvers<Error | null>()
  readonly #opened = Promise.withResolvers<void>()
  /** In the order in which they were asked. */
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #end: string | null = null
  #timer: Timer | null = null
  #idle: (() => void) | null = null

  /** Begins to connect; `open` tells when that is done. */
  constructor(options: AskingOptions) {
    this.#options = options
    const socket = createConnection({ path: options.path })
    socket.once('connect', () => this.#opened.resolve())
    this.#socket = new MessageSocket(socket, {
      maxBytes: options.limits.messageBytes + HEAD_BYTES,
      take: (message) => this.#take(message),
      ended: (why) => this.#over(why),
    })
  }

  /** @throws Error that says why there is no connection. */
  async open(): Promise<void> {
    const { clock, limits } = this.#options
    const timer = clock.after(limits.connectMs, () => {
      this.#opened.reject(new Error(`nobody has answered within ${limits.connectMs} ms`))
      this.destroy()
    })
    try {
      await this.#opened.promise
    } finally {
      timer.cancel()
    }
  }

  get hasEnded(): boolean {
    return this.#socket.hasEnded
  }

  /** Resolves when the connection has ended, however that came. */
  get ended(): Promise<Error | null> {
    return this.#ended.promise
  }

  /**
   * Asks for one thing.
   *
   * @param kind 0 to 255; what it means is the users'.
   * @param parts not to be changed afterwards.
   * @throws Unanswered, or SpawnError as the other side said.
   */
  async ask(kind: number, ...parts: readonly Uint8Array[]): Promise<Buffer> {
    const refusal = this.#refusal(parts)
    if (refusal !== null) throw new Unanswered(refusal, false)
    const id = this.#nextId()
    const answer = await new Promise<Buffer | Error | Failure>((settle) => {
      const askedAtMs = this.#options.clock.elapsedMs()
      this.#waiting.set(id, { askedAtMs, settle })
      this.#socket.send(headOf(kind, id), ...parts)
      this.#timer ??= this.#watch()
    })
    if (answer instanceof Uint8Array) return answer
    throw answer instanceof Error ? answer : errorOf(answer)
  }

  /** Waits for what is under way, and ends the connection. Nothing more may be asked. */
  async stop(): Promise<void> {
    this.#end ??= 'the connection was closed'
    if (this.#waiting.size > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    this.#socket.end()
    await this.ended
  }

  /** Ends it now, whatever is under way. */
  destroy(): void {
    this.#socket.destroy()
  }

  #refusal(parts: readonly Uint8Array[]): string | null {
    const { messageBytes, requests, unsentBytes } = this.#options.limits
    if (this.#end !== null) return this.#end
    if (this.#waiting.size >= requests) return `${requests} requests are under way already`
    if (this.#socket.unsentBytes > unsentBytes) return `${unsentBytes} bytes of requests have not left yet`
    let bytes = 0
    for (const part of parts) bytes += part.length
    return bytes <= messageBytes ? null : `it takes ${bytes} bytes, and a request has ${messageBytes} at most`
  }

  #nextId(): number {
    do this.#lastId = this.#lastId === 0xffff_ffff ? 1 : this.#lastId + 1
    while (this.#waiting.has(this.#lastId))
    return this.#lastId
  }

  #take(message: Buffer): void {
    const frame = framed(message)
    if (frame === null) return
    if (frame.kind === ANSWER.pushed) {
      this.#options.pushed?.(frame.content)
      return
    }
    // One that took too long was given up: its answer is nobody's.
    const waiting = this.#waiting.get(frame.id)
    if (waiting === undefined) return
    this.#forget(frame.id)
    // A failure is written by AnsweringSocket.
    waiting.settle(
      frame.kind === ANSWER.done ? frame.content : (JSON.parse(frame.content.toString()) as Failure),
    )
  }

  #forget(id: number): void {
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#idle?.()
  }

  /** All may take equally long: so only the one that was asked first is looked at. */
  #watch(): Timer | null {
    for (const { askedAtMs } of this.#waiting.values()) {
      const { clock, limits } = this.#options
      const leftMs = askedAtMs + limits.requestMs - clock.elapsedMs()
      return clock.after(Math.max(1, leftMs), () => this.#giveUp(), { background: true })
    }
    return null
  }

  #giveUp(): void {
    const { clock, limits } = this.#options
    const nowMs = clock.elapsedMs()
    for (const [id, { askedAtMs, settle }] of this.#waiting) {
      if (nowMs < askedAtMs + limits.requestMs) break
      this.#forget(id)
      settle(new Unanswered(`it was not answered within ${limits.requestMs} ms`, true))
    }
    this.#timer = this.#watch()
  }

  #over(why: Error | null): void {
    const reason = why === null ? 'the connection has ended' : `the connection has ended: ${messageOf(why)}`
    this.#end ??= reason
    this.#timer?.cancel()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { settle } of waiting) settle(new Unanswered(reason, true))
    this.#idle?.()
    this.#opened.reject(why ?? new Error(reason))
    this.#ended.resolve(why)
  }
}
