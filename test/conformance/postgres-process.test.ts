// The Postgres store among real processes: killed ones, many that start at once, and two runtimes that own the same actors.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isSpawnError } from '../../src/base/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { actor, system, Value } from '../../src/sdk/index.ts'
import { type DatabaseOptions, PostgresStore } from '../../src/stores/postgres/index.ts'
import {
  actorId,
  allFacts,
  assertStored,
  commitOf,
  loadOne,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { endPostgres, postgresServer, type TestDatabase } from '../servers/postgres.ts'

const COMMITTER = fileURLToPath(new URL('./committer.ts', import.meta.url))

let database: TestDatabase
const children: ChildProcess[] = []
beforeEach(async () => {
  database = await (await postgresServer()).takeDatabase()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await database.release()
})
after(endPostgres)

function startCommitter(mode: 'loop' | 'once'): ChildProcess {
  const args = [COMMITTER, JSON.stringify(database.options), mode]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

/** Reads acknowledged revisions until there are `count` more of them, kills the process, and reads what it still said. */
async function killAfter(child: ChildProcess, count: number): Promise<number> {
  assert.ok(child.stdout !== null)
  let last = 0
  let seen = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if ((seen += 1) === count) child.kill('SIGKILL')
  }
  return last
}

async function opened(more: Partial<DatabaseOptions> = {}): Promise<PostgresStore> {
  const store = new PostgresStore({ ...database.options, ...more })
  await store.start()
  return store
}

describe('the Postgres store and its process', () => {
  test('what was acknowledged is there after kill -9, again and again', async () => {
    let revision = 0
    for (const count of [1, 40, 200]) {
      const acknowledged = await killAfter(startCommitter('loop'), count)
      assert.ok(acknowledged >= revision + count)
      // The server finishes what it was doing before it notices.
      await database.isAlone()
      const store = await opened()
      const [one, two] = await store.load([actorId('one'), actorId('two')])
      assert.ok(one !== null && one !== undefined && one.revision >= acknowledged)
      assert.equal(two?.revision, one.revision, 'groups are whole')
      assertStored(one, commitOf('one', one.revision - 1))
      const { envelopes } = await store.due(SYSTEM, 0, 9)
      assert.deepEqual(
        envelopes.map(({ id }) => id),
        [String(one.revision)],
        'of the tokens the last one stands',
      )
      const facts = (await allFacts(store)).map(({ id }) => id)
      assert.deepEqual(
        facts,
        facts.map((_id, at) => `fact:${at + 1}`),
      )
      assert.equal(facts.length, one.revision, 'each turn has left one')
      revision = one.revision
      await store.stop()
    }
  })

  test('a script that does not stop its store ends all the same', async () => {
    const [code] = (await once(startCommitter('once'), 'exit')) as [number | null]
    assert.equal(code, 0)
  })
})

describe('the schema', () => {
  const forget = (): Promise<unknown> => database.query('DROP SCHEMA IF EXISTS spawn CASCADE')
  const refused = async (store: PostgresStore): Promise<string> => {
    const error: unknown = await store.start().catch((thrown: unknown) => thrown)
    assert.ok(isSpawnError(error) && error.code === 'STORE_UNAVAILABLE' && !error.retryable, String(error))
    return error.message
  }

  test('is made once by many that start at the same time', async () => {
    await forget()
    const stores = await Promise.all(Array.from({ length: 8 }, () => opened({ poolSize: 1 })))
    const child = startCommitter('once')
    assert.deepEqual(await once(child, 'exit'), [0, null])
    const versions = await database.query('SELECT version FROM spawn.migrations')
    assert.deepEqual(versions, [{ version: 1 }, { version: 2 }, { version: 3 }])
    await Promise.all(stores.map((store) => store.stop()))
  })

  test('is whole or not there when the one who makes it dies', async () => {
    await forget()
    const dying = new PostgresStore(database.options)
    const start = dying.start().catch(() => null)
    for (let pause = 0; pause < 5; pause += 1) await database.query('SELECT 1')
    dying.abandon()
    await start
    await database.isAlone()
    const store = await opened()
    assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'])
    await store.stop()
  })

  test('of a newer release is refused, and left as it is', async () => {
    await (await opened()).stop()
    await database.query("INSERT INTO spawn.migrations (version, title) VALUES (99, 'of tomorrow')")
    assert.match(await refused(new PostgresStore(database.options)), /version 99.*newer release/)
    await database.query('DELETE FROM spawn.migrations WHERE version = 99')
  })

  test('that is not there is not made when it was said so', async () => {
    await forget()
    const store = new PostgresStore({ ...database.options, migrates: false })
    assert.match(await refused(store), /spawn store migrate/)
    assert.deepEqual(await database.query("SELECT to_regnamespace('spawn') AS there"), [{ there: null }])
    const { pending, version } = await store.schema.status()
    assert.deepEqual([version, pending.length], [0, 3])
    assert.equal((await store.schema.migrate()).length, 3)
    await store.start()
    assert.equal(await loadOne(store, 'one'), null)
    await store.stop()
  })

  test('of another program is refused', async () => {
    await forget()
    await database.query('CREATE SCHEMA spawn; CREATE TABLE spawn.eggs (id int)')
    assert.match(await refused(new PostgresStore(database.options)), /another program/)
    await forget()
    await (await opened()).stop()
  })
})

test('a server that may lose what it acknowledges is told of, at the start and to who asks', async () => {
  const names = ['fsync', 'full_page_writes']
  const settings = names.map((name) => `current_setting('${name}') AS ${name}`)
  const [row] = await database.query(`SELECT ${settings.join()}`)
  const off = names.filter((name) => Reflect.get(row as object, name) === 'off')
  const told: unknown[] = []
  const logger = { ...silentLogger, warn: (what: string, fields?: object) => void told.push([what, fields]) }
  const store = await opened({ logger })
  const warnings = await store.warnings()
  const named = warnings.map((warning) => /set (\w+) = on/.exec(warning)?.[1])
  assert.deepEqual(named, off)
  const { host, port } = database.options
  const line = 'the database may lose what it acknowledges'
  assert.deepEqual(
    told,
    warnings.map((why) => [line, { server: `${host}:${port}`, why }]),
  )
  await store.stop()
})

test('two runtimes that own the same actors lose no acknowledged add, and apply none twice', async () => {
  const counter = actor('counter', {
    kind: 'unnamed',
    state: { total: 0 },
    actions: {
      add: (ctx) =>
        Value.of()
          .state({ total: ctx.state.total + 1 })
          .response({ total: ctx.state.total + 1 }),
    },
  })
  const systems = await Promise.all(
    [1, 2].map(() => {
      const store = new PostgresStore(database.options)
      return system('shared', { actors: [counter], store, logger: silentLogger }).start()
    }),
  )
  const names = ['a', 'b', 'c']
  const totals = new Map(names.map((name) => [name, [] as number[]]))
  let conflicts = 0
  const add = async (at: number, name: string): Promise<void> => {
    for (;;) {
      try {
        const answer = await systems[at]?.invoke(name, { ref: 'counter', action: 'add' })
        totals.get(name)?.push((answer as { total: number }).total)
        return
      } catch (thrown) {
        assert.ok(isSpawnError(thrown) && thrown.code === 'STATE_CONFLICT', String(thrown))
        conflicts += 1
      }
    }
  }
  const caller = async (at: number): Promise<void> => {
    for (let call = 0; call < 60; call += 1) await add(at, names[call % names.length] ?? '')
  }
  try {
    // In turns: who has the actor in memory does not know what the other has made of it. All at once, one may be done before the
    // other begins.
    for (const at of [0, 1, 0, 1]) for (const name of names) await add(at, name)
    assert.equal(conflicts, 2 * names.length, 'the fence is needed for each that has fallen behind')
    await Promise.all([caller(0), caller(1), caller(0), caller(1)])
  } finally {
    await Promise.all(systems.map((each) => each.stop()))
  }
  for (const [name, seen] of totals) {
    const ordered = seen.toSorted((one, other) => one - other)
    assert.deepEqual(
      ordered,
      Array.from({ length: 84 }, (_none, at) => at + 1),
      name,
    )
  }
})
