// Revisions of the past, as they are read; which of them are kept is decided where they are written, in
// commit-statement.ts. And what goes when it has expired.

import type { RevisionQuery, StoredActor } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { ACTOR_COLUMNS, REVISION, revisionOf, STATE, storedActor } from './rows.ts'

const ACTOR = 'a.system = ? AND a.parent = ? AND a.name = ?'

const BY_NUMBER = `SELECT ${REVISION}, ${STATE} FROM spawn_actors AS a WHERE ${ACTOR} AND a.revision = ?
  UNION ALL SELECT ${REVISION}, ${STATE} FROM spawn_past AS a WHERE ${ACTOR} AND a.revision = ?`
/** The latest first, if it stood then. */
const BY_TIME = `(SELECT ${REVISION}, ${STATE}, NULL AS replaced_at_ms FROM spawn_actors AS a
    WHERE ${ACTOR} AND a.committed_at_ms <= ?)
  UNION ALL (SELECT ${REVISION}, ${STATE}, a.replaced_at_ms FROM spawn_past AS a
    WHERE ${ACTOR} AND a.committed_at_ms <= ? ORDER BY a.revision DESC LIMIT 1)
  ORDER BY revision DESC LIMIT 1`
const REVISIONS = `(SELECT ${REVISION} FROM spawn_actors AS a WHERE ${ACTOR} AND a.revision < ?)
  UNION ALL (SELECT ${REVISION} FROM spawn_past AS a WHERE ${ACTOR} AND a.revision < ?
    ORDER BY a.revision DESC LIMIT ?)
  ORDER BY revision DESC LIMIT ?`
/** Above all revisions. */
const BEFORE_ALL = 2 ** 53

const PRUNE_OUTCOMES = 'DELETE FROM spawn_outcomes WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?'
const PRUNE_PAST =
  'DELETE FROM spawn_past WHERE is_counted = 0 AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?'
/** No statement is in doubt for so long: see sql/lanes.ts. */
const FORGET_WRITERS = 'DELETE FROM spawn_writers WHERE used_at < UTC_TIMESTAMP() - INTERVAL 7 DAY LIMIT 1000'

export class Past {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async revision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    const isNumber = 'revision' in query
    const asked = isNumber ? query.revision : query.atMs
    const values = [...address(id), asked, ...address(id), asked]
    const sql = isNumber ? BY_NUMBER : BY_TIME
    const [row] = await this.#database.read(sql, values)
    if (row === undefined) return null
    // What replaced it may be gone from the past: then it did not stand at that time, and what did is not known.
    const replacedAtMs = isNumber ? null : (row[ACTOR_COLUMNS] ?? null)
    return !isNumber && replacedAtMs !== null && Number(replacedAtMs) <= query.atMs
      ? null
      : storedActor(id, row)
  }

  /** Newest first, without their states. */
  async revisions(id: ActorId, limit: number, before = BEFORE_ALL): Promise<Omit<StoredActor, 'state'>[]> {
    const values = [...address(id), before, ...address(id), before, limit, limit]
    const rows = await this.#database.read(REVISIONS, values)
    return rows.map((row) => revisionOf(id, row))
  }

  /** Drops at most `limit` outcomes and revisions that have expired. */
  async prune(nowMs: number, limit: number): Promise<number> {
    return this.#database.request(async () => {
      const drop = (sql: string, values: readonly Value[]): Promise<number> =>
        this.#database.persist((connection) => connection.changed(sql, values))
      await drop(FORGET_WRITERS, [])
      const outcomes = await drop(PRUNE_OUTCOMES, [nowMs, limit])
      return outcomes < limit ? outcomes + (await drop(PRUNE_PAST, [nowMs, limit - outcomes])) : outcomes
    })
  }
}

function address({ system, parent, name }: ActorId): Value[] {
  return [Buffer.from(system), Buffer.from(parent), Buffer.from(name)]
}
