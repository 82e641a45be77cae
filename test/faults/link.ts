// One connection of a store, and the one to the database behind it. Decides how a fault is done to a statement or to its
// answer. Which of them meets one is the test's; where they are in the bytes is framing.ts's.
//
// Invariants: bytes are never changed or put into another order; what is not lost arrives as it was sent.

import { Socket } from 'node:net'
import type { ClientPiece, Conversation, ServerPiece } from './framing.ts'

/**
 * What may happen to a statement.
 *
 * `pass`: what should.
 * `cutBefore`: the connection ends before the server gets it.
 * `cutWithin`: the server gets half of it, and the connection is reset.
 * `cutBehind`: the server gets it, and the connection is reset while it works.
 * `loseAnswer`: the server has done it, and the connection ends before the client hears of it.
 * `cutAnswer`: the client hears half of the answer.
 * `swallow`: the server never gets it, and nobody says so. `stall`: the server does it, and nobody says so.
 * `late`: the client's side ends, and the server gets it some time after that.
 * `slow`: it arrives late, and its answer in small pieces.
 * `refuse`: as `cutBefore`, and for a while nobody is let in.
 */
export const FAULTS = [
  'cutBefore',
  'cutWithin',
  'cutBehind',
  'loseAnswer',
  'cutAnswer',
  'swallow',
  'stall',
  'late',
  'slow',
  'refuse',
] as const
export type Fault = (typeof FAULTS)[number]
/** `held`: the server gets it when the test says so, whatever became of the client meanwhile. */
export type Fate = Fault | 'pass' | 'held'

export interface Target {
  readonly host: string
  readonly port: number
}

export interface LinkOptions {
  readonly conversation: Conversation
  readonly target: Target
  readonly fateOf: (statement: string) => Fate
  /** How long a `late` statement is on its way, and a `slow` one, in milliseconds. */
  readonly lateMs: () => number
  readonly slowMs: number
  /** Whether all that the server says is kept back for now. */
  readonly isWithheld: () => boolean
  readonly ended: () => void
}

/** Pieces of a `slow` answer. */
const SLOW_PIECES = 4

export class Link {
  readonly #client: Socket
  readonly #server = new Socket()
  readonly #options: LinkOptions
  /** Of the statements that the server works at, oldest first. */
  readonly #fates: Fate[] = []
  /** What is sent with a delay is followed by what was sent later. */
  #toServer: Promise<void> | null = null
  #toClient: Promise<void> | null = null
  /** Nothing goes this way any more. */
  #isDeaf = false
  #isMute = false
  /** The server's side goes on without the client's. */
  #isLate = false
  #held: Buffer | null = null
  /** Said by the server, and kept back. */
  #withheld: Buffer[] = []

  constructor(client: Socket, options: LinkOptions) {
    const { conversation, target } = options
    this.#client = client
    this.#options = options
    this.#server.connect(target.port, target.host)
    client.on('data', (chunk) => {
      for (const piece of conversation.fromClient(chunk)) this.#ask(piece)
    })
    this.#server.on('data', (chunk) => {
      this.#withheld.push(chunk)
      if (!options.isWithheld()) this.deliverAnswers()
    })
    client.on('close', () => {
      if (!this.#isLate) this.cut()
    })
    this.#server.on('close', () => this.cut())
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true)
      // What breaks is closed, and a close is what counts.
      socket.on('error', () => socket.destroy())
    }
  }

  /** Whether something is on its way to the server that the client has given up. */
  get isLate(): boolean {
    return this.#isLate
  }

  get holds(): boolean {
    return this.#held !== null
  }

  /** Hands the server what it holds, and the end behind it. */
  deliverHeld(): void {
    if (this.#held !== null) this.#server.end(this.#held)
    this.#held = null
  }

  /** Goes on with what was kept back. */
  deliverAnswers(): void {
    for (const chunk of this.#withheld.splice(0))
      for (const piece of this.#options.conversation.fromServer(chunk)) this.#answer(piece)
  }

  cut(): void {
    this.#client.destroy()
    this.#server.destroy()
    this.#options.ended()
  }

  /** The server gets what was sent to it, and the end behind it. */
  #reset(): void {
    this.#isLate = true
    this.#client.resetAndDestroy()
    this.#server.destroySoon()
  }

  #ask({ bytes, statement }: ClientPiece): void {
    if (this.#isDeaf) return
    const fate = statement === null ? 'pass' : this.#options.fateOf(statement)
    switch (fate) {
      case 'cutBefore':
      case 'refuse':
        this.#isDeaf = true
        this.cut()
        return
      case 'swallow':
        this.#isDeaf = true
        return
      case 'cutWithin':
        this.#server.write(bytes.subarray(0, Math.ceil(bytes.length / 2)))
        this.#isDeaf = true
        this.#reset()
        return
      case 'cutBehind':
        this.#server.write(bytes)
        this.#isDeaf = true
        this.#reset()
        return
      case 'late':
        this.#deliverLate(bytes)
        return
      case 'held':
        this.#isDeaf = true
        this.#isMute = true
        this.#isLate = true
        this.#held = bytes
        return
      default:
        if (statement !== null) this.#fates.push(fate)
        this.#toServer = this.#send(
          this.#server,
          bytes,
          this.#toServer,
          fate === 'slow' ? this.#options.slowMs : 0,
        )
    }
  }

  #deliverLate(bytes: Buffer): void {
    this.#isDeaf = true
    this.#isMute = true
    this.#isLate = true
    this.#client.destroy()
    this.#fates.push('loseAnswer')
    // Behind it comes the end: so the server is through when it closes its side.
    setTimeout(() => this.#server.end(bytes), this.#options.lateMs())
  }

  #answer({ bytes, isAnswer }: ServerPiece): void {
    const fate = (isAnswer ? this.#fates.shift() : this.#fates[0]) ?? 'pass'
    if (fate === 'stall') this.#isMute = true
    if (fate === 'loseAnswer') {
      if (isAnswer) this.cut()
      return
    }
    if (fate === 'cutAnswer' && isAnswer) {
      this.#isMute = true
      this.#client.end(bytes.subarray(0, Math.floor(bytes.length / 2)))
      this.#server.destroy()
      return
    }
    if (this.#isMute) return
    if (fate !== 'slow') {
      this.#toClient = this.#send(this.#client, bytes, this.#toClient, 0)
      return
    }
    const step = Math.ceil(bytes.length / SLOW_PIECES)
    for (let start = 0; start < bytes.length; start += step) {
      const part = bytes.subarray(start, start + step)
      this.#toClient = this.#send(this.#client, part, this.#toClient, this.#options.slowMs / SLOW_PIECES)
    }
  }

  #send(socket: Socket, bytes: Buffer, earlier: Promise<void> | null, delayMs: number): Promise<void> | null {
    if (earlier === null && delayMs === 0) {
      socket.write(bytes)
      return null
    }
    return (earlier ?? Promise.resolve()).then(async () => {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
      socket.write(bytes)
    })
  }
}
