// What the tests of stores on servers share: a store in a database of a server that the test may treat as it likes, failures
// as values, and who is not let in.

import assert from 'node:assert/strict'
import { isSpawnError, type SpawnError } from '../../src/base/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import { MariadbStore } from '../../src/stores/mariadb/index.ts'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import { until } from '../../src/testing/index.ts'
import { commitOf, loadOne } from '../../src/testing/statestore-fixture.ts'

interface ServerStore extends Statestore {
  abandon(): void
}

type Open<Store extends ServerStore> = (options: DatabaseOptions) => Store

interface Taken {
  readonly options: DatabaseOptions
  readonly release: () => Promise<void>
}

interface Server<Database extends Taken> {
  takeDatabase(): Promise<Database>
}

/** A store of its own for the test, and what else it wants of the database. */
const stores =
  <Store extends ServerStore>(open: Open<Store>) =>
  async <Database extends Taken>(
    server: Server<Database>,
    more: Partial<DatabaseOptions>,
    check: (store: Store, database: Database) => Promise<void>,
  ): Promise<void> => {
    const database = await server.takeDatabase()
    const store = open({ ...database.options, ...more })
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

export const withMariadb = stores((options) => new MariadbStore(options))
export const withPostgres = stores((options) => new PostgresStore(options))

export const failure = async (promise: Promise<unknown>): Promise<SpawnError> => {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}

/** What a store is told that may not start: at once, however patient it is. */
export async function refused(open: Open<ServerStore>, options: DatabaseOptions): Promise<string> {
  const error = await failure(open({ outageMs: 60_000, ...options }).start())
  assert.equal(error.code, 'STORE_UNAVAILABLE')
  return error.message
}

/**
 * Certificates that are not accepted, and ones that are.
 *
 * @param options of a server that does not speak TLS yet.
 * @param speakTls has it do so, with a certificate of this name. @returns what is to be trusted then.
 */
export async function checkCertificates(
  open: Open<ServerStore>,
  options: DatabaseOptions,
  speakTls: (name: string, isOver?: boolean) => Promise<string>,
): Promise<void> {
  const name = 'database.test'
  const told = (tls: DatabaseOptions['tls']): Promise<string> => refused(open, { ...options, tls })
  const serves = async (tls: DatabaseOptions['tls']): Promise<void> => {
    const store = open({ ...options, tls })
    await store.start()
    await loadOne(store, 'one')
    await store.stop()
  }
  assert.match(await told({ verify: true }), /does not speak TLS/)
  const ca = await speakTls(name)
  assert.match(await told({ verify: true }), /certificate is not accepted .*name the authority/)
  assert.match(await told({ verify: true, ca }), /certificate is not accepted .*name that stands in it/)
  await serves({ verify: false })
  await serves({ verify: true, ca, serverName: name })
  // Under the address that it is reached by, and no other name.
  await serves({ verify: true, ca: await speakTls(options.host) })
  const old = { verify: true, ca: await speakTls(name, true), serverName: name }
  // It is good until the second in which it was made is over.
  await until('the certificate to expire', async () => {
    const store = open({ ...options, tls: old })
    const isIn = await store.start().then(
      () => true,
      () => false,
    )
    if (isIn) await store.stop()
    return !isIn
  })
  assert.match(await told(old), /certificate has expired; renew it/)
  await serves({ verify: false })
}

/** A password that is changed while sessions are open: these serve, and who needs another one is told. */
export async function checkNewPassword(
  open: Open<ServerStore>,
  options: DatabaseOptions,
  changePassword: (to: string) => Promise<void>,
): Promise<void> {
  const store = open({ ...options, poolSize: 4, outageMs: 60_000 })
  await store.start()
  await store.commit([commitOf('one', 0)])
  await changePassword('another')
  const names = Array.from({ length: 20 }, (_none, at) => `many-${at}`)
  const verdicts = await Promise.all(names.map((name) => store.commit([commitOf(name, 0)])))
  assert.ok(verdicts.every(([verdict]) => verdict === 'committed'))
  assert.match(await refused(open, options), /password is wrong/)
  const other = open({ ...options, password: 'another' })
  await other.start()
  assert.equal((await loadOne(other, 'many-19'))?.revision, 1)
  await other.stop()
  await store.stop()
}
