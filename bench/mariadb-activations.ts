// Activations from MariaDB.

import { MariadbStore } from 'spawn-mesh/stores/mariadb'

import { BIRTH, STATE } from './bare-database.ts'
import { DATABASE, startMariadb } from './private-mariadb.ts'
import { activationsFrom } from './server-activations.ts'

export const prepare = activationsFrom(async (directory) => {
  const server = await startMariadb(directory)
  const store = new MariadbStore({ ...server.address, database: DATABASE, tls: null })
  await store.schema.migrate()
  return {
    store,
    fill: async (from, to) => {
      await server.query(`INSERT INTO ${DATABASE}.spawn_actors
        (system, parent, name, revision, birth, epoch, committed_at_ms, state_type, state)
        SELECT 'bench', 'durable', CONCAT('actor-', seq), 1, ${BIRTH}, 1, 0, 'type.googleapis.com/spawn.JSONType',
          X'${STATE.toString('hex')}' FROM ${DATABASE}.seq_${from}_to_${to}`)
    },
    settle: async () => {
      await server.query(`ANALYZE TABLE ${DATABASE}.spawn_actors`)
    },
    end: () => server.end(),
  }
})
