// How latest revisions are loaded. Decides nothing but the statement; see sql/loads.ts.

import type { LoadRows } from '../sql/loads.ts'
import type { Database } from './database.ts'
import { ADDRESS, addressesOf, ASKED, rowsOf, SAME_ACTOR } from './json-rows.ts'
import { REVISION, STATE } from './rows.ts'

const LOAD = `SELECT ${REVISION}, ${STATE}, u.n FROM ${rowsOf(ASKED, ADDRESS, { ordinal: true })}
  LEFT JOIN spawn_actors AS a ON ${SAME_ACTOR}`

export function loadRows(database: Database): LoadRows {
  return (ids) => database.readEach(LOAD, [addressesOf(ids)], ids.length)
}
