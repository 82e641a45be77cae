// The store file, opened for this process alone. Decides how it is opened, how safe a transaction is, and when the
// write-ahead log is folded back into the file. Knows no table.
//
// Invariants: `durably` returns only after the disk has everything written until then. After an error the transaction is
// rolled back and the next one may begin. The lock on the file lives and dies with the process.

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Migration } from '../../ports/index.ts'
import { isDiskFailure } from './failures.ts'
import { reserveLog } from './log-file.ts'
import { checkOwner, checkUpToDate, migrate } from './schema.ts'

/** Pages of the write-ahead log after which it is worth folding back, when there is a moment for it: many of them are in it several times. */
const CHECKPOINT_PAGES = 4_000
/** What the log is made ready for when the file is opened. Only a busy one needs more, and grows once. A frame is a page and its header. */
const LOG_BYTES = 2_000 * (4_096 + 24)
/** And after which the next commit does it, moment or not: the log must not grow for ever. */
const CHECKPOINT_AT_ONCE_PAGES = 20_000
/**
 * Of pages in memory. After a commit that has parted pages of an index SQLite looks through all of them, which takes longer than the
 * commit; so there are few until rows are looked for all over the file.
 */
const CACHE_KIB = 4 * 1_024
const WIDE_CACHE_KIB = 32 * 1_024
/** Looks for rows, in one generation of the journal, that make it wide. */
const WIDE_LOOKS = 4_096

export class Database {
  readonly file: string
  /** What brought its schema up to date when it was opened. */
  readonly migrated: readonly Migration[]
  readonly #sqlite: DatabaseSync
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  #looks = 0
  #isWide = false
  /** Something failed: before the next transaction, see #recover. */
  #isTroubled = false
  /** A disk that failed may have lost pages of the log that it had taken before. */
  #isSuspect = false

  /** @throws what SQLite throws, SpawnError STORE_UNAVAILABLE for a file that is not ours; see storeError. */
  constructor(file: string, migrates = true) {
    this.file = file
    this.#sqlite = new DatabaseSync(file, { timeout: 0 })
    try {
      this.migrated = this.#open(migrates)
      this.#begin = this.#sqlite.prepare('BEGIN IMMEDIATE')
      this.#commit = this.#sqlite.prepare('COMMIT')
    } catch (thrown) {
      this.#sqlite.close()
      throw thrown
    }
  }

  prepare(sql: string): StatementSync {
    const statement = this.#sqlite.prepare(sql)
    statement.setReturnArrays(true)
    return statement
  }

  /** A row is about to be looked for, or written, at a place that has nothing to do with the last ones. */
  looks(): void {
    this.#looks += 1
    if (this.#looks < WIDE_LOOKS || this.#isWide) return
    this.#isWide = true
    this.#sqlite.exec(`PRAGMA cache_size = -${WIDE_CACHE_KIB}`)
  }

  /** Counts looks anew. */
  beginLooks(): void {
    this.#looks = 0
  }

  /** Runs `work` as one transaction and returns when the disk has it. */
  durably<T>(work: () => T): T {
    this.#recover()
    return this.#transaction(work)
  }

  /**
   * Runs one statement that is a transaction by itself, and returns when the disk has it: spares BEGIN and COMMIT where
   * each group of commits pays for them.
   */
  durablyAlone(statement: () => void): void {
    this.#recover()
    this.#noting(statement)
  }

  /**
   * Runs `work` as one transaction that a loss of power may undo, together with nothing that came before it. For work
   * that can be done again from what is durable.
   */
  lightly<T>(work: () => T): T {
    this.#recover()
    this.#sqlite.exec('PRAGMA synchronous = NORMAL')
    try {
      return this.#transaction(work)
    } finally {
      this.#sqlite.exec('PRAGMA synchronous = FULL')
    }
  }

  /** Copies the write-ahead log into the file if it has grown; the next pages overwrite the log from its beginning. */
  checkpoint(): void {
    // NOOP only counts. A SQLite that does not know it yet takes it for PASSIVE, which is well too.
    const counted = this.#sqlite.prepare('PRAGMA wal_checkpoint(NOOP)').get()
    const pages = Number(counted?.['log']) - Number(counted?.['checkpointed'])
    if (pages >= CHECKPOINT_PAGES) this.#noting(() => this.#sqlite.exec('PRAGMA wal_checkpoint(PASSIVE)'))
  }

  /** Makes commits of the near future cheaper. Without space for it they are as they would have been. */
  reserve(): void {
    try {
      reserveLog(this.file, LOG_BYTES)
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown)) throw thrown
    }
  }

  close(): void {
    this.#sqlite.close()
  }

  #open(migrates: boolean): readonly Migration[] {
    // Before anything is read: the write-ahead log's index then stays in memory, and the lock is taken once.
    this.#sqlite.exec('PRAGMA locking_mode = EXCLUSIVE')
    checkOwner(this.#sqlite, this.file)
    if (!migrates) checkUpToDate(this.#sqlite, this.file)
    this.#sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    this.#sqlite.exec(
      `PRAGMA cache_size = -${WIDE_CACHE_KIB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_AT_ONCE_PAGES}`,
    )
    // Whoever cannot write must not wait until the first commit to say so.
    this.#sqlite.exec('BEGIN IMMEDIATE; COMMIT')
    const migrated = migrate(this.#sqlite)
    this.#sqlite.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    return migrated
  }

  #transaction<T>(work: () => T): T {
    return this.#noting(() => {
      this.#begin.run()
      try {
        const result = work()
        this.#commit.run()
        return result
      } catch (thrown) {
        // Some errors roll back by themselves.
        if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK')
        throw thrown
      }
    })
  }

  #noting<T>(work: () => T): T {
    try {
      return work()
    } catch (thrown) {
      this.#isTroubled = true
      this.#isSuspect ||= isDiskFailure(thrown)
      throw thrown
    }
  }

  /**
   * After a failure: no transaction is left open, none is lighter than it should be, and a disk that failed is given
   * everything again. For after a failed sync the system may report the next one as good, although it dropped what the
   * first should have written; so nothing is written until the whole log was copied into the file and synced there.
   */
  #recover(): void {
    if (!this.#isTroubled) return
    if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK')
    this.#sqlite.exec('PRAGMA synchronous = FULL')
    if (this.#isSuspect) this.#sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#isSuspect = false
    this.#isTroubled = false
  }
}
