// The statements for outcomes. When which is run is outcome-table.ts's.

import type { Database } from './database.ts'
import { OUTCOME_ROW as ROW } from './outcome-rows.ts'

export type OutcomeStatements = ReturnType<typeof outcomeStatements>

export function outcomeStatements(database: Database) {
  return {
    rows: database.prepare('SELECT outcome, coalesce((SELECT max(id) FROM outcomes), 0) FROM folded'),
    behind: database.prepare(`SELECT ${ROW} FROM outcomes WHERE id > ? ORDER BY id`),
    byId: database.prepare(`SELECT ${ROW} FROM outcomes WHERE id = ?`),
    owner: database.prepare('SELECT family, name FROM outcomes WHERE id = ?'),
    firstExpired: database.prepare(
      `SELECT ${ROW} FROM outcomes WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT 1`,
    ),
    add: database.prepare(
      'INSERT INTO outcomes (id, actor, family, name, expires_at_ms, kept) VALUES (?, 0, ?, ?, ?, ?)',
    ),
    update: database.prepare('UPDATE outcomes SET expires_at_ms = ?, kept = ? WHERE id = ?'),
    keep: database.prepare('UPDATE outcomes SET expires_at_ms = ? WHERE id = ?'),
    remove: database.prepare('DELETE FROM outcomes WHERE id = ?'),
  }
}
