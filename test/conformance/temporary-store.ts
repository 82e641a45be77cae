// Stores of their own, for the suites: SQLite in a temporary folder, the others in a database of a real server. Decides
// where they lie and what a crash is: the store's thread is killed, its sessions are cut, and it is dropped without a stop.

import { mkdtemp, rm } from 'node:fs/promises'
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { MariadbStore } from '../../src/stores/mariadb/index.ts'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import type { StatestoreSubject } from '../../src/testing/statestore-fixture.ts'
import { type MariadbServer, mariadbServer } from '../servers/mariadb.ts'
import { type PostgresServer, postgresServer } from '../servers/postgres.ts'

// Every SQLite store has a thread, and every thread would strip the types of its files anew: most of a test's time.
const cache = enableCompileCache().directory
if (cache !== undefined) process.env['NODE_COMPILE_CACHE'] ??= dirname(cache)

export async function temporaryFolder(): Promise<{
  readonly path: string
  readonly remove: () => Promise<void>
}> {
  const path = await mkdtemp(join(tmpdir(), 'spawn-store-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export async function temporarySqlite(): Promise<StatestoreSubject> {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'spawn.db')
  const open = async (): Promise<SqliteStore> => {
    const opened = new SqliteStore({ file })
    await opened.start()
    return opened
  }
  let store = await open()
  return {
    store,
    async reopen() {
      await store.stop()
      return (store = await open())
    },
    async crash() {
      await store.killThread()
      return (store = await open())
    },
    async dispose() {
      await store.stop()
      await folder.remove()
    },
  }
}

type DatabaseStore = MariadbStore | PostgresStore

export function temporaryPostgres(): Promise<StatestoreSubject> {
  return inDatabase(postgresServer(), (options) => new PostgresStore(options))
}

export function temporaryMariadb(): Promise<StatestoreSubject> {
  return inDatabase(mariadbServer(), (options) => new MariadbStore(options))
}

async function inDatabase(
  server: Promise<PostgresServer | MariadbServer>,
  make: (options: DatabaseOptions) => DatabaseStore,
): Promise<StatestoreSubject> {
  const database = await (await server).takeDatabase()
  const open = async (): Promise<DatabaseStore> => {
    const opened = make(database.options)
    await opened.start()
    return opened
  }
  let store = await open()
  return {
    store,
    async reopen() {
      await store.stop()
      return (store = await open())
    },
    async crash() {
      store.abandon()
      // The server finishes what it was doing, and notices then. Until that, an owner may meet what the dead one has sent.
      await database.isAlone()
      return (store = await open())
    },
    async dispose() {
      await store.stop()
      await database.release()
    },
  }
}
