// One session with MariaDB, over the `mariadb` package. Decides how long a statement may take, what the session is set to,
// and when a connection is of no more use. What a failure means for a statement is failures.ts's.
//
// Invariants:
//  - One user at a time, who may send statements one behind the other; each ends with an answer, with what MariaDB said, or with
//    ConnectionLost.
//  - A connection that was lost or given up is never used again: nobody would know whose answer comes next. Nor is one whose
//    statement was stopped in the middle, for its transaction may still be open.
//  - An idle connection does not keep the process alive.

import { createConnection as createSocket, type Socket } from 'node:net'
import { assert, messageOf, SpawnError } from '../../base/index.ts'
import type { SettledDatabaseOptions } from '../sql/options.ts'
import type { Field, Row } from '../sql/rows.ts'
import { ConnectionLost, NotConnected, type Session } from '../sql/session.ts'
import { type Lose, within } from '../sql/within.ts'
import { STILL_PRIMARY } from './block.ts'
import { breaksConnection, isReadOnly, mayOpenLater } from './failures.ts'
import { Prepared, type PreparingClient } from './prepared.ts'
import { ISOLATION, readFacts, SERVER_FACTS, type ServerFacts, sessionSettings } from './server.ts'

export type Value = Buffer | string | number | null

/** What is used of the driver. */
export interface Client extends PreparingClient {
  query(sql: { readonly sql: string }): Promise<unknown>
  end(): Promise<void>
  on(event: 'error' | 'end', listener: () => void): unknown
}

interface Driver {
  createConnection(config: object): Promise<Client>
}

/** After the server should have given up a statement, so much later it is given up here. */
const GRACE_MS = 1_000
const CONNECT_MS = { least: 1_000, most: 10_000 }

let loaded: Promise<Driver> | null = null

/** @throws SpawnError STORE_UNAVAILABLE when the package is not installed. */
export function loadDriver(): Promise<Driver> {
  loaded ??= import('mariadb').then(
    (module) => module as Driver,
    (cause: unknown) => {
      loaded = null
      const message =
        'the MariaDB store needs the package `mariadb`, which is not installed: npm install mariadb'
      throw new SpawnError('STORE_UNAVAILABLE', message, { cause, retryable: false })
    },
  )
  return loaded
}

export class Connection implements Session {
  readonly #options: SettledDatabaseOptions
  readonly #socket: Socket
  readonly #facts: ServerFacts
  readonly #client: Client
  readonly #prepared: Prepared
  /** Statements that have no answer yet; the driver says nothing of them when the session is given up. */
  readonly #waiting = new Set<Lose>()
  #isOpen = true
  #isDemoted = false

  private constructor(client: Client, socket: Socket, facts: ServerFacts, options: SettledDatabaseOptions) {
    this.#client = client
    this.#prepared = new Prepared(client)
    this.#socket = socket
    this.#facts = facts
    this.#options = options
    const closed = (): void => {
      this.#isOpen = false
    }
    client.on('error', closed)
    client.on('end', closed)
  }

