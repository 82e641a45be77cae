// What happens when a host registers: where its actions are answered, and what its systems define from now on. It decides
// the address; what a registration means is the remote hosts' business.
//
// What was accepted is kept, and taken up again at the next start: most SDKs register once.
//
// The address of a host is, part by part: what the proxy was told; else what the registration says of itself (its port, in
// the header Spawn-Host-Port); else where it came from, and the port that SDKs listen on. A host can name no other machine.

import type { IncomingMessage } from 'node:http'

import { type Clock, messageOf, SpawnError } from '../base/index.ts'
import type { Definition, Logger } from '../ports/index.ts'
import { readRegistration, type RegistrationRequest } from '../protocol/protobuf/index.ts'
import { wholeNumber } from './http-query.ts'
import { type KeptRegistration, type RegistrationLog, REGISTRATIONS } from './registration-log.ts'
import type { OpenSystems } from './systems.ts'
import { isReachable } from './tcp-probe.ts'

interface Address {
  readonly host: string
  readonly port: number
}

/** What is known of host processes; RemoteHosts is one. */
export interface HostBook {
  /** @throws SpawnError INVALID_ARGUMENT; then nothing has changed. */
  register(
    address: Address,
    request: RegistrationRequest,
  ): { readonly define: readonly Definition[]; readonly undefine: readonly string[] }
}

export interface RegistrationsOptions {
  readonly systems: OpenSystems
  readonly hosts: HostBook
  readonly log: RegistrationLog
  readonly clock: Clock
  readonly logger: Logger
  /** Where hosts answer. Null: at the address that they register from. */
  readonly userFunction: { readonly host: string | null; readonly port: number }
  /** The system that has actors of this process, and their names: no host may take them. */
  readonly embedded: { readonly system: string; readonly names: ReadonlySet<string> }
}

/** A host that registered longer ago, in milliseconds, is taken up again only if it is there: a week. */
const SURE_FOR_MS = 604_800_000
/** How long it may take to show that, in milliseconds. */
const PROBE_MS = 2_000

const PORT_HEADER = 'spawn-host-port'

export class Registrations {
  readonly #options: RegistrationsOptions

  constructor(options: RegistrationsOptions) {
    this.#options = options
  }

  /** Resolves when the actors can be called. @throws SpawnError INVALID_ARGUMENT, DRAINING */
  async register(request: IncomingMessage, body: Uint8Array): Promise<void> {
    const { log } = this.#options
    const registration = readRegistration(body)
    const address = this.#addressOf(request)
    const system = await this.#take(address, registration)
    const isEmpty = Object.keys(registration.actorSystem?.registry?.actors ?? {}).length === 0
    await (isEmpty ? log.drop({ ...address, system }) : log.keep({ ...address, system, body }))
  }

  /**
   * Takes up what was kept. One that is refused now is kept no longer; nor is one whose host is not there, if it is of long
   * ago, or a newer one says the same: then that host has come back at another address.
   */
  async restore(): Promise<void> {
    const { clock, log } = this.#options
    const said = new Set<string>()
    const nowMs = clock.now()
    const newestFirst = (await log.load()).toSorted((one, other) => other.keptAtMs - one.keptAtMs)
    const found = newestFirst.map(async (kept) => {
      const content = `${kept.system} ${Buffer.from(kept.body).toString('latin1')}`
      const isSure = nowMs - kept.keptAtMs < SURE_FOR_MS && !said.has(content)
      said.add(content)
      return { kept, isThere: isSure || (await isReachable(kept, PROBE_MS, clock)) }
    })
    // In the order in which they came: of two that define one name, the last counts.
    const inOrder = (await Promise.all(found)).toReversed()
    for (const { isThere, kept } of inOrder) await this.#restore(kept, isThere)
  }

  async #restore(kept: KeptRegistration, isThere: boolean): Promise<void> {
    const { log, logger } = this.#options
    const { host, port, system } = kept
    try {
      if (isThere) {
        await this.#take({ host, port }, readRegistration(kept.body))
        return
      }
      logger.info('a host of before is forgotten', { host, port, system })
    } catch (error) {
      logger.warn('a host cannot be taken up again', { host, port, system, error: messageOf(error) })
    }
    await log.drop(kept)
  }

  /** @returns the system. */
  async #take(address: Address, registration: RegistrationRequest): Promise<string> {
    const { hosts, systems } = this.#options
    const system = registration.actorSystem?.name ?? ''
    this.#checkFree(system, registration)
    systems.checkOpen()
    systems.checkRoom(system)
    const { define, undefine } = hosts.register(address, registration)
    await systems.define(system, define, undefine)
    return system
  }

  #addressOf({ headers, socket }: IncomingMessage): Address {
    const { userFunction } = this.#options
    const own = headers[PORT_HEADER]
    const port =
      own === undefined ? userFunction.port : wholeNumber(String(own), 'the header Spawn-Host-Port', 65_535)
    return { host: userFunction.host ?? plainAddress(socket.remoteAddress), port }
  }

  #checkFree(system: string, { actorSystem }: RegistrationRequest): void {
    const { embedded } = this.#options
    if (system === REGISTRATIONS) {
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `no system is called "${REGISTRATIONS}": the proxy keeps its own there`,
      )
    }
    if (system !== embedded.system || embedded.names.size === 0) return
    for (const [key, actor] of Object.entries(actorSystem?.registry?.actors ?? {})) {
      const own = actor.id?.name ?? ''
      const name = own === '' ? key : own
      if (!embedded.names.has(name)) continue
      const text = `the registration of "${name}" is refused: this proxy runs an actor of that name itself`
      throw new SpawnError('INVALID_ARGUMENT', text)
    }
  }
}

/** A host on the other side of a Unix socket is on this machine; an IPv4 address may come in the clothes of an IPv6 one. */
function plainAddress(address: string | undefined): string {
  if (address === undefined || address === '') return '127.0.0.1'
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
