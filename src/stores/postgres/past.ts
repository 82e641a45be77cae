// Revisions of the past, as they are read; which of them are kept is decided where they are written, in
// commit-functions.ts. And what goes when it has expired.

import type { RevisionQuery, StoredActor } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { bytea } from './arrays.ts'
import type { Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { REVISION, revisionOf, STATE, storedActor } from './rows.ts'

const ACTOR = 'system = $1 AND parent = $2 AND name = $3'

const BY_NUMBER: Statement = {
  name: 'spawn_revision',
  text: `SELECT ${REVISION}, ${STATE} FROM spawn.actors WHERE ${ACTOR} AND revision = $4
    UNION ALL SELECT ${REVISION}, ${STATE} FROM spawn.past WHERE ${ACTOR} AND revision = $4`,
}
const BY_TIME: Statement = {
  name: 'spawn_revision_at',
  text: `SELECT ${REVISION}, ${STATE}, NULL AS replaced_at_ms FROM spawn.actors
      WHERE ${ACTOR} AND committed_at_ms <= $4
    UNION ALL (SELECT ${REVISION}, ${STATE}, replaced_at_ms FROM spawn.past
      WHERE ${ACTOR} AND committed_at_ms <= $4 ORDER BY revision DESC LIMIT 1)
    ORDER BY revision DESC LIMIT 1`,
}
const REPLACED_AT = 7

const REVISIONS: Statement = {
  name: 'spawn_revisions',
  text: `SELECT ${REVISION} FROM spawn.actors WHERE ${ACTOR} AND revision < $4
    UNION ALL (SELECT ${REVISION} FROM spawn.past WHERE ${ACTOR} AND revision < $4
      ORDER BY revision DESC LIMIT $5)
    ORDER BY revision DESC LIMIT $5`,
}
/** Above all revisions. */
const BEFORE_ALL = 2 ** 53

/** Rows that another member is just dropping are left to it. */
const PRUNE: Statement = {
  name: 'spawn_prune',
  text: `WITH outcomes AS (
      DELETE FROM spawn.outcomes WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM spawn.outcomes WHERE expires_at_ms <= $1
        ORDER BY expires_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED))
      RETURNING 1),
    revisions AS (
      DELETE FROM spawn.past WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM spawn.past WHERE NOT is_counted AND expires_at_ms <= $1
        ORDER BY expires_at_ms LIMIT $2 - (SELECT count(*) FROM outcomes) FOR UPDATE SKIP LOCKED))
      RETURNING 1)
    SELECT (SELECT count(*) FROM outcomes) + (SELECT count(*) FROM revisions)`,
}
/** No statement is in doubt for so long: see sql/lanes.ts. */
const FORGET_WRITERS: Statement = {
  name: 'spawn_forget_writers',
  text: "DELETE FROM spawn.writers WHERE used_at < now() - interval '7 days'",
}

export class Past {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async revision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    const isNumber = 'revision' in query
    const values = [...address(id), isNumber ? query.revision : query.atMs]
    const [row] = await this.#database.read(isNumber ? BY_NUMBER : BY_TIME, values)
    if (row === undefined) return null
    // What replaced it may be gone from the past: then it did not stand at that time, and what did is not known.
    const replacedAtMs = isNumber ? null : (row[REPLACED_AT] ?? null)
    return !isNumber && replacedAtMs !== null && Number(replacedAtMs) <= query.atMs
      ? null
      : storedActor(id, row)
  }

  /** Newest first, without their states. */
  async revisions(id: ActorId, limit: number, before = BEFORE_ALL): Promise<Omit<StoredActor, 'state'>[]> {
    const rows = await this.#database.read(REVISIONS, [...address(id), before, limit])
    return rows.map((row) => revisionOf(id, row))
  }

  /** Drops at most `limit` outcomes and revisions that have expired. */
  async prune(nowMs: number, limit: number): Promise<number> {
    await this.#database.read(FORGET_WRITERS, [])
    const [row] = await this.#database.read(PRUNE, [nowMs, limit])
    return Number(row?.[0] ?? 0)
  }
}

function address({ system, parent, name }: ActorId): Value[] {
  return [bytea(system), bytea(parent), bytea(name)]
}
