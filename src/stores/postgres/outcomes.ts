// How outcomes under idempotency keys are looked up. Decides nothing but the statements; see sql/outcomes.ts.

import type { OutcomeRows } from '../sql/outcomes.ts'
import { int4Array } from './arrays.ts'
import { actorColumns, bytesOf } from './commit-values.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import { ITS_ACTOR, oneByOne } from './one-by-one.ts'

const OUTCOME: Statement = {
  name: 'spawn_outcome',
  text: `SELECT n, expires_at_ms, reply_type, reply
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[]) WITH ORDINALITY AS u (system, parent, name, key, n)
    CROSS JOIN LATERAL ${oneByOne('outcomes', { ...ITS_ACTOR, key: 'u.key' })} AS found`,
}
/** One more than asked tells that there are too many. */
const KEYS: Statement = {
  name: 'spawn_outcome_keys',
  text: `SELECT n, o.key
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::int4[]) WITH ORDINALITY AS u (system, parent, name, most, n)
    CROSS JOIN LATERAL (SELECT key FROM spawn.outcomes o
      WHERE o.system = u.system AND o.parent = u.parent AND o.name = u.name LIMIT u.most + 1) AS o`,
}

export function outcomeRows(database: Database): OutcomeRows {
  return {
    find(questions) {
      const keys = bytesOf(questions, ({ key }) => key)
      return database.read(OUTCOME, [...actorColumns(questions, ({ id }) => id), keys])
    },
    keys(questions) {
      const limits = int4Array(questions.map(({ limit }) => limit))
      return database.read(KEYS, [...actorColumns(questions, ({ id }) => id), limits])
    },
  }
}
