// How revisions of the past are read, and what goes when it has expired. Decides nothing but the statements; see sql/past.ts.

import { assert } from '../../base/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { boxNumber } from '../sql/box-number.ts'
import type { PastStatements } from '../sql/past.ts'
import { CHECK_PRIMARY } from './block.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { REVISION, STATE } from './rows.ts'

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

/**
 * Facts of a system that are over. Asked for its own way, a deletion would go through all that stand there; and those that another
 * member is just dropping are left to it.
 */
const DROP_FACTS = `
    DELETE a FROM (SELECT system, place FROM spawn_outbox FORCE INDEX (by_due)
        WHERE system = each_one.system AND box = ${boxNumber('fact')} AND due_at_ms <= its_now
        ORDER BY due_at_ms, place LIMIT its_limit FOR UPDATE SKIP LOCKED) AS u
      STRAIGHT_JOIN spawn_outbox AS a ON a.system = u.system AND a.place = u.place;
    SET its_limit = its_limit - ROW_COUNT();`

/** Writers go when no statement of theirs can be in doubt any more: see sql/lanes.ts. */
const prune = (nowMs: number, limit: number): string => `BEGIN NOT ATOMIC
  DECLARE its_now BIGINT DEFAULT ${whole(nowMs)};
  DECLARE its_limit BIGINT DEFAULT ${whole(limit)};${CHECK_PRIMARY}
  DELETE FROM spawn_writers WHERE used_at < UTC_TIMESTAMP() - INTERVAL 7 DAY LIMIT 1000;
  DELETE FROM spawn_outcomes WHERE expires_at_ms <= its_now ORDER BY expires_at_ms LIMIT its_limit;
  SET its_limit = its_limit - ROW_COUNT();
  DELETE FROM spawn_past WHERE is_counted = 0 AND expires_at_ms <= its_now ORDER BY expires_at_ms LIMIT its_limit;
  SET its_limit = its_limit - ROW_COUNT();
  FOR each_one IN (SELECT system FROM spawn_places WHERE last_fact_place > 0) DO${DROP_FACTS}
  END FOR;
  SELECT ${whole(limit)} - its_limit;
END`

export function pastStatements(database: Database): PastStatements {
  return {
    byNumber: (id, revision) => database.read(BY_NUMBER, twice(id, revision)),
    byTime: (id, atMs) => database.read(BY_TIME, twice(id, atMs)),
    revisions: (id, before, limit) => database.read(REVISIONS, [...twice(id, before), limit, limit]),
    prune: async (nowMs, limit) =>
      Number(await database.ask((connection) => connection.told(prune(Math.floor(nowMs), limit)))),
  }
}

/** As it stands in a statement. */
function whole(value: number): string {
  assert(Number.isSafeInteger(value), 'what stands in a statement is a whole number')
  return String(value)
}

/** Of the latest revision, and of those of the past. */
function twice({ system, parent, name }: ActorId, asked: number): Value[] {
  const values = [Buffer.from(system), Buffer.from(parent), Buffer.from(name), asked]
  return [...values, ...values]
}
