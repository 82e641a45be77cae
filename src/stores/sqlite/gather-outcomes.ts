// The step of the schema from a row for each outcome to rows of several (kept-outcomes.ts). It writes these as they are now, and
// not as version 3 had them: no file is left at that version, the later steps follow in the same transaction.

import type { DatabaseSync } from 'node:sqlite'
import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { familyHash } from './dictionary.ts'
import { OutcomeRow, ROW_OUTCOMES } from './kept-outcomes.ts'
import { actorHash, hashIn } from './outcome-table.ts'

/** Done first. */
export const GATHERED_OUTCOMES: readonly string[] = [
  `ALTER TABLE outcomes RENAME TO single_outcomes`,
  `-- Outcomes of one actor, those of about one time together. actor is its part of the hashes below; expires_at_ms: when
   -- the first of them does; kept is of kept-outcomes.ts.
   CREATE TABLE outcomes (
     id INTEGER PRIMARY KEY,
     actor INTEGER NOT NULL,
     family INTEGER NOT NULL,
     name TEXT NOT NULL,
     expires_at_ms INTEGER NOT NULL,
     kept BLOB NOT NULL
   )`,
  `CREATE INDEX outcomes_by_first_expiry ON outcomes (expires_at_ms)`,
  `-- In which row a key is: by a hash of actor and key, see outcome-table.ts.
   CREATE TABLE outcome_keys (
     hash INTEGER NOT NULL,
     outcome INTEGER NOT NULL,
     PRIMARY KEY (hash, outcome)
   ) WITHOUT ROWID`,
]

interface Actor {
  readonly family: number
  readonly name: string
  readonly hash: number
}

/** Within the transaction of the migration; then the rows as they were are gone. */
export function gatherOutcomes(database: DatabaseSync): void {
  const add = database.prepare(
    'INSERT INTO outcomes (actor, family, name, expires_at_ms, kept) VALUES (?, ?, ?, ?, ?)',
  )
  const addKey = database.prepare('INSERT OR IGNORE INTO outcome_keys (hash, outcome) VALUES (?, ?)')
  const write = ({ family, hash, name }: Actor, outcomes: readonly OutcomeRecord[]): void => {
    if (outcomes.length === 0) return
    const packed = new OutcomeRow(Number)
    packed.begin({ family, name }, outcomes.length)
    for (const outcome of outcomes) packed.add(outcome)
    const row = add.run(hash, family, name, packed.firstExpiryMs, packed.take()).lastInsertRowid
    for (const { key } of outcomes) addKey.run(hashIn(hash, key), row)
  }
  const all = database.prepare(
    `SELECT system, parent, family, name, key, expires_at_ms, reply_type, reply
     FROM single_outcomes JOIN families ON families.id = family ORDER BY family, name`,
  )
  let actor: Actor | null = null
  let outcomes: OutcomeRecord[] = []
  for (const row of all.iterate()) {
    const family = Number(row['family'])
    const name = String(row['name'])
    if (
      actor === null ||
      actor.family !== family ||
      actor.name !== name ||
      outcomes.length === ROW_OUTCOMES
    ) {
      if (actor !== null) write(actor, outcomes)
      const hash = familyHash({ system: String(row['system']), parent: String(row['parent']) })
      actor = { family, name, hash: actorHash({ hash }, name) }
      outcomes = []
    }
    const { reply } = row
    // The number of its type stands for the type.
    const packed = reply instanceof Uint8Array ? new Packed(String(row['reply_type']), reply) : null
    outcomes.push({ key: String(row['key']), expiresAtMs: Number(row['expires_at_ms']), reply: packed })
  }
  if (actor !== null) write(actor, outcomes)
  database.exec('DROP TABLE single_outcomes')
}
