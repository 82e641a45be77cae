// A MariaDB server that fails when it is told to.

import { createConnection, type Connection } from 'mariadb'
import { until } from '../../src/testing/index.ts'
import { PrivateMariadb } from '../servers/mariadb.ts'
import type { FaultDatabase, FaultServer } from './subject.ts'

const TOO_MANY_CONNECTIONS = 1_040

export class MariadbFaultServer implements FaultServer {
  readonly #server: PrivateMariadb

  private constructor(server: PrivateMariadb) {
    this.#server = server
  }

  /** @param connections how many it lets in. */
  static async start(connections: number): Promise<MariadbFaultServer> {
    return new MariadbFaultServer(await PrivateMariadb.start([`--max-connections=${connections}`]))
  }

  takeDatabase(): Promise<FaultDatabase> {
    return this.#server.takeDatabase()
  }

  halt(how: 'orderly' | 'crash'): Promise<void> {
    return this.#server.halt(how === 'crash' ? 'SIGKILL' : 'SIGTERM')
  }

  start(port?: number): Promise<void> {
    return this.#server.start([], port)
  }

  async endSessions(database: string): Promise<void> {
    for (const session of await this.#sessions(database)) await this.#kill('CONNECTION', session)
  }

  /** Its sessions are threads: the statement of one is stopped, and it ends with that. */
  async killSession(database: string): Promise<void> {
    const [session] = await this.#sessions(database)
    if (session === undefined) throw new Error(`nobody has a session with ${database}`)
    await this.#kill('HARD CONNECTION', session)
  }

  /** One more may come in to look after it; that one is the test's. */
  async exhaust(): Promise<() => Promise<void>> {
    const taken: Connection[] = []
    const take = async (): Promise<boolean> => {
      try {
        const connection = await createConnection({ ...this.#server.address, connectTimeout: 10_000 })
        connection.on('error', () => undefined)
        taken.push(connection)
        return false
      } catch (thrown) {
        return thrown instanceof Error && 'errno' in thrown && thrown.errno === TOO_MANY_CONNECTIONS
      }
    }
    await until('all connections to be taken', take)
    return async () => {
      await Promise.all(taken.map((connection) => connection.end()))
    }
  }

  end(): Promise<void> {
    return this.#server.end()
  }

  async #sessions(database: string): Promise<number[]> {
    const rows = await this.#server.query('SELECT id FROM information_schema.processlist WHERE db = ?', [
      database,
    ])
    return rows.map(([id]) => Number(id))
  }

  /** One that has ended meanwhile is as good. */
  async #kill(what: string, session: number): Promise<void> {
    await this.#server.query(`KILL ${what} ${session}`).catch((thrown: unknown) => {
      if (!String(thrown).includes('Unknown thread id')) throw thrown
    })
  }
}
