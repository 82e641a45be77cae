// The wire of members on one machine: each listens on a socket of its own, and connects to another one's when it first sends
// to it. Decides under which paths a member is reached, by what all have said, and what is lost: what is sent to one that is
// not known, cannot be reached, or does not read.
//
// Invariant: what is on its way to one member is bounded, and holds up nobody else.

import type { Socket } from 'node:net'
import { join } from 'node:path'
import { assert, type Clock, messageOf, SpawnError, systemRandomBytes } from '../../base/index.ts'
import type { Logger, Register, RegisterEntry, Wire } from '../../ports/index.ts'
import { Listening, MessageSocket } from '../../sockets/index.ts'
import { LOCAL_LIMITS } from './local-limits.ts'
import { WayOut } from './way-out.ts'

export interface LocalWireOptions {
  /** The ids of members, by the path under which they listen. Several may have the same id for a while. */
  readonly addresses: Register
  readonly folder: string
  readonly clock: Clock
  readonly logger: Logger
}

interface Place {
  readonly path: string
  readonly revision: number
  readonly listening: Listening
}

export class LocalWire implements Wire {
  readonly maxBytes = LOCAL_LIMITS.wireBytes
  readonly #options: LocalWireOptions
  /** By path. */
  readonly #members = new Map<string, string>()
  /** By member, then by path. */
  readonly #ways = new Map<string, Map<string, WayOut>>()
  readonly #waysIn = new Set<MessageSocket>()
  #receive: ((bytes: Uint8Array) => void) | null = null
  #place: Place | null = null

  constructor(options: LocalWireOptions) {
    this.#options = options
    options.addresses.watch((entry) => this.#heard(entry))
  }

  async start(self: string, receive: (bytes: Uint8Array) => void): Promise<void> {
    assert(this.#receive === null, 'a wire is started once')
    const { addresses, folder } = this.#options
    await addresses.start()
    this.#receive = receive
    const path = join(folder, `m-${Buffer.from(systemRandomBytes(8)).toString('hex')}`)
    const listening = this.#listeningAt(path)
    try {
      await listening.start()
      const revision = await addresses.put(path, self, 0)
      assert(revision !== null, 'no path is drawn twice')
      this.#place = { path, revision, listening }
    } catch (thrown) {
      this.#receive = null
      await listening.stop()
      await addresses.stop()
      throw thrown instanceof SpawnError
        ? thrown
        : new SpawnError('MEMBER_UNAVAILABLE', messageOf(thrown), { cause: thrown })
    }
  }

  async stop(): Promise<void> {
    const place = this.#place
    if (place === null) return
    const { addresses } = this.#options
    this.#place = null
    this.#receive = null
    for (const ways of this.#ways.values()) for (const way of ways.values()) way.close()
    this.#ways.clear()
    this.#members.clear()
    for (const way of this.#waysIn) way.destroy()
    await place.listening.stop()
    try {
      await addresses.remove(place.path, place.revision)
    } catch (thrown) {
      // A hub that is gone keeps no addresses.
      if (!(thrown instanceof SpawnError)) throw thrown
    }
    await addresses.stop()
  }

  send(to: string, bytes: Uint8Array): void {
    if (this.#receive === null) return
    assert(bytes.length <= this.maxBytes, `a wire is given at most ${this.maxBytes} bytes at once`)
    const ways = this.#ways.get(to)
    if (ways !== undefined) for (const way of ways.values()) way.send(bytes)
  }

  #listeningAt(path: string): Listening {
    return new Listening({
      path,
      maxConnections: LOCAL_LIMITS.connections,
      accept: (socket) => this.#accept(socket),
      failed: (error) =>
        this.#options.logger.warn('A member could not be let in', { reason: messageOf(error) }),
    })
  }

  #accept(socket: Socket): void {
    const way = new MessageSocket(socket, {
      maxBytes: this.maxBytes,
      take: (message) => this.#receive?.(message),
      ended: (why) => {
        this.#waysIn.delete(way)
        if (why !== null) this.#options.logger.debug('A member has gone', { reason: messageOf(why) })
      },
    })
    this.#waysIn.add(way)
  }

  /** Somebody listens at a path, or does not any more. */
  #heard({ key: path, value: member }: RegisterEntry): void {
    this.#forget(path)
    if (member === null) return
    const { clock, logger } = this.#options
    const ways = this.#ways.get(member) ?? new Map<string, WayOut>()
    this.#members.set(path, member)
    this.#ways.set(member, ways.set(path, new WayOut({ path, member, clock, logger })))
  }

  #forget(path: string): void {
    const member = this.#members.get(path)
    if (member === undefined) return
    this.#members.delete(path)
    const ways = this.#ways.get(member)
    ways?.get(path)?.close()
    ways?.delete(path)
    if (ways?.size === 0) this.#ways.delete(member)
  }
}
