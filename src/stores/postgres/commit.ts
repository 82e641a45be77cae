// How a group of commits goes over: as the parameters of one statement. What is done in the database is commit-functions.ts's,
// how many round trips that takes sql/commits.ts's.

import { type CommitStatements, STANDING_KIND } from '../sql/commits.ts'
import { bytea } from './arrays.ts'
import { actorColumns, bytesOf, COMMIT_VALUES, valuesOf } from './commit-values.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import { envelopeOf, ITS_ACTOR, oneByOne } from './one-by-one.ts'
import { Writing } from './writing.ts'

/** A message to Postgres, and a value in it, is at most a gibibyte. */
export const STATEMENT_BYTES = 256 * 1_024 * 1_024

const COMMIT: Statement = {
  name: 'spawn_commit',
  text: `SELECT spawn.commit_2(${Array.from({ length: COMMIT_VALUES + 3 }, (_none, at) => `$${at + 1}`).join(', ')})`,
}
const DELETE: Statement = {
  name: 'spawn_delete',
  text: 'SELECT spawn.delete_1($1, $2, $3, $4, $5, $6, $7, $8)',
}

const STANDING: Statement = {
  name: 'spawn_standing',
  text: `SELECT ${STANDING_KIND.actor}, n, a.revision, a.birth
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS u (system, parent, name, n)
    CROSS JOIN LATERAL ${oneByOne('actors', ITS_ACTOR)} AS a
  UNION ALL SELECT ${STANDING_KIND.envelope}, n, e.due_at_ms, 0
    FROM unnest($4::bytea[], $5::bytea[]) WITH ORDINALITY AS u (system, id, n)
    CROSS JOIN LATERAL ${envelopeOf('u.system', 'u.id')} AS e
  UNION ALL SELECT ${STANDING_KIND.outcome}, n, o.expires_at_ms, 0
    FROM unnest($6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[]) WITH ORDINALITY AS u (system, parent, name, key, n)
    CROSS JOIN LATERAL ${oneByOne('outcomes', { ...ITS_ACTOR, key: 'u.key' })} AS o`,
}

export function commitStatements(database: Database): CommitStatements {
  const writing = new Writing(database)
  return {
    apply: (plan) => writing.write(COMMIT, valuesOf(plan)),
    standing({ actors, envelopes, outcomes }) {
      const values = [
        ...actorColumns(actors, (id) => id),
        bytesOf(envelopes, ({ system }) => system),
        bytesOf(envelopes, ({ id }) => id),
        ...actorColumns(outcomes, ({ id }) => id),
        bytesOf(outcomes, ({ key }) => key),
      ]
      return database.persist((connection) => connection.query(STANDING, values))
    },
    delete: ({ system, parent, name }, follows, birth) =>
      writing.write(DELETE, [bytea(system), bytea(parent), bytea(name), follows, birth]),
  }
}
