// The tables of the store, by version. A database of an older version is brought up to date; a newer one is refused by who
// reads this, because guessing at it could lose state. Released steps are never changed, only followed, and none destroys
// anything: members of two releases share a database while they are replaced one by one.
//
// Everything stands in a schema of its own, `spawn`, beside whatever else is in the database. Names, keys, type URLs and headers are
// bytes, UTF-8: a text of Postgres cannot hold every character, and bytes are ordered by code point whatever the
// database's collation is. To read them: convert_from(name, 'UTF8').

import type { Migration } from '../../ports/index.ts'
import { FUNCTIONS } from './commit-functions.ts'
import { STEADY_FUNCTIONS } from './steady-functions.ts'

const TABLES: readonly string[] = [
  // The latest revision of each actor. tags: see sql/tag-bytes.ts, null for none. state_type is null where there is no
  // state. has_past: there may be rows of it in past. Room is left in each page, so that a new revision lies beside the
  // old one and no index is touched.
  `CREATE TABLE spawn.actors (
     system bytea NOT NULL,
     parent bytea NOT NULL,
     name bytea NOT NULL,
     revision int8 NOT NULL,
     birth int8 NOT NULL,
     epoch int8 NOT NULL,
     committed_at_ms int8 NOT NULL,
     has_past boolean NOT NULL DEFAULT false,
     tags bytea,
     state_type bytea,
     state bytea,
     PRIMARY KEY (system, parent, name)
   ) WITH (fillfactor = 70)`,
  // Revisions of the past, all of the incarnation that stands in actors. is_counted: kept by the number of revisions; else
  // until expires_at_ms.
  `CREATE TABLE spawn.past (
     system bytea NOT NULL,
     parent bytea NOT NULL,
     name bytea NOT NULL,
     revision int8 NOT NULL,
     birth int8 NOT NULL,
     epoch int8 NOT NULL,
     committed_at_ms int8 NOT NULL,
     tags bytea,
     state_type bytea,
     state bytea,
     replaced_at_ms int8 NOT NULL,
     expires_at_ms int8 NOT NULL,
     is_counted boolean NOT NULL,
     PRIMARY KEY (system, parent, name, revision)
   )`,
  'CREATE INDEX past_of_actor_by_expiry ON spawn.past (system, parent, name, expires_at_ms) WHERE NOT is_counted',
  'CREATE INDEX past_by_expiry ON spawn.past (expires_at_ms) WHERE NOT is_counted',
  `CREATE TABLE spawn.outcomes (
     system bytea NOT NULL,
     parent bytea NOT NULL,
     name bytea NOT NULL,
     key bytea NOT NULL,
     expires_at_ms int8 NOT NULL,
     reply_type bytea,
     reply bytea,
     PRIMARY KEY (system, parent, name, key)
   )`,
  'CREATE INDEX outcomes_by_expiry ON spawn.outcomes (expires_at_ms)',
  // Envelopes that nobody has taken yet. box: see sql/box-number.ts.
  `CREATE TABLE spawn.outbox (
     system bytea NOT NULL,
     id bytea NOT NULL,
     place int8 NOT NULL,
     box int4 NOT NULL,
     due_at_ms int8 NOT NULL,
     header bytea NOT NULL,
     payload_type bytea,
     payload bytea,
     PRIMARY KEY (system, id)
   )`,
  'CREATE INDEX outbox_by_due ON spawn.outbox (system, box, due_at_ms, place)',
  'CREATE SEQUENCE spawn.place',
  // The last number of each lane of each writer: see sql/lanes.ts. is_burnt: nothing was applied under it, and never will be.
  `CREATE TABLE spawn.writers (
     writer int8 NOT NULL,
     lane int4 NOT NULL,
     sequence int8 NOT NULL,
     is_burnt boolean NOT NULL DEFAULT false,
     used_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (writer, lane)
   ) WITH (fillfactor = 50)`,
]

/**
 * Facts are read by their places, and there may be very many of them. Nothing else is in this index, so who sends none pays
 * nothing for it. Where it is made, no fact stands yet: the table is read once, and who sends waits for that.
 */
const FACTS: readonly string[] = ['CREATE INDEX outbox_facts ON spawn.outbox (system, place) WHERE box = 4']

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    title: 'actors, their past, outcomes, the outbox, and commits in one statement',
    statements: [...TABLES, ...FUNCTIONS],
  },
  { version: 2, title: 'facts in the order of their places', statements: FACTS },
  // Nothing waits for it: no table is touched, and members of earlier releases go on with the functions that they know.
  {
    version: 3,
    title: 'commits that find rows by one index, whatever is counted',
    statements: STEADY_FUNCTIONS,
  },
]
