// The statestore in a Postgres database, for several members.

export { PostgresStore } from './postgres-store.ts'
export { PostgresSpawnTables } from './spawn-tables.ts'
export type { DatabaseOptions, DatabaseTls } from '../sql/options.ts'
