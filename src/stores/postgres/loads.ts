// How latest revisions are loaded. Decides nothing but the statement; see sql/loads.ts.

import type { LoadRows } from '../sql/loads.ts'
import { actorColumns } from './commit-values.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import { ITS_ACTOR, oneByOne } from './one-by-one.ts'
import { REVISION, STATE } from './rows.ts'

const LOAD: Statement = {
  name: 'spawn_load',
  text: `SELECT ${REVISION}, ${STATE}, n
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS u (system, parent, name, n)
    CROSS JOIN LATERAL ${oneByOne('actors', ITS_ACTOR)} AS found`,
}

export function loadRows(database: Database): LoadRows {
  return (ids) =>
    database.read(
      LOAD,
      actorColumns(ids, (id) => id),
    )
}