  /** @throws NotConnected */
  static async open(options: SettledDatabaseOptions): Promise<Connection> {
    const driver = await loadDriver()
    const { clock, host, outageMs, port, requestMs } = options
    const socket = host.startsWith('/') ? createSocket(host) : createSocket(port, host)
    socket.setNoDelay()
    const connectMs = Math.min(requestMs, CONNECT_MS.most, Math.max(CONNECT_MS.least, outageMs))
    let isLate = false
    const timer = clock.after(connectMs, () => {
      isLate = true
      socket.destroy(new Error(`no answer within ${connectMs} ms`))
    })
    try {
      const client = await driver.createConnection(configOf(options, socket))
      const [facts] = await Promise.all([
        client.query({ sql: SERVER_FACTS }),
        client.query({ sql: ISOLATION }),
        client.query({ sql: sessionSettings(requestMs) }),
      ])
      return new Connection(client, socket, readFacts(asRows(facts), options.poolSize), options)
    } catch (thrown) {
      socket.destroy()
      if (thrown instanceof NotConnected) throw thrown
      const reason = isLate ? `no answer within ${connectMs} ms` : messageOf(thrown)
      throw new NotConnected(reason, isLate || mayOpenLater(thrown), thrown)
    } finally {
      timer.cancel()
    }
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get isDemoted(): boolean {
    return this.#isDemoted
  }

  /** The most that the server takes in one statement, in bytes. */
  get packetBytes(): number {
    return this.#facts.packetBytes
  }

  get warnings(): readonly string[] {
    return this.#facts.warnings
  }

  /** Rows of a statement that is prepared once, before. @throws what MariaDB said, or ConnectionLost. */
  async rows(sql: string, values: readonly Value[]): Promise<readonly Row[]> {
    const answer = await this.#ask(() => this.#prepared.execute(sql, values))
    return asRows(answer)
  }

  /**
   * The same, of a server that takes commits: one that has become a replica is not believed.
   *
   * @throws what MariaDB said, or ConnectionLost.
   */
  async read(sql: string, values: readonly Value[]): Promise<readonly Row[]> {
    // One behind the other without waiting.
    const [, rows] = await Promise.all([this.rows(STILL_PRIMARY, []), this.rows(sql, values)])
    return rows
  }

  /**
   * Rows of a statement that answers one for each of so many that were asked; see json-rows.ts. A replica may answer none.
   *
   * @throws what MariaDB said, or ConnectionLost.
   */
  async rowForEach(sql: string, values: readonly Value[], asked: number): Promise<readonly Row[]> {
    const rows = await this.rows(sql, values)
    if (rows.length === asked) return rows
    await this.rows(STILL_PRIMARY, [])
    this.destroy()
    throw new ConnectionLost(`the statement was stopped after ${rows.length} of ${asked} rows`)
  }

  /** The one field that a block answers; null also for one that answers nothing. */
  async answer(sql: string, values: readonly Value[]): Promise<Field> {
    return fieldOf(await this.#ask(() => this.#prepared.execute(sql, values)))
  }

  /**
   * What a block answers that was to end without a word; undefined: it did.
   *
   * @param count how many blocks are under way with it: it has the time of those before it, too.
   */
  async objection(sql: string, values: readonly Value[], count = 1): Promise<Field | undefined> {
    const limitMs = this.#options.requestMs * count
    const answer = await this.#ask(() => this.#prepared.execute(sql, values), limitMs)
    return isCount(answer) ? undefined : fieldOf(answer)
  }

  /**
   * The same of a block without values, which is not prepared: a server without room for another prepared statement does it, too.
   */
  async told(sql: string): Promise<Field> {
    return fieldOf(await this.#ask(() => this.#client.query({ sql })))
  }

  /** A statement without values, which is not prepared. */
  async define(sql: string, limitMs = this.#options.requestMs): Promise<void> {
    await this.#ask(() => this.#client.query({ sql }), limitMs)
  }

  rest(): void {
    this.#socket.unref()
  }

  wake(): void {
    this.#socket.ref()
  }

  async end(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#socket.ref()
    try {
      await this.#within(() => this.#client.end(), GRACE_MS)
    } catch {
      // It is to be gone either way.
      this.destroy()
    }
  }

  /** Gives the session up, whatever it does. */
  destroy(): void {
    this.#isOpen = false
    this.#socket.destroy()
    for (const lose of this.#waiting) lose(new ConnectionLost('the session was given up'))
  }

  async #ask<Answer>(ask: () => Promise<Answer>, limitMs = this.#options.requestMs): Promise<Answer> {
    assert(this.#isOpen, 'a connection that is used is open')
    try {
      return await this.#within(ask, limitMs + GRACE_MS)
    } catch (thrown) {
      if (thrown instanceof ConnectionLost) throw thrown
      if (isReadOnly(thrown)) this.#demoted()
      if (!breaksConnection(thrown)) throw thrown
      // It is not known what the server does with the statement, or has done.
      this.destroy()
      throw new ConnectionLost(messageOf(thrown), { cause: thrown })
    }
  }

  #demoted(): void {
    this.#isDemoted = true
    this.destroy()
  }

  #within<Answer>(ask: () => Promise<Answer>, limitMs: number): Promise<Answer> {
    return within(this.#options.clock, limitMs, ask, () => this.destroy(), this.#waiting)
  }
}

/** Whether a statement ended well and has no rows to answer. */
function isCount(answer: unknown): answer is { readonly affectedRows: unknown } {
  return typeof answer === 'object' && answer !== null && 'affectedRows' in answer
}

function fieldOf(answer: unknown): Field {
  if (!Array.isArray(answer)) return null
  // The rows, and behind them how the block ended.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the driver answers rows as arrays
  const [rows] = answer as readonly (readonly Row[])[]
  return rows?.[0]?.[0] ?? null
}

function asRows(answer: unknown): readonly Row[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the driver answers rows as arrays
  return Array.isArray(answer) ? (answer as readonly Row[]) : []
}

export function configOf(
  { database, host, logger, password, tls, user }: SettledDatabaseOptions,
  socket: Socket,
): object {
  return {
    host,
    user,
    password,
    ...(database !== '' && { database }),
    stream: () => socket,
    // The time is limited here.
    connectTimeout: 0,
    ssl: tls !== null && {
      rejectUnauthorized: tls.verify,
      host: tls.serverName ?? host,
      ...(tls.serverName !== undefined && { servername: tls.serverName }),
      ...(tls.ca !== undefined && { ca: tls.ca }),
    },
    permitRedirect: false,
    collation: 'UTF8MB4_BIN',
    keepAliveDelay: 10_000,
    connectAttributes: { program_name: 'spawn' },
    rowsAsArray: true,
    bigIntAsNumber: true,
    insertIdAsNumber: true,
    decimalAsNumber: true,
    // Else a row that stays as it is would count like one that changed.
    foundRows: false,
    // Errors must not show what was stored.
    logParam: false,
    logger: { warning: (what: string) => logger?.warn('the MariaDB driver', { says: what }) },
  }
}
