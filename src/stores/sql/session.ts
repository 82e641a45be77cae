// Sessions with a database server, as the shared parts of the stores see them, and how those parts end. Decides no
// vendor's codes: each says what its own mean.

import type { SpawnError } from '../../base/index.ts'
import type { SettledDatabaseOptions } from './options.ts'

/**
 * What became of a statement that failed.
 *
 * `refused`: something does not stand as the statement needs it; nothing was done.
 * `again`: nothing was done, and the same may succeed soon.
 * `unknown`: it may be done, now or later.
 * `laneLost`: nothing was done; the lane has to be replaced.
 * `final`: nothing was done, and trying again does not help.
 */
export type Fate = 'refused' | 'again' | 'unknown' | 'laneLost' | 'final'

/** A connection that was lost, or that this side gave up, in the middle of a statement. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** No connection could be made, or none became free. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected'
  /** Whether another try may succeed. */
  readonly mayComeBack: boolean

  constructor(message: string, mayComeBack: boolean, cause?: unknown) {
    super(message, { cause })
    this.mayComeBack = mayComeBack
  }
}

/** One session. It has one user at a time. */
export interface Session {
  /** False: it was lost or given up, and is of no more use. */
  readonly isOpen: boolean
  /** Its server takes no commits any more, so none of the others with it is of use either. */
  readonly isDemoted: boolean
  /** How its server is set up, where that endangers what is acknowledged, and what to do: for people. */
  readonly warnings: readonly string[]
  /** Nothing is asked of it: the process may end meanwhile. */
  rest(): void
  wake(): void
  /** Ends it as it should be. */
  end(): Promise<void>
  /** Gives it up, whatever it does. */
  destroy(): void
}

export interface Vendor<Opened extends Session> {
  /** As people write it. */
  readonly name: string
  /** @throws NotConnected, SpawnError STORE_UNAVAILABLE when the driver is not installed. */
  open(options: SettledDatabaseOptions): Promise<Opened>
  fateOf(thrown: unknown): Fate
  /** Whether the server has no more connections for us. */
  isExhausted(thrown: unknown): boolean
  /** Any failure as what the caller is told. @param what is said of what was asked, after the reason. */
  error(address: string, thrown: unknown, what?: string): SpawnError
}
