// The tables of a store file, by version. A file of an older version is brought up to date when it is opened; one of a
// newer version is refused, because guessing at it could lose state. Released steps are never changed, only followed.
//
// Names are TEXT, which SQLite orders by their UTF-8 bytes. What many actors share is kept once: `families` has the
// systems with the parents of actors, `types` the type URLs of states. So a row is little more than a name and a state,
// and a commit touches few pages.

import type { DatabaseSync } from 'node:sqlite'
import { SpawnError } from '../../base/index.ts'
import type { Migration, SchemaStatus } from '../../ports/index.ts'
import { GATHERED_OUTCOMES, gatherOutcomes } from './gather-outcomes.ts'
import { gatherKeys, KEY_RUNS } from './key-schema.ts'

interface Step {
  readonly title: string
  readonly statements: readonly string[]
  /** What is more than that, done when they are. */
  readonly work?: (database: DatabaseSync) => void
}

const STEPS: readonly Step[] = [
  {
    title: 'actors, their past, outcomes, and the journal',
    statements: [
      `CREATE TABLE families (
         id INTEGER PRIMARY KEY,
         system TEXT NOT NULL,
         parent TEXT NOT NULL,
         UNIQUE (system, parent)
       )`,
      `CREATE TABLE types (
         id INTEGER PRIMARY KEY,
         url TEXT NOT NULL UNIQUE
       )`,
      `-- The latest revision of each actor. tags is JSON, or NULL for none; state_type is NULL where there is no state.
       CREATE TABLE actors (
         family INTEGER NOT NULL,
         name TEXT NOT NULL,
         revision INTEGER NOT NULL,
         birth INTEGER NOT NULL,
         epoch INTEGER NOT NULL,
         committed_at_ms INTEGER NOT NULL,
         tags TEXT,
         state_type INTEGER,
         state BLOB,
         PRIMARY KEY (family, name)
       ) WITHOUT ROWID`,
      `-- Revisions of the past, all of the incarnation that stands in actors. counted: kept by the number of revisions; else
       -- until expires_at_ms.
       CREATE TABLE revisions (
         family INTEGER NOT NULL,
         name TEXT NOT NULL,
         revision INTEGER NOT NULL,
         epoch INTEGER NOT NULL,
         committed_at_ms INTEGER NOT NULL,
         tags TEXT,
         state_type INTEGER,
         state BLOB,
         replaced_at_ms INTEGER NOT NULL,
         expires_at_ms INTEGER NOT NULL,
         counted INTEGER NOT NULL,
         PRIMARY KEY (family, name, revision)
       ) WITHOUT ROWID`,
      `CREATE INDEX revisions_of_actor_by_expiry ON revisions (family, name, expires_at_ms) WHERE counted = 0`,
      `CREATE INDEX revisions_by_expiry ON revisions (expires_at_ms) WHERE counted = 0`,
      `CREATE TABLE outcomes (
         family INTEGER NOT NULL,
         name TEXT NOT NULL,
         key TEXT NOT NULL,
         expires_at_ms INTEGER NOT NULL,
         reply_type INTEGER,
         reply BLOB,
         PRIMARY KEY (family, name, key)
       ) WITHOUT ROWID`,
      `CREATE INDEX outcomes_by_expiry ON outcomes (expires_at_ms)`,
      `-- Committed groups that are not yet folded into the tables above: those with a sequence above the folded one; the
       -- other rows are there to be written over. refused: the places in the frame, counted from 0 and as a JSON array, of
       -- commits that met a conflict; NULL for none.
       CREATE TABLE journal (
         id INTEGER PRIMARY KEY,
         sequence INTEGER NOT NULL,
         frame BLOB NOT NULL,
         refused TEXT
       )`,
      `CREATE TABLE folded (
         sequence INTEGER NOT NULL
       )`,
      `INSERT INTO folded (sequence) VALUES (0)`,
    ],
  },
  {
    title: 'the outbox',
    statements: [
      `-- Envelopes that nobody has taken yet. system is the family of the system that has no parent; box is a number of
       -- envelope-bytes.ts. A place is given once, and never again.
       CREATE TABLE outbox (
         place INTEGER PRIMARY KEY,
         system INTEGER NOT NULL,
         id TEXT NOT NULL,
         box INTEGER NOT NULL,
         due_at_ms INTEGER NOT NULL,
         header TEXT NOT NULL,
         payload_type INTEGER,
         payload BLOB
       )`,
      `CREATE UNIQUE INDEX outbox_by_id ON outbox (system, id)`,
      `-- In order of (due_at_ms, place) within a box: an index ends with the row's number, which is the place.
       CREATE INDEX outbox_by_due ON outbox (system, box, due_at_ms)`,
      `-- The last place that was given by what is folded.
       ALTER TABLE folded ADD COLUMN place INTEGER NOT NULL DEFAULT 0`,
      `-- The places of all envelopes that the row's accepted commits send, as a JSON array; NULL: each got the next one.
       ALTER TABLE journal ADD COLUMN places_given TEXT`,
    ],
  },
  { title: 'outcomes gathered, many in a row', statements: GATHERED_OUTCOMES, work: gatherOutcomes },
  {
    title: 'the index of outcomes follows them later',
    statements: [
      `-- The last row of outcomes up to which all keys stand in outcome_keys.
       ALTER TABLE folded ADD COLUMN outcome INTEGER NOT NULL DEFAULT 0`,
      'UPDATE folded SET outcome = (SELECT coalesce(max(id), 0) FROM outcomes)',
    ],
  },
  {
    title: 'keys of outcomes and frames of the journal in fewer bytes',
    statements: [
      `-- No table changes: what is there stays as it is. Earlier releases cannot read what is written from now on, see
       -- kept-outcomes.ts and frames/frame.ts, and refuse the file.`,
    ],
  },
  {
    title: 'facts in the order of their places',
    statements: [
      `-- An index ends with the row's number, which is the place. 4: the box of facts.
       CREATE INDEX outbox_facts ON outbox (system) WHERE box = 4`,
    ],
  },
  {
    title: 'outcomes of several actors in a row',
    statements: [
      `-- No table changes. Rows of outcomes are of several actors from now on, which they name themselves: family is 0 there, name
       -- and actor mean nothing. Those of one actor stay.`,
    ],
  },
  { title: 'the index of outcomes in runs', statements: KEY_RUNS, work: gatherKeys },
]

