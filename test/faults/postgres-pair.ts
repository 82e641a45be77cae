// Two Postgres servers, of which one follows the other, synchronously.

import { PrivatePostgres } from '../servers/postgres.ts'
import type { Target } from './link.ts'
import type { ServerPair } from './server-pair.ts'
import type { FaultDatabase } from './subject.ts'

export class PostgresPair implements ServerPair {
  readonly refusal = /it is a standby, which takes no commits/
  readonly #first: PrivatePostgres
  readonly #second: PrivatePostgres

  private constructor(first: PrivatePostgres, second: PrivatePostgres) {
    this.#first = first
    this.#second = second
  }

  static async start(): Promise<PostgresPair> {
    const first = await PrivatePostgres.start()
    return new PostgresPair(first, await PrivatePostgres.standbyOf(first))
  }

  get standby(): Target {
    return this.#second.address
  }

  takeDatabase(): Promise<FaultDatabase> {
    return this.#first.takeDatabase()
  }

  kill(): Promise<void> {
    return this.#first.halt('kill')
  }

  freeze(): Promise<void> {
    return this.#first.freeze()
  }

  thaw(): Promise<void> {
    return this.#first.thaw()
  }

  async promote(): Promise<void> {
    await this.#second.query('SELECT pg_promote()')
  }

  /** It ends when the other one has all that it had. */
  async handOver(): Promise<void> {
    await this.#first.halt('fast')
    await this.promote()
  }

  async end(): Promise<void> {
    await Promise.all([this.#first.end(), this.#second.end()])
  }
}
