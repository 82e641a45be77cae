// Which store is meant, as plain data: what a URL or the environment says of it. How either is read is store-url.ts's and
// store-variables.ts's; open.ts makes a store of it.

import type { ServerAddress } from './sql/options.ts'

export type StorePlan = MemoryPlan | SqlitePlan | ServedPlan | DatabasePlan

export interface MemoryPlan {
  readonly kind: 'memory'
}

export interface SqlitePlan {
  readonly kind: 'sqlite'
  readonly file: string
}

/** The store of another process of the same program. Nobody writes it: a worker is told. */
export interface ServedPlan {
  readonly kind: 'served'
  /** The path of the socket at which it is served. */
  readonly address: string
}

export interface DatabasePlan extends ServerAddress {
  readonly kind: 'postgres' | 'mariadb'
  /** Others that have the same database: of all of them the one that takes commits is used. */
  readonly others: readonly ServerAddress[]
  readonly database: string
  /** Empty: not said. */
  readonly user: string
  /** Empty: none. Never shown. */
  readonly password: string
  /** Null: the connection is not encrypted. */
  readonly tls: TlsPlan | null
  readonly poolSize: number
  /** How long a request goes on trying while the database is away, in milliseconds. */
  readonly outageMs: number
  /** The longest that one statement may take, in milliseconds. */
  readonly requestMs: number
  /** The same of one that changes tables. */
  readonly migrationMs: number
  /** Whether a start brings the schema up to date. */
  readonly migrates: boolean
}

export interface TlsPlan {
  /** Whether the certificate must be good, and the host's. */
  readonly verify: boolean
  /** A file of certificates in PEM to trust; null: those that Node trusts. */
  readonly caFile: string | null
  /** The name that the certificate must have; null: the host's. */
  readonly serverName: string | null
}

export type DatabaseKind = DatabasePlan['kind']

const PORTS = { postgres: 5432, mariadb: 3306 } as const satisfies Record<DatabaseKind, number>

/** A database of which nothing is said. */
export function usualDatabase(kind: DatabaseKind): DatabasePlan {
  return {
    kind,
    host: 'localhost',
    port: PORTS[kind],
    others: [],
    database: '',
    user: '',
    password: '',
    tls: null,
    poolSize: 8,
    outageMs: 5_000,
    requestMs: 30_000,
    migrationMs: 600_000,
    migrates: true,
  }
}
