// The part of the store that runs in the database: a commit of a whole group in one statement, and what settles one whose
// answer got lost. Decides in which order things are checked and done; what is checked and done comes with the call, from
// sql/group-plan.ts.
//
// Invariants:
//  - All of a call is applied, or nothing: whatever does not stand as it must is an error that aborts the transaction.
//  - A released function is never changed: members of two releases share a database. A new one has a new name.
//  - Places are given under a lock of their system, which is held until the commit: so envelopes come to stand in the
//    order of their places, and who has read one has missed none before it. No place is given twice, in any system.

/** Something does not stand as the plan needs it. */
export const NEEDS_NOT_MET = 'SP001'
/** The lane's number was used, or settled, before. */
export const SUPERSEDED = 'SP002'
/** The lane is not known any more. */
export const LANE_LOST = 'SP003'

/** Plans go by the index for the rows of a call, however small a table is when the plan is made and however it grows. */
export const BY_INDEX = `SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan SET jit = off`

const SAME_ACTOR = 'a.system = u.system AND a.parent = u.parent AND a.name = u.name'
const SAME_ENVELOPE = 'e.system = u.system AND e.id = u.id'

const ENTER = `CREATE FUNCTION spawn.enter_1(its_writer int8, its_lane int4, its_sequence int8) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE spawn.writers SET sequence = its_sequence, is_burnt = false, used_at = now()
    WHERE writer = its_writer AND lane = its_lane AND sequence < its_sequence;
  IF FOUND THEN RETURN; END IF;
  IF EXISTS (SELECT FROM spawn.writers WHERE writer = its_writer AND lane = its_lane) THEN
    RAISE EXCEPTION 'this number of the lane was used' USING ERRCODE = '${SUPERSEDED}';
  END IF;
  IF its_sequence > 1 THEN
    RAISE EXCEPTION 'the lane is not known' USING ERRCODE = '${LANE_LOST}';
  END IF;
  INSERT INTO spawn.writers (writer, lane, sequence) VALUES (its_writer, its_lane, its_sequence)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this number of the lane was used' USING ERRCODE = '${SUPERSEDED}';
  END IF;
END $$`

const SETTLE = `CREATE FUNCTION spawn.settle_1(its_writer int8, its_lane int4, its_sequence int8) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  last int8;
  burnt boolean;
BEGIN
  LOOP
    SELECT sequence, is_burnt INTO last, burnt FROM spawn.writers
      WHERE writer = its_writer AND lane = its_lane FOR UPDATE;
    IF FOUND THEN
      IF last > its_sequence THEN
        RAISE EXCEPTION 'a later number of the lane was used' USING ERRCODE = '${SUPERSEDED}';
      END IF;
      IF last = its_sequence THEN RETURN NOT burnt; END IF;
      UPDATE spawn.writers SET sequence = its_sequence, is_burnt = true, used_at = now()
        WHERE writer = its_writer AND lane = its_lane;
      RETURN false;
    END IF;
    INSERT INTO spawn.writers (writer, lane, sequence, is_burnt)
      VALUES (its_writer, its_lane, its_sequence, true) ON CONFLICT DO NOTHING;
    IF FOUND THEN RETURN false; END IF;
  END LOOP;
END $$`

const DELETE = `CREATE FUNCTION spawn.delete_1(its_writer int8, its_lane int4, its_sequence int8,
  its_system bytea, its_parent bytea, its_name bytea, its_follows int8, its_birth int8) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM spawn.enter_1(its_writer, its_lane, its_sequence);
  IF its_follows = 0 THEN
    IF EXISTS (SELECT FROM spawn.actors
      WHERE system = its_system AND parent = its_parent AND name = its_name) THEN
      RAISE EXCEPTION 'the actor is stored' USING ERRCODE = '${NEEDS_NOT_MET}';
    END IF;
  ELSE
    DELETE FROM spawn.actors WHERE system = its_system AND parent = its_parent AND name = its_name
      AND revision = its_follows AND birth = its_birth;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the actor is not stored at this revision' USING ERRCODE = '${NEEDS_NOT_MET}';
    END IF;
  END IF;
  DELETE FROM spawn.past WHERE system = its_system AND parent = its_parent AND name = its_name;
  DELETE FROM spawn.outcomes WHERE system = its_system AND parent = its_parent AND name = its_name;
END $$`

