// A database that the suites of faults are run over: how to get one, to reach it through a proxy, and to make its server
// fail by its own means. One suite for all vendors; nothing in it knows which one it has.

import type { Statestore } from '../../src/ports/index.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import type { Framing } from './framing.ts'

export interface FaultDatabase {
  readonly options: DatabaseOptions
  /** Removes all that a store has made in it. */
  readonly forget: () => Promise<void>
  /** Hands it back, when no session of a store is left. */
  readonly release: () => Promise<void>
}

/** A server that belongs to the test. */
export interface FaultServer {
  takeDatabase(): Promise<FaultDatabase>
  /** `orderly` ends all sessions; `crash` is a kill, after which it recovers. */
  halt(how: 'orderly' | 'crash'): Promise<void>
  /** Starts it again; on another port, if that is said. */
  start(port?: number): Promise<void>
  /** Ends the sessions of a database, as an operator would. */
  endSessions(database: string): Promise<void>
  /** What of the server serves one session of a database dies. */
  killSession(database: string): Promise<void>
  /** Takes all connections that it has left. @returns what gives them back. */
  exhaust(): Promise<() => Promise<void>>
  end(): Promise<void>
}

export interface FaultSubject {
  /** As its URLs begin. */
  readonly name: 'postgres' | 'mariadb'
  readonly framing: Framing
  /** Of the server that all tests of the run share. */
  takeDatabase(): Promise<FaultDatabase>
  open(options: DatabaseOptions): Statestore
}

/** As `--store` takes it. */
export function urlOf({ name }: FaultSubject, options: DatabaseOptions): string {
  const { database, host, password, port, user } = options
  const who = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  return `${name}://${who}@${host}:${port}/${database}`
}
