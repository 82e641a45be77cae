// The statements for outcomes and their index. When which is run is outcome-table.ts's.

import type { Database } from './database.ts'
import { OUTCOME_ROW as ROW } from './outcome-rows.ts'

/** Entries of the index that are written by one statement. */
export const INDEX_ENTRIES = 32

export type OutcomeStatements = ReturnType<typeof outcomeStatements>

export function outcomeStatements(database: Database) {
  return {
    rows: database.prepare('SELECT outcome, coalesce((SELECT max(id) FROM outcomes), 0) FROM folded'),
    behind: database.prepare(`SELECT ${ROW} FROM outcomes WHERE id > ? ORDER BY id`),
    byId: database.prepare(`SELECT ${ROW} FROM outcomes WHERE id = ?`),
    leads: database.prepare('SELECT 1 FROM outcome_keys WHERE hash = ? LIMIT 1'),
    led: database.prepare('SELECT outcome FROM outcome_keys WHERE hash = ?'),
    entries: database.prepare('SELECT hash, outcome FROM outcome_keys WHERE hash >= ? AND hash < ?'),
    owner: database.prepare('SELECT family, name FROM outcomes WHERE id = ?'),
    ofActor: database.prepare('SELECT DISTINCT hash FROM outcome_keys WHERE hash >= ? AND hash < ? LIMIT ?'),
    from: database.prepare('SELECT hash FROM outcome_keys WHERE hash >= ? ORDER BY hash LIMIT ?'),
    firstExpired: database.prepare(
      `SELECT ${ROW} FROM outcomes WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT 1`,
    ),
    add: database.prepare(
      'INSERT INTO outcomes (id, actor, family, name, expires_at_ms, kept) VALUES (?, 0, ?, ?, ?, ?)',
    ),
    indexed: database.prepare('UPDATE folded SET outcome = ?'),
    addKeys: database.prepare(
      `INSERT OR IGNORE INTO outcome_keys (hash, outcome) VALUES ${Array<string>(INDEX_ENTRIES).fill('(?, ?)').join()}`,
    ),
    addKey: database.prepare('INSERT OR IGNORE INTO outcome_keys (hash, outcome) VALUES (?, ?)'),
    update: database.prepare('UPDATE outcomes SET expires_at_ms = ?, kept = ? WHERE id = ?'),
    keep: database.prepare('UPDATE outcomes SET expires_at_ms = ? WHERE id = ?'),
    remove: database.prepare('DELETE FROM outcomes WHERE id = ?'),
    removeKey: database.prepare('DELETE FROM outcome_keys WHERE hash = ? AND outcome = ?'),
  }
}