/** Latest revisions. Of an actor with several in one call, the first is in wave 0, the next in wave 1, and so on. */
const actors = ({ actor, past, recount }: CommitVersion): string => `
  IF n_name IS NOT NULL THEN
    INSERT INTO spawn.actors (system, parent, name, revision, birth, epoch, committed_at_ms, tags, state_type, state)
      SELECT * FROM unnest(n_system, n_parent, n_name, n_revision, n_birth, n_epoch, n_at, n_tags, n_type, n_state);
  END IF;
  IF u_name IS NOT NULL THEN
    FOR this_wave IN 0 .. CASE WHEN u_wave IS NULL THEN 0 ELSE (SELECT max(w) FROM unnest(u_wave) w) END LOOP
      IF u_expires IS NOT NULL THEN
        INSERT INTO spawn.past (system, parent, name, revision, birth, epoch, committed_at_ms, tags, state_type,
            state, replaced_at_ms, expires_at_ms, is_counted)
          SELECT a.system, a.parent, a.name, a.revision, a.birth, a.epoch, a.committed_at_ms, a.tags, a.state_type,
            a.state, u.at, u.expires, true
          FROM unnest(u_wave, u_system, u_parent, u_name, u_at, u_expires)
            AS u (wave, system, parent, name, at, expires)${actor.found}
          JOIN spawn.actors a ON ${actor.is}
          WHERE u.expires IS NOT NULL AND coalesce(u.wave, 0) = this_wave;
      END IF;
      WITH changed AS (
        UPDATE spawn.actors a SET revision = u.revision, epoch = u.epoch, committed_at_ms = u.at, tags = u.tags,
            state_type = u.type, state = u.state, has_past = a.has_past OR u.expires IS NOT NULL
          FROM unnest(u_wave, u_system, u_parent, u_name, u_follows, u_birth, u_revision, u_epoch, u_at, u_tags,
              u_type, u_state, u_expires)
            AS u (wave, system, parent, name, follows, birth, revision, epoch, at, tags, type, state, expires)${actor.found}
          WHERE ${actor.is} AND a.revision = u.follows AND a.birth = u.birth AND coalesce(u.wave, 0) = this_wave
          RETURNING a.has_past AND u.expires IS NULL AS drops)
        SELECT count(*), count(*) FILTER (WHERE drops) INTO met, dropping FROM changed;
      IF u_wave IS NULL THEN needed := cardinality(u_name);
      ELSE SELECT count(*) INTO needed FROM unnest(u_wave) w WHERE w = this_wave;
      END IF;
      IF met <> needed THEN
        RAISE EXCEPTION 'an actor is not stored at this revision' USING ERRCODE = '${NEEDS_NOT_MET}';
      END IF;
      IF dropping > 0 THEN
        DELETE FROM spawn.past a USING unnest(u_wave, u_system, u_parent, u_name, u_expires)
            AS u (wave, system, parent, name, expires)${past.found}
          WHERE ${past.is} AND u.expires IS NULL AND coalesce(u.wave, 0) = this_wave;
        UPDATE spawn.actors a SET has_past = false
          FROM unnest(u_wave, u_system, u_parent, u_name, u_expires) AS u (wave, system, parent, name, expires)${actor.found}
          WHERE ${actor.is} AND a.has_past AND u.expires IS NULL AND coalesce(u.wave, 0) = this_wave;
      END IF;
      IF u_expires IS NOT NULL THEN
        PERFORM spawn.${recount}(u_system, u_parent, u_name, u_at, u_keeps, u_expires, u_wave, this_wave);
      END IF;
    END LOOP;
  END IF;`

/** Counted are the newest revisions of the past, as many as the policy says; the others go when they have expired. */
export const RECOUNT_VALUES = `u_system bytea[], u_parent bytea[], u_name bytea[], u_at int8[],
  u_keeps int8[], u_expires int8[], u_wave int4[], this_wave int4`
