// The statement that commits a whole group. Decides in which order things are checked and done; what is checked and done
// comes with it, from sql/group-plan.ts, as commit-parts.ts writes it down.
//
// Invariants:
//  - What does not stand as it must ends the block, and nothing of it is applied.
//  - Rows are locked in one order everywhere: the lane, actors, outcomes, places, envelopes; each kind as the plan has it.
//  - Places are given under the lock of their system's row, which is held until the commit: so envelopes come to stand in
//    the order of their places, and who has read one has missed none before it.

import { ENTER, GO_ON, HANDLERS, LANE, LEAVE, PASS_ON, REFUSED } from './block.ts'
import { INLINE_COLUMNS } from './inline-actors.ts'
import { ADDRESS, ID, NUMBER, rowsOf, SAME_ACTOR } from './json-rows.ts'

/**
 * The rows of each list, column by column. A length that is null: there are no such bytes. Those of a row lie one behind
 * the other, from `starts` on; but for the last one where `large` says where it lies among the large ones.
 */
export const LATEST = {
  ...ADDRESS,
  follows: NUMBER,
  birth: NUMBER,
  revision: NUMBER,
  epoch: NUMBER,
  at_ms: NUMBER,
  starts: NUMBER,
  tags: NUMBER,
  type: NUMBER,
  state: NUMBER,
  large: NUMBER,
} as const
/** Of revisions that are replaced: how many of the past their policy keeps, and this one until when. */
export const POLICY = {
  ...ADDRESS,
  follows: NUMBER,
  birth: NUMBER,
  at_ms: NUMBER,
  keeps: NUMBER,
  expires_at_ms: NUMBER,
} as const
export const NEED = { ...ADDRESS, revision: NUMBER, birth: NUMBER } as const
export const OUTCOME = {
  ...ADDRESS,
  its_key: 'VARBINARY(512)',
  expires_at_ms: NUMBER,
  stale_at_ms: NUMBER,
  starts: NUMBER,
  type: NUMBER,
  reply: NUMBER,
  large: NUMBER,
} as const
/** `facts`: how many of what is sent there are. */
export const PLACES = { system: 'VARBINARY(512)', given: NUMBER, facts: NUMBER } as const
export const TAKEN = { system: 'VARBINARY(512)', id: ID, due_at_ms: NUMBER } as const
/** `behind`: how many of the same system come after it. */
export const SENT = {
  system: 'VARBINARY(512)',
  id: ID,
  behind: NUMBER,
  box: NUMBER,
  due_at_ms: NUMBER,
  starts: NUMBER,
  header: NUMBER,
  type: NUMBER,
  payload: NUMBER,
  large: NUMBER,
} as const

export const REFUSE = `SIGNAL SQLSTATE '${REFUSED}'`
const TOO_LARGE = `SIGNAL SQLSTATE '45S04' SET MESSAGE_TEXT = 'values are larger than max_allowed_packet'`

/**
 * Rows with what they have of the bytes that are not large. These are named once: the server writes down for its logs what a
 * variable of the block holds, each time, but not what one of the session does.
 */
const withBytes = (rows: string, last: string, ...others: readonly string[]): string => {
  const lengths = [
    ...others.map((each) => `IFNULL(u.${each}, 0)`),
    `IF(u.large IS NULL, IFNULL(u.${last}, 0), 0)`,
  ]
  return `(SELECT u.*, SUBSTR(its_bytes, u.starts, ${lengths.join(' + ')}) AS part FROM ${rows}) AS u`
}

/** The last bytes of a row. All of the large ones are copied each time that they are named. */
const lastBytes = (last: string, behind: string): string =>
  `IF(u.large IS NULL, SUBSTR(u.part, 1 + ${behind}, u.${last}), SUBSTR(@spawn_large, u.large, u.${last}))`

/** As a part of a number: counts the rows that a statement goes through. See json-rows.ts. */
const COUNT_ROW = '0 * (@spawn_rows := @spawn_rows + 1)'
const counted = (rows: string): string =>
  `IF NOT (@spawn_rows <=> JSON_LENGTH(${rows})) THEN ${REFUSE}; END IF;`

/** A column takes its new value where that revision stands which the new one follows; none is 0. */
export const update = (follows: string, birth: string): string =>
  ['epoch', 'committed_at_ms', 'tags', 'state_type', 'state', 'revision']
    .map(
      (
        column,
      ) => `${column} = IF(spawn_actors.revision = ${follows} AND spawn_actors.birth = ${birth}, VALUES(${column}),
          spawn_actors.${column})`,
    )
    .join(',\n        ')

/**
 * An insert counts as one row, an update as two, and one that stays as it is not at all: so the sum, the score, tells whether all of them
 * did as they should. Each column of the condition changes last.
 */
