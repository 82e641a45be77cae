// The functions of commits since schema 3. They check and do what those of commit-functions.ts do; decides only how they find rows. A
// session keeps the plan of a function until the rows are counted anew, and a plan that was made among few rows goes through
// all of them, or takes an index that only leads past them: of the outbox that of what is due, of the past that of what expires.
// With many rows that is done for each group, or for each row of it.
//
// Invariants:
//  - Each row is looked for by itself, in a way that leaves no other one than a look-up in one index: by all columns of a key, of which no
//    other join can be made; or in an order that only this index has, and then what was found is taken by where it lies in its
//    table. Nothing is said in the words of another index. Rows are locked in the order asked.
//  - When another transaction has changed what was found since, it is not there any more, or what it is now counts, by the version
//    of Postgres: so either must do.
//  - A released function is never changed.

import { BY_INDEX, commitFunction, type LookUp, NEEDS_NOT_MET, RECOUNT_VALUES } from './commit-functions.ts'

const BY_ONE_INDEX = `${BY_INDEX} SET enable_sort = off SET enable_incremental_sort = off`

/**
 * By what `u` says of a key. As one of a list, its first column is nothing that rows could be joined in the order of: so a join does not
 * begin with the table.
 */
function lookUp(first: string, ...others: readonly string[]): LookUp {
  const conditions = others.map((column) => `a.${column} = u.${column}`).join(' AND ')
  return { found: '', is: `a.${first} = ANY (ARRAY[u.${first}]) AND ${conditions}` }
}

const ACTOR = lookUp('system', 'parent', 'name')

/** As a range, ids have an order, and only the primary key has them in it. */
const ENVELOPE = `CROSS JOIN LATERAL (SELECT t.ctid AS at FROM spawn.outbox t
        WHERE t.system = u.system AND t.id >= u.id AND t.id <= u.id ORDER BY t.id) AS f`
const IN_TIME = '(u.due IS NULL OR e.due_at_ms = u.due)'

const THIS_WAVE = 'u.expires IS NOT NULL AND coalesce(u.wave, 0) = this_wave'
const OF_ACTOR = 'c.system = u.system AND c.parent = u.parent AND c.name = u.name'
/** The newest revision that is not to be counted. */
const CUT = `SELECT c.revision FROM spawn.past c WHERE ${OF_ACTOR} ORDER BY c.revision DESC OFFSET u.keeps LIMIT 1`

/**
 * Counted are the newest revisions of the past, as many as the policy says; the others go when they have expired. They stand
 * together: below one that is not counted there is none, and above the first that is, all are. As a number, whether one is counted
 * says nothing to the indexes of those that are not.
 */
const RECOUNT = `CREATE FUNCTION spawn.recount_2(${RECOUNT_VALUES}) RETURNS void
LANGUAGE plpgsql ${BY_ONE_INDEX} AS $$
DECLARE
  at_once int8 := 2;
  gone int8;
BEGIN
  UPDATE spawn.past a SET is_counted = false
    FROM unnest(u_wave, u_system, u_parent, u_name, u_keeps, u_expires)
      AS u (wave, system, parent, name, keeps, expires)
    CROSS JOIN LATERAL (SELECT cut.revision AS last, (SELECT c.revision FROM spawn.past c
        WHERE ${OF_ACTOR} AND c.is_counted::int4 = 0 AND c.revision <= cut.revision
        ORDER BY c.revision DESC LIMIT 1) AS before
      FROM (${CUT}) AS cut OFFSET 0) AS span
    CROSS JOIN LATERAL (SELECT c.ctid AS at FROM spawn.past c
      WHERE ${OF_ACTOR} AND c.revision > coalesce(span.before, 0) AND c.revision <= span.last OFFSET 0) AS f
    WHERE ${THIS_WAVE} AND a.ctid = f.at;
  UPDATE spawn.past a SET is_counted = true
    FROM unnest(u_wave, u_system, u_parent, u_name, u_keeps, u_expires)
      AS u (wave, system, parent, name, keeps, expires)
    CROSS JOIN LATERAL (SELECT cut.revision AS before, (SELECT c.revision FROM spawn.past c
        WHERE ${OF_ACTOR} AND c.is_counted AND c.revision > cut.revision ORDER BY c.revision LIMIT 1) AS behind
      FROM (SELECT coalesce((${CUT}), 0) AS revision OFFSET 0) AS cut OFFSET 0) AS span
    CROSS JOIN LATERAL (SELECT c.ctid AS at FROM spawn.past c
      WHERE ${OF_ACTOR} AND c.revision > span.before AND c.revision < span.behind OFFSET 0) AS f
    WHERE ${THIS_WAVE} AND a.ctid = f.at;
  LOOP
    DELETE FROM spawn.past a
      USING unnest(u_wave, u_system, u_parent, u_name, u_at, u_expires) AS u (wave, system, parent, name, at, expires)
      CROSS JOIN LATERAL (SELECT c.ctid AS at, c.expires_at_ms FROM spawn.past c
        WHERE c.system = u.system AND c.parent = u.parent AND c.name >= u.name AND c.name <= u.name
          AND NOT c.is_counted
        ORDER BY c.name, c.expires_at_ms LIMIT at_once) AS f
      WHERE ${THIS_WAVE} AND f.expires_at_ms <= u.at AND a.ctid = f.at;
    GET DIAGNOSTICS gone = ROW_COUNT;
    EXIT WHEN gone < at_once;
    at_once := at_once * 4;
  END LOOP;
END $$`

const COMMIT = commitFunction({
  name: 'commit_2',
  settings: BY_ONE_INDEX,
  recount: 'recount_2',
  actor: ACTOR,
  past: ACTOR,
  // As a sum it says nothing to the index of what expires.
  staleOutcome: { ...ACTOR, is: `${ACTOR.is} AND a.key = u.key AND a.expires_at_ms + 0 <= u.stale` },
  take: `DELETE FROM spawn.outbox e USING unnest(t_system, t_id, t_due) AS u (system, id, due)
      ${ENVELOPE} WHERE e.ctid = f.at AND ${IN_TIME}`,
  renew: `SELECT FROM unnest(r_system, r_id, r_due) AS u (system, id, due)
        ${ENVELOPE} JOIN spawn.outbox e ON e.ctid = f.at AND ${IN_TIME} FOR UPDATE OF e`,
  // One that is changed between the finding and the taking would stay, and what is sent under its id would keep its place.
  sweep: `WITH found AS MATERIALIZED (SELECT f.at FROM unnest(w_system, w_id) AS u (system, id)
        ${ENVELOPE}),
      gone AS (DELETE FROM spawn.outbox e USING found f WHERE e.ctid = f.at RETURNING 1)
      SELECT count(*), (SELECT count(*) FROM gone) INTO needed, met FROM found;
    IF met <> needed THEN
      RAISE EXCEPTION 'an envelope was changed meanwhile' USING ERRCODE = '${NEEDS_NOT_MET}';
    END IF`,
})

/** In the order in which they are made. */
export const STEADY_FUNCTIONS: readonly string[] = [RECOUNT, COMMIT]
