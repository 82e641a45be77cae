// The database as the parts of the store ask it: statements that read, and are tried again while it is away. Decides when a
// request gives up, and counts those under way, so that a stop can wait for them. Statements that change what is stored
// are writing.ts's.

import { SpawnError } from '../../base/index.ts'
import type { SettledDatabaseOptions } from '../sql/options.ts'
import { Patience } from '../sql/patience.ts'
import type { Connection, Row, Statement, Value } from './connection.ts'
import { Connections } from './connections.ts'
import { fateOf, storeError } from './failures.ts'

export class Database {
  readonly address: string
  readonly options: SettledDatabaseOptions
  readonly #connections: Connections
  #isRunning = false
  #underWay = 0
  #onIdle: (() => void)[] = []

  constructor(options: SettledDatabaseOptions) {
    const { database, host, port } = options
    this.address = `${host}:${port}/${database}`
    this.options = options
    this.#connections = new Connections(options)
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
      const message = `the Postgres store of ${this.address} is not running: start it before use`
      throw new SpawnError('STORE_UNAVAILABLE', message)
    }
    return this.whileOpen(work)
  }

  /** The same before it runs. */
  async whileOpen<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#underWay += 1
    try {
      return await work()
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
    }
  }

  /** Rows of a statement that changes nothing, or that may be done twice. @throws SpawnError */
  read(statement: Statement, values: readonly Value[]): Promise<readonly Row[]> {
    return this.request(() => this.persist((connection) => connection.query(statement, values)))
  }

  /** Does work that may be done twice, until it is done or the time for an outage is over. @throws SpawnError */
  async persist<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const patience = this.patience()
    for (;;) {
      try {
        return await this.use(work)
      } catch (thrown) {
        const fate = fateOf(thrown)
        if ((fate !== 'again' && fate !== 'unknown') || !(await patience.again())) throw this.error(thrown)
      }
    }
  }

  /** Once. @throws what failures.ts reads. */
  use<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return this.#connections.use(work)
  }

  patience(): Patience {
    const { clock, outageMs, random } = this.options
    return new Patience(clock, random, outageMs)
  }

  error(thrown: unknown, what?: string): SpawnError {
    return storeError(this.address, thrown, what)
  }
}