export const hasScored = (score: string): string =>
  `IF NOT (ROW_COUNT() <=> ${score}) THEN ${REFUSE}; END IF;`

const WRITE_LATEST = `
      INSERT INTO spawn_actors
        (system, parent, name, revision, birth, epoch, committed_at_ms, tags, state_type, state)
      SELECT u.system, u.parent, u.name, u.revision, u.birth, u.epoch, u.at_ms,
        SUBSTR(u.part, 1, u.tags), SUBSTR(u.part, 1 + IFNULL(u.tags, 0), u.type),
        ${lastBytes('state', 'IFNULL(u.tags, 0) + u.type')}
      FROM ${withBytes(rowsOf('wave_actors', LATEST), 'state', 'tags', 'type')}
      ON DUPLICATE KEY UPDATE
        ${update('u.follows', 'u.birth')};
      ${hasScored("CAST(JSON_VALUE(its_scores, CONCAT('$[', wave, ']')) AS INT)")}`

const INLINE_ROW = `(${INLINE_COLUMNS.map(() => '?').join(', ')})`

/** Rows that follow the revision below their own, as values of the text; a row that comes twice changes nothing more. */
const writeInline = (rows: number): string => `
    IF wave = 0 THEN
      INSERT INTO spawn_actors (${INLINE_COLUMNS.join(', ')})
      VALUES ${Array.from({ length: rows }, () => INLINE_ROW).join(', ')}
      ON DUPLICATE KEY UPDATE
        ${update('VALUES(revision) - 1', 'VALUES(birth)')};
      ${hasScored('its_inline_score')}
    END IF;`

/** A revision that is to be replaced goes to the past. */
const REMEMBER = `
      INSERT INTO spawn_past (system, parent, name, revision, birth, epoch, committed_at_ms, tags, state_type, state,
          replaced_at_ms, expires_at_ms, is_counted)
        SELECT a.system, a.parent, a.name, a.revision, a.birth, a.epoch, a.committed_at_ms, a.tags, a.state_type,
          a.state, u.at_ms, u.expires_at_ms, 1
        FROM ${rowsOf('wave_policies', POLICY)}
        STRAIGHT_JOIN spawn_actors AS a ON ${SAME_ACTOR} AND a.revision = u.follows AND a.birth = u.birth;
      IF NOT (ROW_COUNT() <=> JSON_LENGTH(wave_policies)) THEN ${REFUSE}; END IF;`

const OF_KEPT = 'system = kept.system AND parent = kept.parent AND name = kept.name'

/** Counted are the newest revisions of the past, as many as the policy says; the others go when they have expired. */
const RECOUNT = `
      SET @spawn_rows = 0;
      FOR kept IN (SELECT * FROM ${rowsOf('wave_policies', POLICY)}) DO
        SET @spawn_rows = @spawn_rows + 1, its_keeps = kept.keeps;
        SET its_cut = (SELECT revision FROM spawn_past FORCE INDEX (PRIMARY)
          WHERE ${OF_KEPT} ORDER BY revision DESC LIMIT its_keeps, 1);
        UPDATE spawn_past FORCE INDEX (by_actor) SET is_counted = 0
          WHERE ${OF_KEPT} AND is_counted = 1 AND revision <= its_cut;
        UPDATE spawn_past FORCE INDEX (PRIMARY) SET is_counted = 1
          WHERE ${OF_KEPT} AND is_counted = 0 AND revision > IFNULL(its_cut, 0);
        DELETE FROM spawn_past
          WHERE ${OF_KEPT} AND is_counted = 0 AND expires_at_ms <= kept.at_ms;
      END FOR;
      ${counted('wave_policies')}`

const ofWave = (list: string): string =>
  `IF(its_waves = 1, ${list}, JSON_EXTRACT(${list}, CONCAT('$[', wave, ']')))`

const FORGETTING = `${rowsOf('wave_forgotten', ADDRESS)} STRAIGHT_JOIN spawn_past AS a ON ${SAME_ACTOR}`

/** Who has no policy drops the past that others have left; that is seldom there. */
export const forget = (addresses: string): string => `
    IF EXISTS (SELECT 1 FROM spawn_past LIMIT 1) THEN
      SET wave_forgotten = ${addresses};
      DELETE a FROM ${FORGETTING};
      IF EXISTS (SELECT 1 FROM ${FORGETTING}) THEN ${REFUSE}; END IF;
    END IF;`

const FORGET = `
    IF its_forgotten IS NOT NULL THEN${forget(ofWave('its_forgotten'))}
    END IF;`

