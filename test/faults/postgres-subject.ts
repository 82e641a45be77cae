// Postgres under faults.

import { Client } from 'pg'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import { until } from '../../src/testing/index.ts'
import { postgresServer, PrivatePostgres } from '../servers/postgres.ts'
import { postgresFraming } from './postgres-framing.ts'
import type { FaultDatabase, FaultServer, FaultSubject } from './subject.ts'

const SESSIONS = `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND application_name = 'spawn'`

export const postgresSubject: FaultSubject = {
  name: 'postgres',
  framing: postgresFraming,
  takeDatabase: async () => (await postgresServer()).takeDatabase(),
  open: (options) => new PostgresStore(options),
  startServer: async (connections) =>
    new PostgresFaultServer(await PrivatePostgres.start([`max_connections = ${connections}`])),
}

class PostgresFaultServer implements FaultServer {
  readonly #server: PrivatePostgres

  constructor(server: PrivatePostgres) {
    this.#server = server
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
        return thrown instanceof Error && 'code' in thrown && thrown.code === '53300'
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
