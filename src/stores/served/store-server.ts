// A store for the other processes of the program, at a socket: requests come in, the store does them, answers go back. Decides
// who is let in and what is done for whom; the store is another one's, who starts it before and stops it after.
//
// Invariant: what of one client is under way, and what it was answered and has not taken, is bounded; the others do not wait
// for it. Requests of one client reach the store in the order in which they were asked.

import { join } from 'node:path'
import { type Clock, messageOf, SpawnError, systemRandomBytes } from '../../base/index.ts'
import type { Logger, Statestore } from '../../ports/index.ts'
import { AnsweringSocket, Listening } from '../../sockets/index.ts'
import { framesDoorOf, unpackedAnswer } from '../framed-requests.ts'
import { ANSWERING_LIMITS } from './served-limits.ts'
import { type FramesEntrance, servedOperations } from './served-operations.ts'
import {
  OPERATION,
  type ServedOperation,
  type ServedOperations,
  valueBytes,
  valueIn,
} from './served-requests.ts'

export interface StoreServerOptions {
  readonly store: Statestore
  /** A folder that nobody else may look into, with a short path: see sockets/. */
  readonly folder: string
  readonly clock: Clock
  readonly logger: Logger
}

export class StoreServer {
  /** Where others reach it. */
  readonly address: string
  readonly #store: Statestore
  /** Null: frames come with everything else. */
  readonly #frames: FramesEntrance | null
  readonly #operations: ServedOperations
  readonly #listening: Listening
  readonly #clients = new Set<AnsweringSocket>()

  constructor({ clock, folder, logger, store }: StoreServerOptions) {
    this.address = join(folder, `s-${Buffer.from(systemRandomBytes(6)).toString('hex')}`)
    this.#store = store
    const door = framesDoorOf(store)
    this.#frames = door === null ? null : { door, path: `${this.address}-f` }
    this.#operations = servedOperations(store, this.#frames)
    this.#listening = new Listening({
      path: this.address,
      maxConnections: ANSWERING_LIMITS.connections,
      accept: (socket) => {
        const client = new AnsweringSocket(socket, {
          clock,
          limits: ANSWERING_LIMITS,
          answer: (kind, content) => this.#answer(kind, content),
          ended: () => void this.#clients.delete(client),
        })
        this.#clients.add(client)
      },
      failed: (error) =>
        logger.warn('A process could not be let in to the store', { reason: messageOf(error) }),
    })
  }

  /** @throws SpawnError STORE_UNAVAILABLE */
  async start(): Promise<void> {
    try {
      await this.#frames?.door.open(this.#frames.path)
      await this.#listening.start()
    } catch (cause) {
      throw new SpawnError('STORE_UNAVAILABLE', messageOf(cause), { cause })
    }
  }

  /** Takes nothing more, answers what is under way, and closes all connections. */
  async stop(): Promise<void> {
    const closed = this.#listening.stop()
    await Promise.all([...this.#clients].map((client) => client.stop()))
    await closed
    await this.#frames?.door.close()
  }

  async #answer(kind: number, content: Buffer): Promise<readonly Uint8Array[]> {
    if (kind !== OPERATION) return [await unpackedAnswer(this.#store, kind, content)]
    // Written by ServedStore.
    const [operation, given] = valueIn(content) as [ServedOperation, never]
    const run: (given: never) => Promise<unknown> = this.#operations[operation]
    return [valueBytes(await run(given))]
  }
}
