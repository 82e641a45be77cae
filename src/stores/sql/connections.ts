// The connections of a store: at most `poolSize`, opened when they are needed and kept. Decides who gets the next free one:
// who has waited longest. And which one that is: the one that was opened first. A session of a server has caches of its own, in
// Postgres the mapping of each page of shared memory that it ever read, too; so those that are hardly used stay so. A connection
// that broke is forgotten; the next request opens another. With which server is servers.ts's: when another one has taken its
// place, or it takes no commits any more, all that are with it end.
//
// Invariants: a connection is with one user at a time; a wait for one ends.

import { isSpawnError, messageOf } from '../../base/index.ts'
import type { SettledDatabaseOptions } from './options.ts'
import { Servers } from './servers.ts'
import { NotConnected, type Session, type Vendor } from './session.ts'

interface Waiter<Opened> {
  readonly take: (connection: Opened) => void
  readonly giveUp: (error: NotConnected) => void
}

export class Connections<Opened extends Session> {
  readonly #vendor: Vendor<Opened>
  readonly #options: SettledDatabaseOptions
  readonly #servers: Servers<Opened>
  readonly #idle = new Set<Opened>()
  readonly #waiting: Waiter<Opened>[] = []
  /** Open ones, and those that are being opened. */
  #count = 0
  /** In the order in which they were opened. */
  readonly #open = new Set<Opened>()
  #isAway = false
  #isAbandoned = false

  constructor(vendor: Vendor<Opened>, options: SettledDatabaseOptions) {
    this.#vendor = vendor
    this.#options = options
    this.#servers = new Servers(vendor, options, () => this.#destroyAll())
  }

  /** @throws NotConnected, or what `work` throws. */
  async use<Result>(work: (connection: Opened) => Promise<Result>): Promise<Result> {
    const connection = await this.#acquire()
    try {
      return await work(connection)
    } finally {
      this.#release(connection)
    }
  }

  /** For when nothing is under way any more. */
  async close(): Promise<void> {
    const idle = [...this.#idle]
    this.#idle.clear()
    for (const connection of idle) this.#forget(connection)
    await Promise.all(idle.map((connection) => connection.end()))
  }

  /** Ends all sessions in the middle of whatever they do. */
  abandon(): void {
    this.#isAbandoned = true
    this.#destroyAll()
  }

  async #acquire(): Promise<Opened> {
    const idle = this.#takeIdle()
    if (idle !== null) return idle
    if (this.#count >= this.#options.poolSize) return this.#wait()
    this.#count += 1
    try {
      return await this.#connect()
    } catch (thrown) {
      this.#count -= 1
      // The server has no more for us, or lets nobody in any more: then those that we have must do.
      if (this.#isLasting(thrown)) {
        const freed = this.#takeIdle()
        if (freed !== null) return freed
        if (this.#count > 0) return this.#wait()
      }
      this.#passOn()
      throw thrown
    }
  }

  #takeIdle(): Opened | null {
    for (const connection of this.#open) {
      if (!this.#idle.delete(connection)) continue
      if (connection.isOpen) {
        connection.wake()
        return connection
      }
      this.#forget(connection)
    }
    return null
  }

  /** Whether another try would end like this one. */
  #isLasting(thrown: unknown): boolean {
    return this.#vendor.isExhausted(thrown) || (thrown instanceof NotConnected && !thrown.mayComeBack)
  }

  async #connect(): Promise<Opened> {
    if (this.#isAbandoned) throw new NotConnected('the store is abandoned', false)
    const { logger } = this.#options
    try {
      const connection = await this.#servers.open()
      this.#open.add(connection)
      if (this.#isAbandoned) connection.destroy()
      if (this.#isAway) logger?.info('the database is back')
      this.#isAway = false
      return connection
    } catch (thrown) {
      // A driver that is not there is no outage: who asked is told.
      if (isSpawnError(thrown)) throw thrown
      if (!this.#isAway) logger?.warn('the database cannot be reached', { error: messageOf(thrown) })
      this.#isAway = true
      throw thrown
    }
  }

  #wait(): Promise<Opened> {
    const { clock, poolSize, requestMs } = this.#options
    return new Promise((resolve, reject) => {
      const timer = clock.after(requestMs, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        const message = `all ${poolSize} connections of the pool were busy for ${requestMs} ms; make the pool larger`
        reject(new NotConnected(message, true))
      })
      const waiter: Waiter<Opened> = {
        take(connection) {
          timer.cancel()
          resolve(connection)
        },
        giveUp(error) {
          timer.cancel()
          reject(error)
        },
      }
      this.#waiting.push(waiter)
    })
  }

  #release(connection: Opened): void {
    if (!connection.isOpen) {
      this.#forget(connection)
      if (connection.isDemoted) this.#destroyAll()
      this.#passOn()
      return
    }
    const waiter = this.#waiting.shift()
    if (waiter !== undefined) {
      waiter.take(connection)
      return
    }
    connection.rest()
    this.#idle.add(connection)
  }

  /** What is under way ends as it does when a connection is lost. */
  #destroyAll(): void {
    for (const connection of this.#open) connection.destroy()
  }

  #forget(connection: Opened): void {
    this.#open.delete(connection)
    this.#count -= 1
  }

  /** There is room for a connection: the first that waits gets a new one. */
  #passOn(): void {
    const waiter = this.#waiting.shift()
    if (waiter === undefined) return
    this.#acquire().then(waiter.take, (thrown: unknown) => {
      waiter.giveUp(
        thrown instanceof NotConnected ? thrown : new NotConnected(messageOf(thrown), false, thrown),
      )
    })
  }
}
