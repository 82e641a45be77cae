// The limit of activations from Postgres: one session of the same driver that selects actors by their keys, many in a
// statement, one statement after the other. Nothing is decoded, no actor is made.

import { byteaArray } from '../src/stores/postgres/arrays.ts'
import { BIRTH, STATE } from './bare-database.ts'
import { selects } from './bare-server-loops.ts'
import { storedOf } from './drive.ts'
import { openBare, startPostgres } from './private-postgres.ts'
import type { Prepare } from './subject.ts'

const SELECT = `SELECT revision, birth, epoch, committed_at_ms, tags, state_type, state FROM unnest($1::bytea[]) AS u (name)
  JOIN bare b ON b.system = 'bench' AND b.parent = 'durable' AND b.name = u.name`

export const prepare: Prepare = async (shape) => {
  const server = await startPostgres(shape.directory)
  const client = await openBare(server)
  await client.query(`INSERT INTO bare
    SELECT 'bench', 'durable', convert_to('actor-' || n, 'UTF8'), 1, ${BIRTH}, 1, 0, NULL,
      'type.googleapis.com/spawn.JSONType', '\\x${STATE.toString('hex')}' FROM generate_series(0, ${storedOf(shape.actors, shape.variant) - 1}) n`)
  await client.query('VACUUM ANALYZE bare')
  return selects(shape, {
    select: async (names) => {
      const values = [byteaArray(names)]
      const { rowCount } = await client.query({ name: 'select', text: SELECT, values, rowMode: 'array' })
      return rowCount ?? 0
    },
    end: async () => {
      await client.end()
      await server.end()
    },
  })
}