/** 'spwn': marks the file as ours, for `file` and for people. */
const APPLICATION_ID = 0x7370_776e

/**
 * Reads the file's header, and changes nothing.
 *
 * @param takesNewer whether one of a newer release passes.
 * @throws SpawnError STORE_UNAVAILABLE for a file that a newer release or another program wrote.
 */
export function checkOwner(database: DatabaseSync, file: string, takesNewer = false): void {
  const version = pragma(database, 'user_version')
  const isOurs = pragma(database, 'application_id') === APPLICATION_ID
  if (isOurs && (takesNewer || version <= STEPS.length)) return
  const options = { retryable: false, details: { file, version } }
  if (isOurs) {
    const message =
      `the store file ${file} has schema version ${version}, and this release knows up to ${STEPS.length}: ` +
      'a newer release has written it; run that release, or restore a backup from before the upgrade'
    throw new SpawnError('STORE_UNAVAILABLE', message, options)
  }
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {}
  if (tables === 0 && version === 0) return
  const message = `the store file ${file} is the database of another program: name another file for the store`
  throw new SpawnError('STORE_UNAVAILABLE', message, options)
}

/** What stands in a file that checkOwner let pass. */
export function schemaStatus(database: DatabaseSync): SchemaStatus {
  const version = pragma(database, 'user_version')
  return { version, newest: STEPS.length, pending: pendingAfter(version) }
}

/** What becomes of a file that has nothing in it yet. */
export function nothingYet(): SchemaStatus {
  return { version: 0, newest: STEPS.length, pending: pendingAfter(0) }
}

function pendingAfter(version: number): readonly Migration[] {
  return STEPS.slice(version).map(({ statements, title }, at) => ({
    version: version + at + 1,
    title,
    statements,
  }))
}

/** @throws SpawnError STORE_UNAVAILABLE for a file that checkOwner let pass and that is behind. */
export function checkUpToDate(database: DatabaseSync, file: string): void {
  const version = pragma(database, 'user_version')
  if (version === STEPS.length) return
  const message =
    `the store file ${file} has schema version ${version}, this release needs ${STEPS.length}, and the store was made ` +
    'with `migrates: false`: bring it up to date with `spawn store migrate`'
  throw new SpawnError('STORE_UNAVAILABLE', message, { retryable: false, details: { file, version } })
}

/** Brings a file that checkOwner let pass up to date, in one transaction; answers what that took. */
export function migrate(database: DatabaseSync): readonly Migration[] {
  if (pragma(database, 'user_version') === STEPS.length) return []
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = pragma(database, 'user_version')
    for (const { statements, work } of STEPS.slice(version)) {
      for (const statement of statements) database.exec(statement)
      work?.(database)
    }
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${STEPS.length}; COMMIT`)
    return pendingAfter(version)
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw thrown
  }
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}
