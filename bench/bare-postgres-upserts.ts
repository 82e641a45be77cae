// The limit of durable calls on Postgres: one session of the same driver, one prepared statement that upserts as many rows
// as there are callers, each naming the revision that it follows and the birth, as a commit does. The columns and the
// lengths are the store's; values go over in binary, as the store's do. Nothing is encoded, nobody waits for an answer. The
// variant `large` has a state of a mebibyte.

import { byteaArray, int8Array } from '../src/stores/postgres/arrays.ts'
import { BIRTH } from './bare-database.ts'
import { upserts } from './bare-server-loops.ts'
import { openBare, startPostgres } from './private-postgres.ts'
import type { Prepare } from './subject.ts'

const UPSERT = `INSERT INTO bare
    SELECT 'bench', 'durable', name, revision, ${BIRTH}, 1, $3, NULL, 'type.googleapis.com/spawn.JSONType', state
    FROM unnest($1::bytea[], $2::int8[], $4::bytea[]) AS u (name, revision, state)
  ON CONFLICT (system, parent, name) DO UPDATE SET revision = excluded.revision, birth = excluded.birth,
    epoch = excluded.epoch, committed_at_ms = excluded.committed_at_ms, tags = excluded.tags,
    state_type = excluded.state_type, state = excluded.state
  WHERE bare.revision = excluded.revision - 1 AND bare.birth = excluded.birth`

export const prepare: Prepare = async (shape) => {
  const server = await startPostgres(shape.directory)
  const client = await openBare(server)
  return upserts(shape, {
    firstGroup: 1_000,
    write: async (rows) => {
      const values = [
        byteaArray(rows.map(({ name }) => name)),
        int8Array(rows.map(({ revision }) => revision)),
        Date.now(),
        byteaArray(rows.map(({ state }) => state)),
      ]
      const { rowCount } = await client.query({ name: 'upsert', text: UPSERT, values })
      if (rowCount !== rows.length) throw new Error(`${rows.length} upserts changed ${rowCount} rows`)
    },
    end: async () => {
      await client.end()
      await server.end()
    },
  })
}
