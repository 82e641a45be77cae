// The statestore in a MariaDB database, for members that share one.

export type { DatabaseOptions, DatabaseTls } from '../sql/options.ts'
export { MariadbStore } from './mariadb-store.ts'
export { MariadbSpawnTables } from './spawn-tables.ts'
