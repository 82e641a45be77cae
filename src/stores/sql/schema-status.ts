// Which version a database's tables have, and whether this release may use them. Decides what operators are told; how
// tables are made and changed is the vendor's.

import { SpawnError } from '../../base/index.ts'
import type { Migration, Schema, SchemaStatus } from '../../ports/index.ts'

export interface CheckedSchema extends Schema {
  /** @throws SpawnError STORE_UNAVAILABLE for a schema that is behind, or of a newer release. */
  check(): Promise<void>
}

export function statusOf(version: number, migrations: readonly Migration[]): SchemaStatus {
  const pending = migrations.filter((migration) => migration.version > version)
  return { version, newest: migrations.length, pending }
}

/** @throws SpawnError STORE_UNAVAILABLE for a schema of a newer release. */
export function checkKnown(address: string, { newest, version }: SchemaStatus): void {
  if (version <= newest) return
  const message =
    `the database ${address} has schema version ${version}, and this release knows up to ${newest}: ` +
    'a newer release has written it; run that release, or restore a backup from before the upgrade'
  throw new SpawnError('STORE_UNAVAILABLE', message, { retryable: false, details: { version, newest } })
}

/** @throws SpawnError STORE_UNAVAILABLE for a schema that is behind, or of a newer release. */
export function checkCurrent(address: string, status: SchemaStatus): void {
  checkKnown(address, status)
  const { newest, pending, version } = status
  if (pending.length === 0) return
  const message =
    `the database ${address} has schema version ${version}, and this release needs ${newest}: ` +
    'run `spawn store migrate`, or let the store migrate when it starts'
  throw new SpawnError('STORE_UNAVAILABLE', message, { retryable: false, details: { version, newest } })
}
