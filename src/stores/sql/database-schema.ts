// The schema of a database, whichever it is: which version stands there, and who is asked to bring it up to date. How that is
// done, in which statements and under which lock, is the vendor's.

import type { Migration, SchemaStatus } from '../../ports/index.ts'
import type { Database } from './database.ts'
import { migrateInTurn } from './migration-turn.ts'
import { checkCurrent, type CheckedSchema, checkKnown, statusOf } from './schema-status.ts'
import type { Session } from './session.ts'

export abstract class DatabaseSchema<Opened extends Session> implements CheckedSchema {
  readonly #database: Database<Opened>
  readonly #migrations: readonly Migration[]

  constructor(database: Database<Opened>, migrations: readonly Migration[]) {
    this.#database = database
    this.#migrations = migrations
  }

  status(): Promise<SchemaStatus> {
    return this.#database.whileOpen(() => this.#database.persist((connection) => this.statusBy(connection)))
  }

  /** Brings it up to date. @returns what was done; nothing, where another member was first. */
  migrate(): Promise<readonly Migration[]> {
    return this.#database.whileOpen(async () =>
      migrateInTurn(this.#database, await this.status(), (connection) => this.attempt(connection)),
    )
  }

  async check(): Promise<void> {
    checkCurrent(this.#database.address, await this.status())
  }

  /** What is to be done, as this session sees it. @throws SpawnError STORE_UNAVAILABLE for a schema of a newer release. */
  protected async pendingBy(connection: Opened): Promise<readonly Migration[]> {
    const status = await this.statusBy(connection)
    checkKnown(this.#database.address, status)
    return status.pending
  }

  private async statusBy(connection: Opened): Promise<SchemaStatus> {
    return statusOf(await this.versionBy(connection), this.#migrations)
  }

  /** 0: nothing is there yet. @throws SpawnError STORE_UNAVAILABLE for tables of another program. */
  protected abstract versionBy(connection: Opened): Promise<number>

  /** Does what is pending under a lock that all members share. @returns what was done; null: another has the lock. */
  protected abstract attempt(connection: Opened): Promise<readonly Migration[] | null>
}
