// The SQLite file of the bare loops: the settings and the table that the store has for the latest revisions of actors.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const TABLE = `CREATE TABLE actors (
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
) WITHOUT ROWID`

/** A mark of an incarnation, as wide as the store's. */
export const BIRTH = 2 ** 46 + 1

/** A JSON state in the form in which it is stored. */
export const STATE = Buffer.from('\n\x0e{"total":1234}')

/** A new file with an empty table. */
export function openBare(directory: string): DatabaseSync {
  const database = new DatabaseSync(join(directory, 'bare.sqlite'))
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${TABLE}`)
  return database
}