const RECOUNT = `CREATE FUNCTION spawn.recount_1(${RECOUNT_VALUES}) RETURNS void
LANGUAGE plpgsql ${BY_INDEX} AS $$
BEGIN
  UPDATE spawn.past a SET is_counted = false
    FROM unnest(u_wave, u_system, u_parent, u_name, u_keeps, u_expires)
      AS u (wave, system, parent, name, keeps, expires)
    CROSS JOIN LATERAL (SELECT c.revision FROM spawn.past c
      WHERE c.system = u.system AND c.parent = u.parent AND c.name = u.name
      ORDER BY c.revision DESC OFFSET u.keeps LIMIT 1) AS cut
    WHERE ${SAME_ACTOR} AND u.expires IS NOT NULL AND coalesce(u.wave, 0) = this_wave
      AND a.is_counted AND a.revision <= cut.revision
      -- they stand together: below one that is not counted there is none
      AND a.revision > coalesce((SELECT c.revision FROM spawn.past c
        WHERE c.system = u.system AND c.parent = u.parent AND c.name = u.name
          AND NOT c.is_counted AND c.revision <= cut.revision
        ORDER BY c.revision DESC LIMIT 1), 0);
  UPDATE spawn.past a SET is_counted = true
    FROM unnest(u_wave, u_system, u_parent, u_name, u_keeps, u_expires)
      AS u (wave, system, parent, name, keeps, expires)
    LEFT JOIN LATERAL (SELECT c.revision FROM spawn.past c
      WHERE c.system = u.system AND c.parent = u.parent AND c.name = u.name
      ORDER BY c.revision DESC OFFSET u.keeps LIMIT 1) AS cut ON true
    WHERE ${SAME_ACTOR} AND u.expires IS NOT NULL AND coalesce(u.wave, 0) = this_wave
      AND NOT a.is_counted AND a.revision > coalesce(cut.revision, 0);
  DELETE FROM spawn.past a
    USING unnest(u_wave, u_system, u_parent, u_name, u_at, u_expires) AS u (wave, system, parent, name, at, expires)
    WHERE ${SAME_ACTOR} AND u.expires IS NOT NULL AND coalesce(u.wave, 0) = this_wave
      AND NOT a.is_counted AND a.expires_at_ms <= u.at;
END $$`

/** Actors that are not changed, and must stand all the same; revision 0: that must not. */
const checks = ({ actor }: CommitVersion): string => `
  IF c_name IS NOT NULL THEN
    SELECT count(*) INTO met FROM (
      SELECT FROM unnest(c_system, c_parent, c_name, c_revision, c_birth) AS u (system, parent, name, revision, birth)${actor.found}
        JOIN spawn.actors a ON ${actor.is} AND a.revision = u.revision AND a.birth = u.birth FOR SHARE OF a) s;
    SELECT count(*) INTO needed FROM unnest(c_revision) r WHERE r > 0;
    IF met <> needed OR EXISTS (
      SELECT FROM unnest(c_system, c_parent, c_name, c_revision) AS u (system, parent, name, revision)${actor.found}
        JOIN spawn.actors a ON ${actor.is} WHERE u.revision = 0) THEN
      RAISE EXCEPTION 'an actor is not stored at this revision' USING ERRCODE = '${NEEDS_NOT_MET}';
    END IF;
  END IF;`

/** A key that is kept until later is in the way; one that has expired makes room. */
const outcomes = ({ staleOutcome }: CommitVersion): string => `
  IF o_name IS NOT NULL THEN
    INSERT INTO spawn.outcomes (system, parent, name, key, expires_at_ms, reply_type, reply)
      SELECT * FROM unnest(o_system, o_parent, o_name, o_key, o_expires, o_type, o_reply) ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS met = ROW_COUNT;
    IF met < cardinality(o_name) THEN
      DELETE FROM spawn.outcomes a USING unnest(o_system, o_parent, o_name, o_key, o_stale)
          AS u (system, parent, name, key, stale)${staleOutcome.found}
        WHERE ${staleOutcome.is}
          AND a.xmin <> pg_current_xact_id()::xid;
      INSERT INTO spawn.outcomes (system, parent, name, key, expires_at_ms, reply_type, reply)
        SELECT * FROM unnest(o_system, o_parent, o_name, o_key, o_expires, o_type, o_reply) ON CONFLICT DO NOTHING;
      GET DIAGNOSTICS needed = ROW_COUNT;
      IF met + needed <> cardinality(o_name) THEN
        RAISE EXCEPTION 'an outcome is kept already' USING ERRCODE = '${NEEDS_NOT_MET}';
      END IF;
    END IF;
  END IF;`

const TAKE = `DELETE FROM spawn.outbox e USING unnest(t_system, t_id, t_due) AS u (system, id, due)
      WHERE ${SAME_ENVELOPE} AND (u.due IS NULL OR e.due_at_ms = u.due)`
const RENEW = `SELECT FROM unnest(r_system, r_id, r_due) AS u (system, id, due)
        JOIN spawn.outbox e ON ${SAME_ENVELOPE} AND (u.due IS NULL OR e.due_at_ms = u.due) FOR UPDATE OF e`
const SWEEP = `DELETE FROM spawn.outbox e USING unnest(w_system, w_id) AS u (system, id) WHERE ${SAME_ENVELOPE}`

