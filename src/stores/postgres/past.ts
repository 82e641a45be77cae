// How revisions of the past are read, and what goes when it has expired. Decides nothing but the statements; see sql/past.ts.

import type { ActorId } from '../../protocol/index.ts'
import { boxNumber } from '../sql/box-number.ts'
import type { PastStatements } from '../sql/past.ts'
import { bytea } from './arrays.ts'
import type { Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { systemsOf } from './listing.ts'
import { REVISION, STATE } from './rows.ts'

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

const REVISIONS: Statement = {
  name: 'spawn_revisions',
  text: `SELECT ${REVISION} FROM spawn.actors WHERE ${ACTOR} AND revision < $4
    UNION ALL (SELECT ${REVISION} FROM spawn.past WHERE ${ACTOR} AND revision < $4
      ORDER BY revision DESC LIMIT $5)
    ORDER BY revision DESC LIMIT $5`,
}

/**
 * Rows that another member is just dropping are left to it. Facts are found system by system, as the outbox's index has them.
 * Planned each time: a plan that was made while there were few would go through all.
 */
const PRUNE: Statement = {
  name: '',
  text: `WITH outcomes AS (
      DELETE FROM spawn.outcomes WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM spawn.outcomes WHERE expires_at_ms <= $1
        ORDER BY expires_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED))
      RETURNING 1),
    revisions AS (
      DELETE FROM spawn.past WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM spawn.past WHERE NOT is_counted AND expires_at_ms <= $1
        ORDER BY expires_at_ms LIMIT $2 - (SELECT count(*) FROM outcomes) FOR UPDATE SKIP LOCKED))
      RETURNING 1),
    facts AS (
      DELETE FROM spawn.outbox WHERE ctid = ANY (ARRAY(
        SELECT f.ctid FROM ${systemsOf('outbox')} AS s CROSS JOIN LATERAL (
          SELECT ctid FROM spawn.outbox o
          WHERE o.system = s.system AND o.box = ${boxNumber('fact')} AND o.due_at_ms <= $1
          ORDER BY o.due_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED) AS f
        LIMIT $2 - (SELECT count(*) FROM outcomes) - (SELECT count(*) FROM revisions)))
      RETURNING 1)
    SELECT (SELECT count(*) FROM outcomes) + (SELECT count(*) FROM revisions) + (SELECT count(*) FROM facts)`,
}
/** No statement is in doubt for so long: see sql/lanes.ts. */
const FORGET_WRITERS: Statement = {
  name: 'spawn_forget_writers',
  text: "DELETE FROM spawn.writers WHERE used_at < now() - interval '7 days'",
}

export function pastStatements(database: Database): PastStatements {
  return {
    byNumber: (id, revision) => database.read(BY_NUMBER, [...address(id), revision]),
    byTime: (id, atMs) => database.read(BY_TIME, [...address(id), atMs]),
    revisions: (id, before, limit) => database.read(REVISIONS, [...address(id), before, limit]),
    async prune(nowMs, limit) {
      await database.read(FORGET_WRITERS, [])
      const [row] = await database.read(PRUNE, [nowMs, limit])
      return Number(row?.[0] ?? 0)
    },
  }
}

function address({ system, parent, name }: ActorId): Value[] {
  return [bytea(system), bytea(parent), bytea(name)]
}
