// One session with Postgres, over the `pg` package. Decides how long a statement may take, what the session is set to, and
// when a connection is of no more use. What a failure means for a statement is failures.ts's.
//
// Invariants:
//  - One statement at a time; it ends with rows, with what Postgres said, or with ConnectionLost.
//  - A connection that was lost or given up is never used again: nobody would know whose answer comes next.
//  - An idle connection does not keep the process alive.

import { Socket } from 'node:net'
import { messageOf, SpawnError } from '../../base/index.ts'
import type { SettledDatabaseOptions } from '../sql/options.ts'
import type { Field, Row } from '../sql/rows.ts'
import { ConnectionLost, NotConnected, type Session } from '../sql/session.ts'
import { within } from '../sql/within.ts'
import { endsSession, isReadOnly, mayOpenLater, sqlState } from './failures.ts'
import { tlsOf } from './tls.ts'

/** Prepared once on each connection, under its name. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export type Value = Buffer | string | number | boolean | null

/** What is used of `pg`. */
interface Client {
  connect(): Promise<unknown>
  query(asked: {
    readonly name?: string
    readonly text: string
    readonly values?: readonly Value[]
    readonly rowMode: 'array'
  }): Promise<{ readonly rows: readonly Row[] }>
  end(): Promise<void>
  ref(): void
  unref(): void
  on(event: 'error' | 'end', listener: () => void): unknown
}

interface Driver {
  readonly Client: new (config: object) => Client
}

/** After the server should have given up a statement, so much later it is given up here. */
const GRACE_MS = 1_000
const KEEP_ALIVE_MS = 10_000
const IS_STANDBY = 'it is a standby, which takes no commits; name the primary, or wait until it has become it'
const CONNECT_MS = { least: 1_000, most: 10_000 }

const BYTEA = 17
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23])
const BOOLEAN = 16

/** What no session can set for itself; see SETTINGS for the columns. */
const WARNINGS = [
  {
    column: 1,
    warning:
      'fsync is off: a loss of power, or a crash of its machine, takes commits and may leave nothing of the database that can ' +
      'be read; set fsync = on in its configuration',
  },
  {
    column: 2,
    warning:
      'full_page_writes is off: what a loss of power leaves half written cannot be read again, unless its file system writes ' +
      'pages as a whole; set full_page_writes = on in its configuration',
  },
] as const

const PARSERS = {
  getTypeParser(type: number): (text: string) => Field {
    if (type === BYTEA) return bytesOf
    if (NUMBERS.has(type)) return Number
    return type === BOOLEAN ? (text) => text === 't' : (text) => text
  },
}

/**
 * What acknowledged means does not depend on how the server or the user is set up: a commit that is not on the disk yet is
 * none. Two that wait for each other's rows go on with what the first has left. A transaction whose client is gone without a
 * word holds its locks no longer than a statement may take. What is asked takes less time than to compile it would. What is asked in an
 * order is a range of an index that has it, and what is asked by a key is found by one: a server that counted its rows before there were
 * many would rather read all of them, and sort them.
 */
const SETTINGS = `SELECT pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'),
  set_config('statement_timeout', $1, false),
  set_config('idle_in_transaction_session_timeout', $1, false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('default_transaction_deferrable', 'off', false),
  set_config('bytea_output', 'hex', false),
  set_config('jit', 'off', false),
  set_config('enable_sort', 'off', false),
  set_config('enable_seqscan', 'off', false),
  CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END`

/** @throws SpawnError STORE_UNAVAILABLE when the package is not installed, or too old. */
async function loadDriver(): Promise<Driver> {
  let driver: object
  try {
    driver = await import('pg')
  } catch (cause) {
    throw noDriver('is not installed', cause)
  }
  // Before 8.15 it had no names that an import finds.
  if (!('Client' in driver)) throw noDriver('is older than 8.15 here')
  return driver as Driver
}

function noDriver(problem: string, cause?: unknown): SpawnError {
  const message = `the Postgres store needs the package \`pg\`, which ${problem}: npm install pg`
  return new SpawnError('STORE_UNAVAILABLE', message, { cause, retryable: false })
}