/** The lock for places comes before any on envelopes, so that two that send and take do not wait for each other. */
const envelopes = ({ renew, sweep, take }: EnvelopeLookUps): string => `
  IF l_key IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(l) FROM unnest(l_key) AS l;
  END IF;
  IF t_id IS NOT NULL THEN
    ${take};
    GET DIAGNOSTICS met = ROW_COUNT;
    IF met <> cardinality(t_id) THEN
      RAISE EXCEPTION 'an envelope does not stand' USING ERRCODE = '${NEEDS_NOT_MET}';
    END IF;
  END IF;
  IF r_id IS NOT NULL THEN
    SELECT count(*) INTO met FROM (
      ${renew}) s;
    IF met <> cardinality(r_id) THEN
      RAISE EXCEPTION 'an envelope does not stand' USING ERRCODE = '${NEEDS_NOT_MET}';
    END IF;
  END IF;
  IF w_id IS NOT NULL THEN
    ${sweep};
  END IF;
  IF s_id IS NOT NULL THEN
    INSERT INTO spawn.outbox (system, id, place, box, due_at_ms, header, payload_type, payload)
      SELECT u.system, u.id, nextval('spawn.place'), u.box, u.due, u.header, u.type, u.payload
      FROM unnest(s_system, s_id, s_box, s_due, s_header, s_type, s_payload)
        AS u (system, id, box, due, header, type, payload)
      ON CONFLICT (system, id) DO UPDATE SET box = excluded.box, due_at_ms = excluded.due_at_ms,
        header = excluded.header, payload_type = excluded.payload_type, payload = excluded.payload;
  END IF;`

/** How rows `a` of a table are found that are as `u` says. */
export interface LookUp {
  /** What they are found by; may be nothing but the condition. */
  readonly found: string
  readonly is: string
}

/** In what one version of the function may differ from another. */
export interface CommitVersion extends EnvelopeLookUps {
  readonly name: string
  readonly settings: string
  /** The function that says which of the past are counted. */
  readonly recount: string
  readonly actor: LookUp
  /** Of an actor. */
  readonly past: LookUp
  /** That are in the way of a new one, and may go. */
  readonly staleOutcome: LookUp
}

/** How rows of the outbox are found by their ids. */
interface EnvelopeLookUps {
  readonly take: string
  readonly renew: string
  readonly sweep: string
}

export const commitFunction = (
  version: CommitVersion,
): string => `CREATE FUNCTION spawn.${version.name}(its_writer int8, its_lane int4, its_sequence int8,
  n_system bytea[], n_parent bytea[], n_name bytea[], n_revision int8[], n_birth int8[], n_epoch int8[], n_at int8[],
  n_tags bytea[], n_type bytea[], n_state bytea[],
  u_wave int4[], u_system bytea[], u_parent bytea[], u_name bytea[], u_follows int8[], u_birth int8[],
  u_revision int8[], u_epoch int8[], u_at int8[], u_tags bytea[], u_type bytea[], u_state bytea[],
  u_keeps int8[], u_expires int8[],
  c_system bytea[], c_parent bytea[], c_name bytea[], c_revision int8[], c_birth int8[],
  o_system bytea[], o_parent bytea[], o_name bytea[], o_key bytea[], o_expires int8[], o_type bytea[],
  o_reply bytea[], o_stale int8[],
  l_key int8[],
  t_system bytea[], t_id bytea[], t_due int8[],
  r_system bytea[], r_id bytea[], r_due int8[],
  w_system bytea[], w_id bytea[],
  s_system bytea[], s_id bytea[], s_box int4[], s_due int8[], s_header bytea[], s_type bytea[],
  s_payload bytea[]) RETURNS void
LANGUAGE plpgsql ${version.settings} AS $$
DECLARE
  met int8;
  needed int8;
  dropping int8;
BEGIN
  PERFORM spawn.enter_1(its_writer, its_lane, its_sequence);${actors(version)}${checks(version)}${outcomes(version)}${envelopes(version)}
END $$`

const BY_CONDITION: LookUp = { found: '', is: SAME_ACTOR }

const COMMIT = commitFunction({
  name: 'commit_1',
  settings: BY_INDEX,
  recount: 'recount_1',
  actor: BY_CONDITION,
  past: BY_CONDITION,
  staleOutcome: { found: '', is: `${SAME_ACTOR} AND a.key = u.key AND a.expires_at_ms <= u.stale` },
  take: TAKE,
  renew: RENEW,
  sweep: SWEEP,
})

/** In the order in which they are made. */
export const FUNCTIONS: readonly string[] = [ENTER, SETTLE, DELETE, RECOUNT, COMMIT]
