// Durable calls on a Postgres store.

import { PostgresStore } from 'spawn-mesh/stores/postgres'

import { startPostgres } from './private-postgres.ts'
import { callsOn } from './server-calls.ts'

export const prepare = callsOn(async (directory) => {
  const server = await startPostgres(directory)
  const store = new PostgresStore({ ...server.address, database: 'postgres', tls: null })
  return { store, end: () => server.end() }
})