/** Of an actor with several revisions in one group, the first is in wave 0, the next in wave 1, and so on. */
const actors = (inlineRows: number): string => `
  WHILE wave < its_waves DO
    IF its_policies IS NOT NULL THEN
      SET wave_policies = ${ofWave('its_policies')};${REMEMBER}
    END IF;${inlineRows === 0 ? '' : writeInline(inlineRows)}
    IF its_actors IS NOT NULL THEN
      SET wave_actors = ${ofWave('its_actors')};${WRITE_LATEST}
    END IF;
    IF its_policies IS NOT NULL THEN${RECOUNT}
    END IF;${FORGET}
    SET wave = wave + 1;
  END WHILE;`

/** Actors that are not changed, and must stand all the same; revision 0: that must not. */
const NEEDS = `
  IF its_needs IS NOT NULL THEN
    SELECT COUNT(*), IFNULL(SUM(a.revision = u.revision AND a.birth = u.birth), 0) INTO found, fitting
      FROM ${rowsOf('its_needs', NEED)} STRAIGHT_JOIN spawn_actors AS a ON ${SAME_ACTOR} FOR UPDATE;
    IF NOT (found <=> its_standing AND fitting <=> its_standing) THEN ${REFUSE}; END IF;
  END IF;`

/** A key that is kept until later is in the way; one that has expired makes room. */
const OUTCOMES = `
  IF its_outcomes IS NOT NULL THEN
    DELETE a FROM ${rowsOf('its_outcomes', OUTCOME, { columns: ['name', 'parent', 'system', 'its_key', 'stale_at_ms'] })}
      STRAIGHT_JOIN spawn_outcomes AS a ON ${SAME_ACTOR} AND a.its_key = u.its_key
      WHERE a.expires_at_ms <= u.stale_at_ms;
    INSERT INTO spawn_outcomes (system, parent, name, its_key, expires_at_ms, reply_type, reply)
      SELECT u.system, u.parent, u.name, u.its_key, u.expires_at_ms,
        SUBSTR(u.part, 1, u.type), ${lastBytes('reply', 'u.type')}
      FROM ${withBytes(rowsOf('its_outcomes', OUTCOME), 'reply', 'type')};
    IF NOT (ROW_COUNT() <=> JSON_LENGTH(its_outcomes)) THEN ${REFUSE}; END IF;
  END IF;`

const SAME_ENVELOPE = 'a.system = u.system AND a.id = u.id'
const IN_TIME = '(u.due_at_ms IS NULL OR a.due_at_ms = u.due_at_ms)'

/** The lock on places comes before any on envelopes, so that two that send and take do not wait for each other. */
const ENVELOPES = `
  IF its_places IS NOT NULL THEN
    SET @spawn_rows = 0;
    INSERT INTO spawn_places (system, last_place, last_fact_place)
      SELECT u.system, u.given + ${COUNT_ROW}, IF(u.facts > 0, u.given, 0) FROM ${rowsOf('its_places', PLACES)}
      ON DUPLICATE KEY UPDATE last_place = spawn_places.last_place + u.given,
        last_fact_place = IF(u.facts > 0, spawn_places.last_place, spawn_places.last_fact_place);
    ${counted('its_places')}
  END IF;
  IF its_taken IS NOT NULL THEN
    DELETE a FROM ${rowsOf('its_taken', TAKEN)} STRAIGHT_JOIN spawn_outbox AS a ON ${SAME_ENVELOPE} WHERE ${IN_TIME};
    IF NOT (ROW_COUNT() <=> JSON_LENGTH(its_taken)) THEN ${REFUSE}; END IF;
  END IF;
  IF its_renewed IS NOT NULL THEN
    SELECT COUNT(*) INTO found FROM ${rowsOf('its_renewed', TAKEN)}
      STRAIGHT_JOIN spawn_outbox AS a ON ${SAME_ENVELOPE} WHERE ${IN_TIME} FOR UPDATE;
    IF NOT (found <=> JSON_LENGTH(its_renewed)) THEN ${REFUSE}; END IF;
  END IF;
  IF its_swept IS NOT NULL THEN
    SET @spawn_rows = 0;
    DELETE a FROM ${rowsOf('its_swept', TAKEN)} LEFT JOIN spawn_outbox AS a ON ${SAME_ENVELOPE}
      WHERE (@spawn_rows := @spawn_rows + 1) > 0;
    ${counted('its_swept')}
  END IF;
  IF its_sent IS NOT NULL THEN
    SET @spawn_rows = 0;
    INSERT INTO spawn_outbox (system, place, id, box, due_at_ms, header, payload_type, payload)
      SELECT u.system, p.last_place - u.behind, u.id, u.box + ${COUNT_ROW}, u.due_at_ms,
        SUBSTR(u.part, 1, u.header), SUBSTR(u.part, 1 + u.header, u.type),
        ${lastBytes('payload', 'u.header + u.type')}
      FROM ${withBytes(rowsOf('its_sent', SENT), 'payload', 'header', 'type')}
      STRAIGHT_JOIN spawn_places AS p ON p.system = u.system
      ON DUPLICATE KEY UPDATE box = VALUES(box), due_at_ms = VALUES(due_at_ms), header = VALUES(header),
        payload_type = VALUES(payload_type), payload = VALUES(payload);
    ${counted('its_sent')}
  END IF;`

