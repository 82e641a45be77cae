// The schema of a store file for who looks before anything is opened. A file that is not there, or has nothing in it, is
// one without tables; looking makes none.
//
// Invariant: the file is open in one place at a time. While the store has it, it is up to date, and there is nothing to do.

import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Migration, Schema, SchemaStatus } from '../../ports/index.ts'
import { Database } from './database.ts'
import { checkOwner, nothingYet, schemaStatus } from './schema.ts'
import type { StoreThread } from './store-thread.ts'

export class FileSchema implements Schema {
  readonly #file: string
  readonly #isOpen: () => boolean
  readonly #within: <T>(ask: (thread: StoreThread) => Promise<T | null>) => Promise<T>

  /** @param within asks a thread of its own again and again, until another process lets go of the file. */
  constructor(
    file: string,
    isOpen: () => boolean,
    within: <T>(ask: (thread: StoreThread) => Promise<T | null>) => Promise<T>,
  ) {
    this.#file = file
    this.#isOpen = isOpen
    this.#within = within
  }

  async status(): Promise<SchemaStatus> {
    if (this.#isOpen()) {
      const { newest } = nothingYet()
      return { version: newest, newest, pending: [] }
    }
    return this.#within((thread) => thread.ask('schema', { file: this.#file }))
  }

  async migrate(): Promise<readonly Migration[]> {
    if (this.#isOpen()) return []
    return this.#within((thread) => thread.ask('migrate', { file: this.#file }))
  }
}

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
