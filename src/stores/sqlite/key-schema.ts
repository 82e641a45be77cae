// The tables of the index of outcomes, and the step of the schema from one table with a row for each entry.

import type { DatabaseSync } from 'node:sqlite'
import { RunWriter } from './run-writer.ts'

/** Done first. */
export const KEY_RUNS: readonly string[] = [
  `-- Runs of the index of outcomes: so many entries in order, of all rows from first_row to last_row. firsts: the first hash of
   -- each block, as doubles.
   CREATE TABLE key_runs (
     number INTEGER PRIMARY KEY,
     first_row INTEGER NOT NULL,
     last_row INTEGER NOT NULL,
     entries INTEGER NOT NULL,
     firsts BLOB NOT NULL
   )`,
  `-- The entries of a run, some hundred in a row, which is a page; see key-block.ts. id: the number of the run times 2^24, and
   -- which of its blocks.
   CREATE TABLE key_blocks (
     id INTEGER PRIMARY KEY,
     entries BLOB NOT NULL
   )`,
  `-- Entries that count no more, although they stand in a block and the row stands that they lead to.
   CREATE TABLE dropped_keys (
     hash INTEGER NOT NULL,
     outcome INTEGER NOT NULL,
     PRIMARY KEY (hash, outcome)
   ) WITHOUT ROWID`,
]

/** Within the transaction of the migration; then the table that the index was is gone. */
export function gatherKeys(database: DatabaseSync): void {
  const { outcome } = database.prepare('SELECT outcome FROM folded').get() ?? {}
  const writer = new RunWriter(database, { number: 1, firstRow: 0 })
  for (const row of database.prepare('SELECT hash, outcome FROM outcome_keys ORDER BY hash').iterate())
    writer.add(Number(row['hash']), Number(row['outcome']))
  writer.end(Number(outcome))
  database.exec('DROP TABLE outcome_keys')
}
