// The database as the parts of a store ask it: work that may be done twice is tried again while the database is away.
// Decides when a request gives up, and counts those under way, so that a stop can wait for them. Statements that change
// what is stored are writing.ts's.

import { SpawnError } from '../../base/index.ts'
import { Connections } from './connections.ts'
import type { SettledDatabaseOptions } from './options.ts'
import { Patience } from './patience.ts'
import type { Session, Vendor } from './session.ts'

export class Database<Opened extends Session> {
  readonly address: string
  readonly vendor: Vendor<Opened>
  readonly options: SettledDatabaseOptions
  readonly #connections: Connections<Opened>
  #isRunning = false
  #underWay = 0
  #onIdle: (() => void)[] = []

  constructor(vendor: Vendor<Opened>, options: SettledDatabaseOptions) {
    const servers = [options, ...options.others].map(({ host, port }) =>
      // A path is a Unix socket.
      host.startsWith('/') ? host : `${host}:${port}`,
    )
    this.address = `${servers.join(',')}/${options.database}`
    this.vendor = vendor
    this.options = options
    this.#connections = new Connections(vendor, options)
  }

  open(): void {
    this.#isRunning = true
  }

  /** Waits for what is under way, then ends all sessions. */
  async close(): Promise<void> {
    this.#isRunning = false
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
    await this.#connections.close()
  }

  /** Ends all sessions in the middle of whatever they do, and waits for nothing. */
  abandon(): void {
    this.#isRunning = false
    this.#connections.abandon()
  }

  /** Runs a request; `close` waits for it. @throws SpawnError STORE_UNAVAILABLE when the store is not running. */
  async request<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.#isRunning) {
      const message = `the ${this.vendor.name} store of ${this.address} is not running: start it before use`
      throw new SpawnError('STORE_UNAVAILABLE', message)
    }
    return this.whileOpen(work)
  }

  /** The same, also before it runs. */
  async whileOpen<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#underWay += 1
    try {
      return await work()
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
    }
  }

  /** A request of work that may be done twice. @throws SpawnError */
  ask<Result>(work: (connection: Opened) => Promise<Result>): Promise<Result> {
    return this.request(() => this.persist(work))
  }

  /** Does work that may be done twice, until it is done or the time for an outage is over. @throws SpawnError */
  async persist<Result>(work: (connection: Opened) => Promise<Result>): Promise<Result> {
    const patience = this.patience()
    for (;;) {
      try {
        return await this.use(work)
      } catch (thrown) {
        const fate = this.vendor.fateOf(thrown)
        if ((fate !== 'again' && fate !== 'unknown') || !(await patience.again())) throw this.error(thrown)
      }
    }
  }

  /** Once. @throws what the vendor reads. */
  use<Result>(work: (connection: Opened) => Promise<Result>): Promise<Result> {
    return this.#connections.use(work)
  }

  patience(): Patience {
    const { clock, outageMs, random } = this.options
    return new Patience(clock, random, outageMs)
  }

  error(thrown: unknown, what?: string): SpawnError {
    return this.vendor.error(this.address, thrown, what)
  }
}
