// What the tests of the MariaDB store among servers share: a store in a database of a server that the test may treat as it
// likes, and failures as values.

import assert from 'node:assert/strict'
import { isSpawnError, type SpawnError } from '../../src/base/index.ts'
import { type DatabaseOptions, MariadbStore } from '../../src/stores/mariadb/index.ts'
import type { PrivateMariadb, TestDatabase } from '../servers/mariadb.ts'

/** A store of its own for the test, and what else it wants of the database. */
export async function withStore(
  server: PrivateMariadb,
  more: Partial<DatabaseOptions>,
  check: (store: MariadbStore, database: TestDatabase) => Promise<void>,
): Promise<void> {
  const database = await server.takeDatabase()
  const store = new MariadbStore({ ...database.options, ...more })
  await store.start()
  try {
    await check(store, database)
  } catch (thrown) {
    store.abandon()
    throw thrown
  }
  await store.stop()
  await database.release()
}

export const failure = async (promise: Promise<unknown>): Promise<SpawnError> => {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}
