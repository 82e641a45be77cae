// What the store's thread does about the schema of a file that is not open. A file that is not there, or has nothing in it,
// is one without tables; looking makes none.

import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Migration, SchemaStatus } from '../../ports/index.ts'
import { Database } from './database.ts'
import { checkOwner, nothingYet, schemaStatus } from './schema.ts'

/** Changes nothing. @throws what SQLite throws, SpawnError STORE_UNAVAILABLE for a file that is not ours. */
export function statusOfFile(file: string): SchemaStatus {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) return nothingYet()
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    checkOwner(database, file, true)
    return schemaStatus(database)
  } finally {
    database.close()
  }
}

/** @throws what SQLite throws, SpawnError STORE_UNAVAILABLE for a file that is not ours. */
export function migrateFile(file: string): readonly Migration[] {
  const database = new Database(file)
  database.close()
  return database.migrated
}
