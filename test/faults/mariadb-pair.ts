// Two MariaDB servers, of which one follows the other, semi-synchronously.

import { PAIRED, PrivateMariadb } from '../servers/mariadb.ts'
import type { Target } from './link.ts'
import type { ServerPair } from './server-pair.ts'
import type { FaultDatabase } from './subject.ts'

export class MariadbPair implements ServerPair {
  readonly refusal = /it is read-only: a replica/
  readonly #first: PrivateMariadb
  readonly #second: PrivateMariadb

  private constructor(first: PrivateMariadb, second: PrivateMariadb) {
    this.#first = first
    this.#second = second
  }

  static async start(): Promise<MariadbPair> {
    const [first, second] = await Promise.all([
      PrivateMariadb.start(PAIRED(1)),
      PrivateMariadb.start(PAIRED(2)),
    ])
    await second.follow(first)
    return new MariadbPair(first, second)
  }

  get standby(): Target {
    return this.#second.address
  }

  takeDatabase(): Promise<FaultDatabase> {
    return this.#first.takeDatabase()
  }

  kill(): Promise<void> {
    return this.#first.halt('SIGKILL')
  }

  async freeze(): Promise<void> {
    this.#first.freeze()
  }

  async thaw(): Promise<void> {
    this.#first.thaw()
  }

  promote(): Promise<void> {
    return this.#second.becomePrimary()
  }

  /** Its sessions stay, and can read. */
  async handOver(): Promise<void> {
    await this.#first.query('SET GLOBAL read_only = ON')
    await this.promote()
  }

  async end(): Promise<void> {
    await Promise.all([this.#first.end(), this.#second.end()])
  }
}
