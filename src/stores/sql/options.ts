// What a store in a database server is made from, the same for every vendor, and what holds where nothing is said. Where
// the values come from (a URL, the environment) is decided by who composes.

import { type Clock, type Random, SpawnError, systemClock, systemRandom } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'

export interface DatabaseTls {
  /** Whether the server's certificate must be good, and be its own. */
  readonly verify: boolean
  /** Certificates of the authorities to trust, in PEM; absent: those that Node trusts. */
  readonly ca?: string
  /** The name that the certificate must have; absent: the host. */
  readonly serverName?: string
}

/** Where a server of a database listens. */
export interface ServerAddress {
  /** A host name, an address, or the path of a Unix socket. */
  readonly host: string
  readonly port: number
}

export interface DatabaseOptions extends ServerAddress {
  /** Other servers with the same database: of all of them the one that takes commits is used. Default: none. */
  readonly others?: readonly ServerAddress[]
  readonly database: string
  readonly user: string
  readonly password: string
  /** Null: the connection is not encrypted. */
  readonly tls: DatabaseTls | null
  /** Connections at most. Default: 8. */
  readonly poolSize?: number
  /**
   * How long a request goes on trying while the database is away, in milliseconds; 0: it fails at once. Default: 5,000.
   */
  readonly outageMs?: number
  /** The limit of one statement, in milliseconds; what takes longer is given up. Default: 30,000. */
  readonly requestMs?: number
  /** The same of a statement that changes tables, which may have to go through all rows. Default: 600,000. */
  readonly migrationMs?: number
  /** Whether `start` brings the schema up to date; if not, it refuses one that is behind. Default: true. */
  readonly migrates?: boolean
  /** Default: the system's. */
  readonly clock?: Clock
  readonly random?: Random
  /** Told of what a store mends by itself. Default: nobody. */
  readonly logger?: Logger
}

export type SettledDatabaseOptions = Required<Omit<DatabaseOptions, 'logger'>> & {
  readonly logger: Logger | null
}

/** @throws SpawnError INVALID_ARGUMENT for numbers that cannot be meant. */
export function settledOptions(options: DatabaseOptions): SettledDatabaseOptions {
  const settled = {
    others: [],
    poolSize: 8,
    outageMs: 5_000,
    requestMs: 30_000,
    migrationMs: 600_000,
    migrates: true,
    clock: systemClock,
    random: systemRandom,
    ...options,
    logger: options.logger ?? null,
  }
  for (const { port } of [settled, ...settled.others]) checkWhole('port', port, 1, 65_535)
  checkWhole('poolSize', settled.poolSize, 1, 1_000)
  checkWhole('outageMs', settled.outageMs, 0, 86_400_000)
  checkWhole('requestMs', settled.requestMs, 1, 86_400_000)
  checkWhole('migrationMs', settled.migrationMs, 1, 604_800_000)
  return settled
}

function checkWhole(name: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `\`${name}\` of a database is a whole number from ${from} to ${to}, not ${value}`,
  )
}
