// The statestore of a system on one machine: a SQLite file, through node:sqlite, in a thread of its own.

export { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
