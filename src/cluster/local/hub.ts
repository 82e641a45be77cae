// The hub of the members on one machine: it keeps the register's entries, and under which path each member listens, in the
// memory of the first process. The others ask it over a socket; the member in its own process asks it directly.
//
// Invariant: it lives as long as its process and no longer. All that it keeps goes with it, and so do all members.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, messageOf, SpawnError } from '../../base/index.ts'
import type { Logger, Register, Wire } from '../../ports/index.ts'
import { Listening } from '../../sockets/index.ts'
import { MemoryRegister, SharedEntries } from '../shared-register.ts'
import { HubSession } from './hub-session.ts'
import { LOCAL_LIMITS } from './local-limits.ts'
import { LocalWire } from './wire.ts'

export interface LocalHubOptions {
  /** A folder that nobody else may look into, with a short path: see sockets/. */
  readonly folder: string
  readonly clock: Clock
  readonly logger: Logger
}

export class LocalHub {
  /** Where workers reach it. */
  readonly address: string
  readonly #options: LocalHubOptions
  readonly #sets = { register: new SharedEntries(), addresses: new SharedEntries() }
  readonly #sessions = new Set<HubSession>()
  readonly #listening: Listening

  constructor(options: LocalHubOptions) {
    this.#options = options
    this.address = join(options.folder, 'hub')
    this.#listening = new Listening({
      path: this.address,
      maxConnections: LOCAL_LIMITS.connections,
      accept: (socket) => {
        const ended = (session: HubSession): void => this.#ended(session)
        this.#sessions.add(new HubSession(socket, { clock: options.clock, sets: this.#sets, ended }))
      },
      failed: (error) => options.logger.warn('A worker could not be let in', { reason: messageOf(error) }),
    })
  }

  /** What a member in this very process hangs on; for one member each time. */
  carriers(): { readonly register: Register; readonly wire: Wire } {
    const { clock, folder, logger } = this.#options
    const addresses = new MemoryRegister(this.#sets.addresses)
    return {
      register: new MemoryRegister(this.#sets.register),
      wire: new LocalWire({ addresses, folder, clock, logger }),
    }
  }

  /** @throws SpawnError MEMBER_UNAVAILABLE */
  async start(): Promise<void> {
    try {
      await this.#listening.start()
    } catch (cause) {
      throw new SpawnError('MEMBER_UNAVAILABLE', messageOf(cause), { cause })
    }
  }

  /** Answers what is under way, and closes: members that are still there end. */
  async stop(): Promise<void> {
    const closed = this.#listening.stop()
    await Promise.all([...this.#sessions].map((session) => session.stop()))
    await closed
  }

  /** A worker is gone, in order or not. */
  #ended(session: HubSession): void {
    this.#sessions.delete(session)
    for (const [path, revision] of session.addresses) {
      // One that it has taken back itself is not there any more.
      if (this.#sets.addresses.change(path, null, revision) === null) continue
      rm(path, { force: true }).catch((thrown: unknown) => {
        this.#options.logger.debug('The socket of a worker that is gone is left', {
          path,
          error: messageOf(thrown),
        })
      })
    }
  }
}
