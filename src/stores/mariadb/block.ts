// The frame of the blocks that change what is stored: statements that the server runs one after the other without a stop
// in between, in one transaction, in one round trip. Decides how a block begins, with the number of its lane
// (sql/lanes.ts), and what it answers however it ends: one that was applied ends without a word, for an answer is two more
// packets, for which the client wakes twice. And how a transaction goes on in the next block, which is sent with it.
//
// Invariant: a block that ends by itself has been applied whole, and then it answers nothing, or not at all, and then it says
// so. A block needs nothing in the database but the tables, so members of two releases can share them.

import { READ_ONLY } from './failures.ts'
import { IS_READ_ONLY } from './server.ts'

/** What a block answers that was not applied. */
export const ANSWER = { refused: 2, superseded: 3, laneLost: 4, partMissing: 5 } as const

/** What SETTLE answers. */
export const SETTLED = { applied: 11, burnt: 12 } as const

/** SQLSTATEs that no server uses. */
export const REFUSED = '45S01'
const SUPERSEDED = '45S02'
const LANE_LOST = '45S03'
const PART_MISSING = '45S05'
/** A key stands that must not: of an actor or an outcome. */
const DUPLICATE_KEY = 1_062

/** What goes for every block, behind its variables. */
export const HANDLERS = `
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
  DECLARE EXIT HANDLER FOR SQLSTATE '${REFUSED}', ${DUPLICATE_KEY} BEGIN ROLLBACK; SELECT ${ANSWER.refused}; END;
  DECLARE EXIT HANDLER FOR SQLSTATE '${SUPERSEDED}' BEGIN ROLLBACK; SELECT ${ANSWER.superseded}; END;
  DECLARE EXIT HANDLER FOR SQLSTATE '${LANE_LOST}' BEGIN ROLLBACK; SELECT ${ANSWER.laneLost}; END;
  DECLARE EXIT HANDLER FOR SQLSTATE '${PART_MISSING}' BEGIN ROLLBACK; SELECT ${ANSWER.partMissing}; END;`

export const LANE = `
  DECLARE its_writer BIGINT DEFAULT ?;
  DECLARE its_lane INT DEFAULT ?;
  DECLARE its_sequence BIGINT DEFAULT ?;`

/**
 * A server that has become a replica takes no commits, also of users who might write there all the same: nobody else would ever
 * see them.
 */
export const CHECK_PRIMARY = `
  IF ${IS_READ_ONLY} THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${READ_ONLY}, MESSAGE_TEXT = 'the server is read-only';
  END IF;`

/** That alone, beside a statement that reads: what a replica answers may have been replaced. It answers nothing. */
export const STILL_PRIMARY = `BEGIN NOT ATOMIC${CHECK_PRIMARY}
END`

/** Takes the next number of the lane, and holds the lane until the transaction ends. */
export const ENTER = `
  ROLLBACK;${CHECK_PRIMARY}
  START TRANSACTION;
  UPDATE spawn_writers SET sequence = its_sequence, is_burnt = 0, used_at = UTC_TIMESTAMP()
    WHERE writer = its_writer AND lane = its_lane AND sequence < its_sequence;
  IF ROW_COUNT() = 0 THEN
    IF EXISTS (SELECT 1 FROM spawn_writers WHERE writer = its_writer AND lane = its_lane FOR UPDATE) THEN
      SIGNAL SQLSTATE '${SUPERSEDED}';
    END IF;
    IF its_sequence > 1 THEN SIGNAL SQLSTATE '${LANE_LOST}'; END IF;
    BEGIN
      DECLARE EXIT HANDLER FOR ${DUPLICATE_KEY} SIGNAL SQLSTATE '${SUPERSEDED}';
      INSERT INTO spawn_writers (writer, lane, sequence, is_burnt, used_at)
        VALUES (its_writer, its_lane, its_sequence, 0, UTC_TIMESTAMP());
    END;
  END IF;`

/** Begins a transaction that other statements go on with. It answers nothing where it has begun. */
export const OPEN = `BEGIN NOT ATOMIC${LANE}${HANDLERS}${ENTER}
END`

export const LEAVE = `
  COMMIT;`

/** What a part leaves behind in the session, as the last thing that it does: no other part of any group leaves the same. */
const markOf = (part: string): string => `CONCAT_WS(' ', its_writer, its_lane, its_sequence, ${part})`

/**
 * A later part of a transaction, which is sent before it is known what became of the part before it: it does nothing unless that
 * one was done whole, and its transaction is still open. One that was stopped in the middle leaves no mark, however much of it
 * was done, and one that was not done at all passes none on.
 */
export const GO_ON = `
  IF @@in_transaction = 0 OR NOT (@spawn_part <=> ${markOf('its_part - 1')}) THEN
    SIGNAL SQLSTATE '${PART_MISSING}';
  END IF;`

/** The last thing that a part does behind which another one comes. */
export const PASS_ON = `
  SET @spawn_part = ${markOf('its_part')};`

/**
 * What became of the last number of a lane: it was applied, or it was not, and never will be. It waits for a
 * transaction that is still under way.
 */
export const SETTLE = `BEGIN NOT ATOMIC${LANE}
  DECLARE its_last BIGINT;
  DECLARE it_is_burnt TINYINT;
  ${HANDLERS}
  ROLLBACK;${CHECK_PRIMARY}
  START TRANSACTION;
  INSERT INTO spawn_writers (writer, lane, sequence, is_burnt, used_at)
    VALUES (its_writer, its_lane, its_sequence, 1, UTC_TIMESTAMP())
    ON DUPLICATE KEY UPDATE is_burnt = IF(sequence < its_sequence, 1, is_burnt),
      sequence = GREATEST(sequence, its_sequence);
  SELECT sequence, is_burnt INTO its_last, it_is_burnt FROM spawn_writers
    WHERE writer = its_writer AND lane = its_lane;
  IF its_last > its_sequence THEN SIGNAL SQLSTATE '${SUPERSEDED}'; END IF;
  COMMIT;
  SELECT CASE it_is_burnt WHEN 0 THEN ${SETTLED.applied} WHEN 1 THEN ${SETTLED.burnt} END;
END`
