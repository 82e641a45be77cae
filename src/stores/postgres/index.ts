// The statestore in a Postgres database, for several members.

export { PostgresStore } from './postgres-store.ts'
export type { DatabaseOptions, DatabaseTls } from '../sql/options.ts'
