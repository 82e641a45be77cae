// The tables of the store, by version. A database of an older version is brought up to date; a newer one is refused by who
// reads this, because guessing at it could lose state. Released steps are never changed, only followed, and none destroys
// anything: members of two releases share a database while they are replaced one by one.
//
// All names begin with `spawn_`, so that the tables live beside others. Names, keys, type URLs and headers are bytes,
// UTF-8: so they are compared exactly and ordered by code point, whatever the database's collation is. To read them:
// CONVERT(name USING utf8mb4). `bytes` is how large a row is, so that a page can be measured without reading its rows.
//
// Invariant: MariaDB commits every change of a table by itself, so a migration may be cut off between two statements; each
// of them can be done again.

import type { Migration } from '../../ports/index.ts'

const ACTOR = `system VARBINARY(512) NOT NULL,
     parent VARBINARY(512) NOT NULL,
     name VARBINARY(512) NOT NULL`
const REVISION = `revision BIGINT NOT NULL,
     birth BIGINT NOT NULL,
     epoch BIGINT NOT NULL,
     committed_at_ms BIGINT NOT NULL,
     tags LONGBLOB,
     state_type BLOB,
     state LONGBLOB,
     bytes INT UNSIGNED AS (IFNULL(LENGTH(state), 0)) STORED`
const ENGINE = 'ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = binary'

const TABLES: readonly string[] = [
  // The latest revision of each actor. tags: see sql/tag-bytes.ts, null for none. state_type is null where there is no
  // state.
  `CREATE TABLE IF NOT EXISTS spawn_actors (
     ${ACTOR},
     ${REVISION},
     PRIMARY KEY (system, parent, name)
   ) ${ENGINE}`,
  // Revisions of the past, all of the incarnation that stands in spawn_actors. is_counted: kept by the number of
  // revisions; else until expires_at_ms.
  `CREATE TABLE IF NOT EXISTS spawn_past (
     ${ACTOR},
     ${REVISION},
     replaced_at_ms BIGINT NOT NULL,
     expires_at_ms BIGINT NOT NULL,
     is_counted TINYINT NOT NULL,
     PRIMARY KEY (system, parent, name, revision),
     KEY by_actor (system, parent, name, is_counted, expires_at_ms),
     KEY by_expiry (is_counted, expires_at_ms)
   ) ${ENGINE}`,
  `CREATE TABLE IF NOT EXISTS spawn_outcomes (
     ${ACTOR},
     its_key VARBINARY(512) NOT NULL,
     expires_at_ms BIGINT NOT NULL,
     reply_type BLOB,
     reply LONGBLOB,
     bytes INT UNSIGNED AS (IFNULL(LENGTH(reply), 0)) STORED,
     PRIMARY KEY (system, parent, name, its_key),
     KEY by_expiry (expires_at_ms)
   ) ${ENGINE}`,
  // Envelopes that nobody has taken yet, in the order of their places, so that new ones come to the end. box: see
  // sql/box-number.ts.
  `CREATE TABLE IF NOT EXISTS spawn_outbox (
     system VARBINARY(512) NOT NULL,
     place BIGINT NOT NULL,
     id VARBINARY(2048) NOT NULL,
     box TINYINT NOT NULL,
     due_at_ms BIGINT NOT NULL,
     header LONGBLOB NOT NULL,
     payload_type BLOB,
     payload LONGBLOB,
     bytes INT UNSIGNED AS (LENGTH(header) + IFNULL(LENGTH(payload), 0)) STORED,
     PRIMARY KEY (system, place),
     UNIQUE KEY by_id (system, id),
     KEY by_due (system, box, due_at_ms, place)
   ) ${ENGINE}`,
  // The last place that was given in each system.
  `CREATE TABLE IF NOT EXISTS spawn_places (
     system VARBINARY(512) NOT NULL,
     last_place BIGINT NOT NULL,
     PRIMARY KEY (system)
   ) ${ENGINE}`,
  // The last number of each lane of each writer: see sql/lanes.ts. is_burnt: nothing was applied under it, and never will
  // be.
  `CREATE TABLE IF NOT EXISTS spawn_writers (
     writer BIGINT NOT NULL,
     lane INT NOT NULL,
     sequence BIGINT NOT NULL,
     is_burnt TINYINT NOT NULL,
     used_at DATETIME NOT NULL,
     PRIMARY KEY (writer, lane),
     KEY by_use (used_at)
   ) ${ENGINE}`,
]

/** Behind this place no fact of the system stands: who follows them need not look through what else is sent. */
const LAST_FACTS: readonly string[] = [
  'ALTER TABLE spawn_places ADD COLUMN IF NOT EXISTS last_fact_place BIGINT NOT NULL DEFAULT 0',
]

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, title: 'actors, their past, outcomes and the outbox', statements: TABLES },
  { version: 2, title: 'where the facts of a system end', statements: LAST_FACTS },
]
