// The tables of a store, by version: what an operator may look at before a start changes them, and how much stands there.
// A store without tables has no schema.
//
// What every store keeps:
//  - Versions are whole numbers from 1; each migration leads from the version before to its own, and released ones are
//    never changed, only followed. None of them loses what is stored.
//  - A migration is applied as a whole or not at all, and at most once: of many that begin at the same time one does the
//    work, and the others wait for it and find it done.
//  - `status` and `migrate` may be called before `start`. `status` changes nothing, and makes nothing that is not there.
//  - `start` migrates by itself, unless the store was made with `migrates: false`: then it refuses a schema that is behind
//    with STORE_UNAVAILABLE, and says what to do. A schema that is newer than this release knows is always refused.

import type { Box } from './outbox.ts'

export interface Migration {
  /** The version that stands after it. */
  readonly version: number
  /** What it is for, in a few words. */
  readonly title: string
  /** What it does, as the database is told. */
  readonly statements: readonly string[]
}

export interface SchemaStatus {
  /** What stands; 0: nothing does. */
  readonly version: number
  /** What this release brings it up to. */
  readonly newest: number
  /** What lies between, in order; none when `version` is above `newest`. */
  readonly pending: readonly Migration[]
}

export interface Schema {
  /** @throws SpawnError STORE_UNAVAILABLE, also for tables that another program made. */
  status(): Promise<SchemaStatus>
  /**
   * Brings it up to date, and answers what that took.
   *
   * @throws SpawnError STORE_UNAVAILABLE, also for a schema that is newer than this release.
   */
  migrate(): Promise<readonly Migration[]>
}

/** How much of a system stands in a store. */
export interface SystemHoldings {
  readonly system: string
  readonly actors: number
  /** Revisions of the past that are kept. */
  readonly past: number
  readonly envelopes: Readonly<Record<Box, number>>
}

/** How much stands in a store. Counted when it is asked: that takes its time with what there is. */
export interface Holdings {
  /** In order of code points; those of which anything is stored. */
  readonly systems: readonly SystemHoldings[]
  /** What it takes on disk; null: nobody knows. */
  readonly bytes: number | null
}