export class Connection implements Session {
  readonly #client: Client
  readonly #socket: Socket
  readonly #options: SettledDatabaseOptions
  #isOpen = true
  #isDemoted = false
  #warnings: readonly string[] = []

  private constructor(client: Client, socket: Socket, options: SettledDatabaseOptions) {
    this.#client = client
    this.#socket = socket
    this.#options = options
    const closed = (): void => {
      this.#isOpen = false
    }
    client.on('error', closed)
    client.on('end', closed)
  }

  /** @throws NotConnected, SpawnError STORE_UNAVAILABLE when the package is not installed. */
  static async open(options: SettledDatabaseOptions): Promise<Connection> {
    const { Client } = await loadDriver()
    const socket = new Socket()
    const { database, host, outageMs, password, port, requestMs, user } = options
    const client = new Client({
      host,
      port,
      ...(database !== '' && { database }),
      ...(user !== '' && { user }),
      // As a function: what is not said here must not come from elsewhere.
      password: () => password,
      ssl: tlsOf(options),
      stream: () => socket,
      // A peer that is gone without a word is noticed while nothing is asked of it.
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      application_name: 'spawn',
      types: PARSERS,
    })
    const connection = new Connection(client, socket, options)
    const connectMs = Math.min(requestMs, CONNECT_MS.most, Math.max(CONNECT_MS.least, outageMs))
    try {
      const [row = []] = await connection.#within(connectMs, async () => {
        await client.connect()
        const values = [String(requestMs)]
        return (await client.query({ text: SETTINGS, values, rowMode: 'array' })).rows
      })
      if (row[0] === true) throw new NotConnected(IS_STANDBY, true)
      const found = WARNINGS.filter(({ column }) => row[column] === 'off')
      connection.#warnings = found.map(({ warning }) => warning)
    } catch (thrown) {
      connection.destroy()
      if (thrown instanceof NotConnected) throw thrown
      throw new NotConnected(messageOf(thrown), mayOpenLater(thrown), thrown)
    }
    return connection
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get isDemoted(): boolean {
    return this.#isDemoted
  }

  get warnings(): readonly string[] {
    return this.#warnings
  }

  /** @throws what Postgres said, or ConnectionLost. */
  async query({ name, text }: Statement, values: readonly Value[]): Promise<readonly Row[]> {
    return this.#ask(
      { ...(name !== '' && { name }), text, values, rowMode: 'array' },
      this.#options.requestMs,
    )
  }

  /** One or more statements without values. @param limitMs what the server has as their limit. */
  async run(text: string, limitMs = this.#options.requestMs): Promise<void> {
    await this.#ask({ text, rowMode: 'array' }, limitMs)
  }

  async #ask(asked: Parameters<Client['query']>[0], limitMs: number): Promise<readonly Row[]> {
    try {
      const { rows } = await this.#within(limitMs + GRACE_MS, () => this.#client.query(asked))
      return rows
    } catch (thrown) {
      if (sqlState(thrown) !== null) {
        this.#isDemoted = isReadOnly(thrown)
        if (endsSession(thrown)) this.destroy()
        throw thrown
      }
      // Whatever it was, it is not known what the server does with the statement.
      this.destroy()
      throw thrown instanceof ConnectionLost
        ? thrown
        : new ConnectionLost(messageOf(thrown), { cause: thrown })
    }
  }

  /** The process may end while nothing is asked of it. */
  rest(): void {
    this.#client.unref()
  }

  wake(): void {
    this.#client.ref()
  }

  /** Ends the session as it should be. */
  async end(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#client.ref()
    await this.#within(GRACE_MS, () => this.#client.end()).catch(() => this.destroy())
  }

  /** Gives the session up, whatever it does. */
  destroy(): void {
    this.#isOpen = false
    this.#socket.destroy()
  }

  #within<Result>(limitMs: number, work: () => Promise<Result>): Promise<Result> {
    return within(this.#options.clock, limitMs, work, () => this.destroy())
  }
}

/** `\x` and hexadecimal digits. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex')
}
