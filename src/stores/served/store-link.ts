// The connection to the process that has the store. Decides how its failures read, and when nothing more is asked.

import { type Clock, messageOf, SpawnError } from '../../base/index.ts'
import { AskingSocket, Unanswered } from '../../sockets/index.ts'
import { ASKING_LIMITS } from './served-limits.ts'
import {
  type Answered,
  type Given,
  REQUEST,
  type ServedOperation,
  valueBytes,
  valueIn,
} from './served-requests.ts'

export class StoreLink {
  /** Resolves when the process that has the store has closed the connection, or is gone. */
  readonly closed: Promise<void>
  readonly #socket: AskingSocket
  #isRunning = false
  #stopped: Promise<void> | null = null

  private constructor(socket: AskingSocket) {
    this.#socket = socket
    const gone = Promise.withResolvers<void>()
    this.closed = gone.promise
    void socket.ended.then(() => {
      if (this.#stopped === null) gone.resolve()
    })
  }

  /** @throws SpawnError STORE_UNAVAILABLE */
  static async open(address: string, clock: Clock): Promise<StoreLink> {
    const socket = new AskingSocket({ path: address, clock, limits: ASKING_LIMITS })
    try {
      await socket.open()
    } catch (cause) {
      const message = `the process that has the store cannot be reached at ${address}: ${messageOf(cause)}`
      throw new SpawnError('STORE_UNAVAILABLE', message, { cause })
    }
    return new StoreLink(socket)
  }

  /** From here on requests are made. @throws SpawnError STORE_UNAVAILABLE after a stop. */
  start(): void {
    if (this.#stopped !== null) throw notRunning()
    this.#isRunning = true
  }

  /** Waits for what is under way. */
  stop(): Promise<void> {
    this.#isRunning = false
    this.#stopped ??= this.#socket.stop()
    return this.#stopped
  }

  /** @throws SpawnError as the store says; STORE_UNAVAILABLE when there is no answer. */
  async ask(kind: number, ...parts: readonly Uint8Array[]): Promise<Buffer> {
    if (!this.#isRunning) throw notRunning()
    return this.#ask(kind, ...parts)
  }

  /** @throws as `ask` */
  async do<Name extends ServedOperation>(operation: Name, given: Given<Name>): Promise<Answered<Name>> {
    if (!this.#isRunning && operation !== 'offer') throw notRunning()
    const answer = await this.#ask(REQUEST.operation, valueBytes([operation, given]))
    // What is answered to an operation is what ServedOperations says; see served-operations.ts.
    return valueIn(answer) as Answered<Name>
  }

  async #ask(kind: number, ...parts: readonly Uint8Array[]): Promise<Buffer> {
    try {
      return await this.#socket.ask(kind, ...parts)
    } catch (thrown) {
      throw thrown instanceof Unanswered ? unavailable(thrown) : thrown
    }
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
