// The connections to the process that has the store: one for all that is asked, and another for frames where the store takes
// these itself. Decides how their failures read, when nothing more is asked, and when the second is made anew: its other end
// may have been started again, in a process that is still the same.

import { type Clock, messageOf, SpawnError } from '../../base/index.ts'
import { AskingSocket, Unanswered } from '../../sockets/index.ts'
import { ASKING_LIMITS } from './served-limits.ts'
import {
  type Answered,
  type Given,
  type Offer,
  OPERATION,
  type ServedOperation,
  valueBytes,
  valueIn,
} from './served-requests.ts'

export class StoreLink {
  /** Resolves when the process that has the store has closed the connection, or is gone. */
  readonly closed: Promise<void>
  /** Where the store takes frames itself; null: with everything else. */
  #framesAt: string | null = null
  readonly #clock: Clock
  readonly #socket: AskingSocket
  #frames: AskingSocket | null = null
  #opening: Promise<AskingSocket> | null = null
  #isRunning = false
  #isGone = false
  #stopped: Promise<void> | null = null

  private constructor(socket: AskingSocket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    const gone = Promise.withResolvers<void>()
    this.closed = gone.promise
    void socket.ended.then(() => {
      this.#isGone = true
      this.#frames?.destroy()
      if (this.#stopped === null) gone.resolve()
    })
  }

  /** @throws SpawnError STORE_UNAVAILABLE */
  static async open(address: string, clock: Clock): Promise<StoreLink> {
    return new StoreLink(await connected(address, clock), clock)
  }

  /** What there is to know of the store; from here on frames go where it says. @throws as `open` */
  async offer(): Promise<Offer> {
    const offer = await this.do('offer', {})
    this.#framesAt = offer.framesAt
    if (offer.framesAt !== null) await this.#connectFrames(offer.framesAt)
    return offer
  }

  /** From here on requests are made. @throws SpawnError STORE_UNAVAILABLE after a stop. */
  start(): void {
    if (this.#stopped !== null) throw notRunning()
    this.#isRunning = true
  }

  /** Waits for what is under way. */
  stop(): Promise<void> {
    this.#isRunning = false
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Asks by frames. @throws SpawnError as the store says; STORE_UNAVAILABLE when there is no answer. */
  async ask(kind: number, ...parts: readonly Uint8Array[]): Promise<Buffer> {
    if (!this.#isRunning) throw notRunning()
    const frames = this.#frames
    const socket = frames !== null && !frames.hasEnded ? frames : await this.#framesSocket()
    return answered(socket.ask(kind, ...parts))
  }

  /** @throws as `ask` */
  async do<Name extends ServedOperation>(operation: Name, given: Given<Name>): Promise<Answered<Name>> {
    if (!this.#isRunning && operation !== 'offer') throw notRunning()
    const answer = await answered(this.#socket.ask(OPERATION, valueBytes([operation, given])))
    // What is answered to an operation is what ServedOperations says; see served-operations.ts.
    return valueIn(answer) as Answered<Name>
  }

  #framesSocket(): AskingSocket | Promise<AskingSocket> {
    // When the process is gone, nothing is asked of whoever may be in its place.
    if (this.#framesAt === null || this.#isGone) return this.#socket
    this.#opening ??= this.#reconnectFrames(this.#framesAt).finally(() => (this.#opening = null))
    return this.#opening
  }

  async #reconnectFrames(path: string): Promise<AskingSocket> {
    await this.do('letIn', {})
    return this.#connectFrames(path)
  }

  async #connectFrames(path: string): Promise<AskingSocket> {
    const socket = await connected(path, this.#clock)
    if (this.#isGone) socket.destroy()
    return (this.#frames = socket)
  }

  async #stop(): Promise<void> {
    await this.#opening?.catch(() => null)
    // As soon as the other one has ended, the process counts as gone.
    await this.#frames?.stop()
    await this.#socket.stop()
  }
}

async function connected(path: string, clock: Clock): Promise<AskingSocket> {
  const socket = new AskingSocket({ path, clock, limits: ASKING_LIMITS })
  try {
    await socket.open()
    return socket
  } catch (cause) {
    const message = `the process that has the store cannot be reached at ${path}: ${messageOf(cause)}`
    throw new SpawnError('STORE_UNAVAILABLE', message, { cause })
  }
}

async function answered(answer: Promise<Buffer>): Promise<Buffer> {
  try {
    return await answer
  } catch (thrown) {
    throw thrown instanceof Unanswered ? unavailable(thrown) : thrown
  }
}

function unavailable(cause: Unanswered): SpawnError {
  const outcome = cause.mayHaveRun
    ? '; what was under way may be committed or not'
    : '; nothing was asked of it'
  const message = `the process that has the store has not answered: ${cause.message}${outcome}`
  return new SpawnError('STORE_UNAVAILABLE', message, { cause })
}

function notRunning(): SpawnError {
  return new SpawnError('STORE_UNAVAILABLE', 'the served store is not running: start it before use')
}
