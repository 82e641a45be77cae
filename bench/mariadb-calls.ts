// Durable calls on a MariaDB store.

import { MariadbStore } from 'spawn-mesh/stores/mariadb'

import { DATABASE, startMariadb } from './private-mariadb.ts'
import { callsOn } from './server-calls.ts'

export const prepare = callsOn(async (directory) => {
  const server = await startMariadb(directory)
  const store = new MariadbStore({ ...server.address, database: DATABASE, tls: null })
  return { store, end: () => server.end() }
})
