// The limit of activations from MariaDB: one session of the same driver that selects actors by their keys, many in a
// statement, one statement after the other. Nothing is decoded, no actor is made.

import { BIRTH, STATE } from './bare-database.ts'
import { SELECTED, selects } from './bare-server-loops.ts'
import { storedOf } from './drive.ts'
import { openBare, startMariadb } from './private-mariadb.ts'
import type { Prepare } from './subject.ts'

const SELECT = `SELECT revision, birth, epoch, committed_at_ms, tags, state_type, state FROM bare
  WHERE system = 'bench' AND parent = 'durable' AND name IN (${Array.from({ length: SELECTED }, () => '?').join(', ')})`

export const prepare: Prepare = async (shape) => {
  const server = await startMariadb(shape.directory)
  const client = await openBare(server)
  await client.query(`INSERT INTO bare SELECT 'bench', 'durable', CONCAT('actor-', seq), 1, ${BIRTH}, 1, 0, NULL,
    'type.googleapis.com/spawn.JSONType', X'${STATE.toString('hex')}' FROM seq_0_to_${storedOf(shape.actors, shape.variant) - 1}`)
  await client.query('ANALYZE TABLE bare')
  return selects(shape, {
    select: async (names) => (await client.execute<unknown[]>(SELECT, names)).length,
    end: async () => {
      await client.end()
      await server.end()
    },
  })
}
