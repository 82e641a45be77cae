// Revisions of the past, as they are read; which of them are kept is decided where they are written. Decides which of what a
// vendor finds stood at a time.

import type { RevisionQuery, StoredActor } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { ACTOR_COLUMNS, revisionOf, type Row, storedActor } from './rows.ts'

/** What a vendor answers and does. */
export interface PastStatements {
  /** The actor as `storedActor` has it, or no row. */
  byNumber(id: ActorId, revision: number): Promise<readonly Row[]>
  /** The newest that was committed then or before, and behind it when it was replaced; null: it is the latest. */
  byTime(id: ActorId, atMs: number): Promise<readonly Row[]>
  /** As `revisionOf` has them, newest first. */
  revisions(id: ActorId, before: number, limit: number): Promise<readonly Row[]>
  /** Drops at most `limit` outcomes and revisions that have expired. @returns how many. */
  prune(nowMs: number, limit: number): Promise<number>
}

/** Above all revisions. */
const BEFORE_ALL = 2 ** 53

export class Past {
  readonly #statements: PastStatements

  constructor(statements: PastStatements) {
    this.#statements = statements
  }

  async revision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    if ('revision' in query) {
      const [row] = await this.#statements.byNumber(id, query.revision)
      return row === undefined ? null : storedActor(id, row)
    }
    const [row] = await this.#statements.byTime(id, query.atMs)
    const replacedAtMs = row?.[ACTOR_COLUMNS] ?? null
    // What replaced it may be gone from the past: then it did not stand at that time, and what did is not known.
    const wasReplaced = replacedAtMs !== null && Number(replacedAtMs) <= query.atMs
    return row === undefined || wasReplaced ? null : storedActor(id, row)
  }

  /** Newest first, without their states. */
  async revisions(id: ActorId, limit: number, before = BEFORE_ALL): Promise<Omit<StoredActor, 'state'>[]> {
    return (await this.#statements.revisions(id, before, limit)).map((row) => revisionOf(id, row))
  }

  prune(nowMs: number, limit: number): Promise<number> {
    return this.#statements.prune(nowMs, limit)
  }
}
