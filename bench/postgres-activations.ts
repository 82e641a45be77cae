// Activations from Postgres.

import { PostgresStore } from 'spawn-mesh/stores/postgres'

import { BIRTH, STATE } from './bare-database.ts'
import { startPostgres } from './private-postgres.ts'
import { activationsFrom } from './server-activations.ts'

export const prepare = activationsFrom(async (directory) => {
  const server = await startPostgres(directory)
  const store = new PostgresStore({ ...server.address, database: 'postgres', tls: null })
  await store.schema.migrate()
  return {
    store,
    fill: async (from, to) => {
      await server.query(`INSERT INTO spawn.actors
        SELECT 'bench', 'durable', convert_to('actor-' || n, 'UTF8'), 1, ${BIRTH}, 1, 0, false, NULL,
          'type.googleapis.com/spawn.JSONType', '\\x${STATE.toString('hex')}' FROM generate_series(${from}, ${to}) n`)
    },
    settle: async () => {
      await server.query('VACUUM ANALYZE spawn.actors')
      await server.query('CHECKPOINT')
    },
    end: () => server.end(),
  }
})
