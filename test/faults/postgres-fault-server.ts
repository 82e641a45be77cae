// A Postgres server that fails when it is told to.

import { Client } from 'pg'
import { until } from '../../src/testing/index.ts'
import { PrivatePostgres } from '../servers/postgres.ts'
import type { FaultDatabase, FaultServer } from './subject.ts'

const SESSIONS = `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND application_name = 'spawn'`
const TOO_MANY_CONNECTIONS = '53300'

export class PostgresFaultServer implements FaultServer {
  readonly #server: PrivatePostgres

  private constructor(server: PrivatePostgres) {
    this.#server = server
  }

  /** @param connections how many it lets in. */
  static async start(connections: number): Promise<PostgresFaultServer> {
    return new PostgresFaultServer(await PrivatePostgres.start([`max_connections = ${connections}`]))
  }

  takeDatabase(): Promise<FaultDatabase> {
    return this.#server.takeDatabase()
  }

  halt(how: 'orderly' | 'crash'): Promise<void> {
    return this.#server.halt(how === 'crash' ? 'immediate' : 'fast')
  }

  start(port?: number): Promise<void> {
    return this.#server.start(port)
  }

  async endSessions(database: string): Promise<void> {
    await this.#server.query(`SELECT pg_terminate_backend(pid) FROM (${SESSIONS}) AS s`, [database])
  }

  /** The server ends all others, and recovers. */
  async killSession(database: string): Promise<void> {
    const [row] = (await this.#server.query(SESSIONS, [database])) as { pid: number }[]
    if (row === undefined) throw new Error(`nobody has a session with ${database}`)
    process.kill(row.pid, 'SIGKILL')
  }

  async exhaust(): Promise<() => Promise<void>> {
    const taken: Client[] = []
    const take = async (): Promise<boolean> => {
      const client = new Client({ ...this.#server.address, database: 'postgres' })
      client.on('error', () => undefined)
      try {
        await client.connect()
        taken.push(client)
        return false
      } catch (thrown) {
        return thrown instanceof Error && 'code' in thrown && thrown.code === TOO_MANY_CONNECTIONS
      }
    }
    await until('all connections to be taken', take)
    return async () => {
      await Promise.all(taken.map((client) => client.end()))
    }
  }

  end(): Promise<void> {
    return this.#server.end()
  }
}