export const TEXT = 'LONGTEXT CHARACTER SET utf8mb4'

/** Which text a commit has. */
export interface CommitForm {
  /** How many rows of actors stand in it. */
  readonly rows: number
  /** How many pieces the large bytes come in. */
  readonly pieces: number
}

/** The session's, so that its value is not written down for the logs. Not all of it there: it was too large for the server. */
const large = (pieces: number): string => `
  DECLARE its_large BIGINT DEFAULT ?;
  DECLARE its_found BIGINT DEFAULT LENGTH(@spawn_large := ${pieces === 0 ? "X''" : `CONCAT(${Array.from({ length: pieces }, () => '?').join(', ')})`});`

const commitText = ({ pieces, rows }: CommitForm): string => `BEGIN NOT ATOMIC${LANE}
  DECLARE its_part INT DEFAULT ?;
  DECLARE it_ends TINYINT DEFAULT ?;
  DECLARE its_waves INT DEFAULT ?;
  DECLARE its_inline_score INT DEFAULT ?;
  DECLARE its_scores ${TEXT} DEFAULT ?;
  DECLARE its_actors ${TEXT} DEFAULT ?;
  DECLARE its_policies ${TEXT} DEFAULT ?;
  DECLARE its_forgotten ${TEXT} DEFAULT ?;
  DECLARE its_needs ${TEXT} DEFAULT ?;
  DECLARE its_standing INT DEFAULT ?;
  DECLARE its_outcomes ${TEXT} DEFAULT ?;
  DECLARE its_places ${TEXT} DEFAULT ?;
  DECLARE its_taken ${TEXT} DEFAULT ?;
  DECLARE its_renewed ${TEXT} DEFAULT ?;
  DECLARE its_swept ${TEXT} DEFAULT ?;
  DECLARE its_sent ${TEXT} DEFAULT ?;
  DECLARE its_bytes LONGBLOB DEFAULT ?;${large(pieces)}
  DECLARE wave INT DEFAULT 0;
  DECLARE wave_actors, wave_policies, wave_forgotten ${TEXT};
  DECLARE its_keeps, its_cut, found, fitting BIGINT DEFAULT 0;
  ${HANDLERS}
  IF NOT (its_found <=> its_large) THEN ${TOO_LARGE}; END IF;
  IF its_part = 0 THEN${ENTER}
  ELSE${GO_ON}
  END IF;${actors(rows)}${NEEDS}${OUTCOMES}${ENVELOPES}
  IF it_ends THEN${LEAVE}
  ELSE${PASS_ON}
  END IF;
END`

const texts = new Map<number, string>()

/** A group that is too large for one packet comes in several blocks, of which the first, number 0, begins and the last commits. */
export function commitStatement(form: CommitForm): string {
  const key = form.rows * 1_000 + form.pieces
  let text = texts.get(key)
  if (text === undefined) texts.set(key, (text = commitText(form)))
  return text
}

/** Removes an actor with its past and its outcomes, if it stands as it must. */
export const DELETE = `BEGIN NOT ATOMIC${LANE}
  DECLARE its_system, its_parent, its_name VARBINARY(512);
  DECLARE its_follows, its_birth, found BIGINT;
  ${HANDLERS}
  SET its_system = ?, its_parent = ?, its_name = ?, its_follows = ?, its_birth = ?;${ENTER}
  IF its_follows = 0 THEN
    SELECT COUNT(*) INTO found FROM spawn_actors
      WHERE system = its_system AND parent = its_parent AND name = its_name FOR UPDATE;
    IF found > 0 THEN ${REFUSE}; END IF;
  ELSE
    DELETE FROM spawn_actors WHERE system = its_system AND parent = its_parent AND name = its_name
      AND revision = its_follows AND birth = its_birth;
    IF ROW_COUNT() = 0 THEN ${REFUSE}; END IF;
  END IF;
  DELETE FROM spawn_past WHERE system = its_system AND parent = its_parent AND name = its_name;
  DELETE FROM spawn_outcomes WHERE system = its_system AND parent = its_parent AND name = its_name;${LEAVE}
END`
