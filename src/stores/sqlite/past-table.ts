// The past of actors: revisions that were replaced. Decides by SQL which of them a policy keeps; memory/record.ts says the same in plain code.
//
// Invariant: `counted` revisions of an actor are its newest ones; the others stay until they expire.

import type { RevisionQuery } from '../../ports/index.ts'
import { expiryMs } from '../history.ts'
import { pastRow } from './actor-table.ts'
import type { Database } from './database.ts'
import { type Dictionary, type Family, fields } from './dictionary.ts'
import type { FramedCommit } from '../frames/frame.ts'
import type { PastRow } from '../frames/rows.ts'

const ROW = 'revision, epoch, committed_at_ms, tags, state_type, state'
const ACTOR = 'family = ? AND name = ?'

export class PastTable {
  readonly #dictionary: Dictionary
  readonly #statements: Statements
  /** Whether any actor has a past: while none has, commits without a history policy need not look for one to drop. */
  #isUsed: boolean

  constructor(database: Database, dictionary: Dictionary) {
    this.#dictionary = dictionary
    this.#statements = prepared(database)
    this.#isUsed = database.prepare('SELECT 1 FROM revisions LIMIT 1').get() !== undefined
  }

  /** Before the table's latest revision is replaced by `next`: keeps it as the policy of `next` says. */
  remember(family: Family, next: FramedCommit): void {
    const { name, keepRevisions, keepDurationMs, committedAtMs: nowMs } = next
    if (family.id === null) return
    if (keepRevisions === 0 && keepDurationMs === 0) {
      if (this.#isUsed) this.#statements.dropPast.run(family.id, name)
      return
    }
    this.#isUsed = true
    const { copyLatest, count, discount, dropExpired } = this.#statements
    copyLatest.run(nowMs, expiryMs(nowMs, keepDurationMs), family.id, name)
    const oldest = this.#oldestCounted(family.id, name, keepRevisions)
    count.run(family.id, name, oldest)
    for (const revision of this.#countedBefore(family.id, name, oldest))
      discount.run(family.id, name, revision)
    dropExpired.run(family.id, name, nowMs)
  }

  revision(family: Family | undefined, name: string, query: RevisionQuery): PastRow | null {
    if (family === undefined || family.id === null) return null
    const { byNumber, byTime } = this.#statements
    const isNumber = 'revision' in query
    const row = isNumber
      ? byNumber.get(family.id, name, query.revision)
      : byTime.get(family.id, name, query.atMs)
    if (row === undefined) return null
    const [replacedAtMs, ...rest] = fields([row])[0] ?? []
    // What replaced it may be gone from the past: then it did not stand at that time, and what did is not known.
    if (!isNumber && Number(replacedAtMs) <= query.atMs) return null
    return pastRow(rest, this.#dictionary)
  }

  /** A revision with the reason for which it is kept; null: it is not. */
  kept(family: Family | undefined, name: string, revision: number): KeptRow | null {
    if (family === undefined || family.id === null) return null
    const row = this.#statements.kept.get(family.id, name, revision)
    if (row === undefined) return null
    const [replacedAtMs, expiresAtMs, counted, ...rest] = fields([row])[0] ?? []
    const reason = {
      replacedAtMs: Number(replacedAtMs),
      expiresAtMs: Number(expiresAtMs),
      counted: counted === 1,
    }
    return { ...pastRow(rest, this.#dictionary), ...reason }
  }

  /** Newest first, those below `before`, without their states. */
  revisions(family: Family | undefined, name: string, limit: number, before: number): PastRow[] {
    if (family === undefined || family.id === null) return []
    const rows = fields(this.#statements.newest.all(family.id, name, before, limit))
    return rows.map((row) => pastRow([...row, null, null], this.#dictionary))
  }

  /** Drops revisions of an actor from `revision` on. */
  dropFrom(family: Family, name: string, revision: number): void {
    if (family.id !== null && this.#isUsed) this.#statements.dropFrom.run(family.id, name, revision)
  }

  /** Puts a revision as it is, in place of one with the same number. */
  put(family: Family, name: string, row: KeptRow): void {
    this.#isUsed = true
    const { committedAtMs, counted, epoch, expiresAtMs, replacedAtMs, revision, state, tags } = row
    const type = state === null ? null : this.#dictionary.typeId(state.typeUrl)
    this.#statements.put.run(
      this.#dictionary.familyId(family),
      name,
      revision,
      epoch,
      committedAtMs,
      tags,
      type,
      state === null ? null : state.value,
      replacedAtMs,
      expiresAtMs,
      counted ? 1 : 0,
    )
  }

  /** Drops all revisions of an actor. */
  delete(family: Family, name: string): void {
    if (family.id === null) return
    this.#statements.dropPast.run(family.id, name)
  }

  /** Drops at most `limit` of those that have expired; answers how many went. */
  prune(nowMs: number, limit: number): number {
    return Number(this.#statements.prune.run(nowMs, limit).changes)
  }

  /** The oldest revision that the policy counts: all of the past, while there is no more of it than that. */
  #oldestCounted(family: number, name: string, keepRevisions: number): number {
    if (keepRevisions === 0) return Number.MAX_SAFE_INTEGER
    const row = this.#statements.nthNewest.get(family, name, keepRevisions - 1)
    return row === undefined ? 0 : Number(fields([row])[0]?.[0])
  }

  /** Revisions that were counted until now. They are the newest ones: the first that is not ends the search. */
  #countedBefore(family: number, name: string, before: number): number[] {
    const revisions: number[] = []
    for (const row of this.#statements.before.iterate(family, name, before)) {
      const [revision, counted] = fields([row])[0] ?? []
      if (counted === 0) break
      revisions.push(Number(revision))
    }
    return revisions
  }
}

/** A revision of the past, with the reason for which it is kept. */
export interface KeptRow extends PastRow {
  readonly replacedAtMs: number
  readonly expiresAtMs: number
  readonly counted: boolean
}

type Statements = ReturnType<typeof prepared>

function prepared(database: Database) {
  return {
    copyLatest: database.prepare(
      `INSERT OR REPLACE INTO revisions (family, name, ${ROW}, replaced_at_ms, expires_at_ms, counted)
       SELECT family, name, ${ROW}, ?, ?, 1 FROM actors WHERE ${ACTOR}`,
    ),
    nthNewest: database.prepare(
      `SELECT revision FROM revisions WHERE ${ACTOR} ORDER BY revision DESC LIMIT 1 OFFSET ?`,
    ),
    count: database.prepare(
      `UPDATE revisions SET counted = 1 WHERE ${ACTOR} AND revision >= ? AND counted = 0`,
    ),
    before: database.prepare(
      `SELECT revision, counted FROM revisions WHERE ${ACTOR} AND revision < ? ORDER BY revision DESC`,
    ),
    discount: database.prepare(`UPDATE revisions SET counted = 0 WHERE ${ACTOR} AND revision = ?`),
    dropExpired: database.prepare(
      `DELETE FROM revisions WHERE ${ACTOR} AND counted = 0 AND expires_at_ms <= ?`,
    ),
    dropFrom: database.prepare(`DELETE FROM revisions WHERE ${ACTOR} AND revision >= ?`),
    put: database.prepare(
      `INSERT OR REPLACE INTO revisions (family, name, ${ROW}, replaced_at_ms, expires_at_ms, counted)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    dropPast: database.prepare(`DELETE FROM revisions WHERE ${ACTOR}`),
    byNumber: database.prepare(
      `SELECT replaced_at_ms, ${ROW} FROM revisions WHERE ${ACTOR} AND revision = ?`,
    ),
    kept: database.prepare(
      `SELECT replaced_at_ms, expires_at_ms, counted, ${ROW} FROM revisions WHERE ${ACTOR} AND revision = ?`,
    ),
    byTime: database.prepare(
      `SELECT replaced_at_ms, ${ROW} FROM revisions WHERE ${ACTOR} AND committed_at_ms <= ?
       ORDER BY revision DESC LIMIT 1`,
    ),
    newest: database.prepare(
      `SELECT revision, epoch, committed_at_ms, tags FROM revisions WHERE ${ACTOR} AND revision < ?
       ORDER BY revision DESC LIMIT ?`,
    ),
    prune: database.prepare(
      `DELETE FROM revisions WHERE (family, name, revision) IN
         (SELECT family, name, revision FROM revisions WHERE counted = 0 AND expires_at_ms <= ?
          ORDER BY expires_at_ms LIMIT ?)`,
    ),
  }
}
