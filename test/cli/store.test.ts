// `spawn store`: which store is meant, how it stands, and bringing its tables up to date. On real files, by the real command.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { cli } from './cli.ts'
import { createProject } from './project.ts'
import { serve } from './server.ts'

const MODULE = `import { actor, effect, Value } from 'spawn-mesh'
export const counter = actor('counter', {
  history: 5,
  state: { total: 0 },
  sourceable: true,
  actions: {
    add: (ctx) => Value.of()
      .state({ total: ctx.state.total + 1 })
      .effects([effect('nobody', 'hear', undefined, { delay: 3_600_000 })]),
  },
})`

/** A project in which a system has run, and is stopped. */
async function used(store: string) {
  const project = createProject({ 'module.ts': MODULE })
  await using server = await serve(['start', 'module.ts', '--store', store], { cwd: project.path })
  for (let times = 0; times < 3; times += 1) {
    const { code, stderr } = await cli(['invoke', 'counter', 'add', '--url', server.url])
    assert.equal(code, 0, stderr)
  }
  const locked = await cli(['store', 'status', '--store', store], { cwd: project.path })
  assert.equal(locked.code, 5)
  assert.match(locked.stderr, /^error: the store file .* is in use by another process/)
  return project
}

describe('spawn store', { concurrency: 2 }, () => {
  test('status shows tables and counts, for people and for programs', async () => {
    using project = await used('sqlite:shop.db')
    const shown = await cli(['store', 'status', '--store', 'sqlite:shop.db'], { cwd: project.path })
    assert.equal(shown.code, 0, shown.stderr)
    assert.match(
      shown.stdout,
      /^store {3}sqlite:shop\.db\nschema {2}8, up to date\nsize {4}[\d.]+ MiB\n\nSYSTEM +ACTORS +PAST +DELIVERIES +SCHEDULES +TIMERS +DEAD +FACTS\nmy-system +1 +2 +0 +3 +0 +0 +3\n$/,
    )
    const env = { PROXY_STORE: 'sqlite:shop.db' }
    const { stdout } = await cli(['store', 'status', '--json'], { cwd: project.path, env })
    const { bytes, systems, ...rest } = JSON.parse(stdout)
    assert.deepEqual(rest, {
      store: 'sqlite:shop.db',
      kind: 'sqlite',
      schema: { version: 8, newest: 8, pending: [] },
      warnings: [],
    })
    assert.ok(bytes > 4_096)
    const envelopes = { delivery: 0, schedule: 3, timer: 0, dead: 0, fact: 3 }
    assert.deepEqual(systems, [{ system: 'my-system', actors: 1, past: 2, envelopes }])
  })

  test('the store is named by the line, the environment, or the file of the proxy', async () => {
    using project = createProject()
    writeFileSync(
      join(project.path, 'proxy.json'),
      '{ "store": "sqlite:of-file.db", "hosts": { "unknown": 1 } }',
    )
    const meant = async (env: Record<string, string>, ...more: string[]) => {
      const { stderr, stdout } = await cli(['store', 'status', '--json', ...more], { cwd: project.path, env })
      return stdout === '' ? stderr : String(JSON.parse(stdout).store)
    }
    const file = { PROXY_CONFIG: 'proxy.json' }
    const named = { ...file, PROXY_DATABASE_TYPE: 'sqlite', PROXY_DATABASE_NAME: 'of-variables.db' }
    const url = { ...named, PROXY_STORE: 'sqlite:of-url.db' }
    assert.equal(await meant(file), 'sqlite:of-file.db')
    assert.equal(await meant(named), 'sqlite:of-variables.db')
    assert.equal(await meant(url), 'sqlite:of-url.db')
    assert.equal(await meant(url, '--store', 'sqlite:of-line.db'), 'sqlite:of-line.db')
    assert.match(await meant({ PROXY_CONFIG: 'no-such.json' }), /no-such\.json there is no such file/)
    assert.deepEqual(readdirSync(project.path).toSorted(), ['node_modules', 'package.json', 'proxy.json'])
  })

  test('migrate shows what it would do, does it, and has nothing more to do', async () => {
    using project = createProject()
    const migrate = async (...more: string[]) =>
      cli(['store', 'migrate', '--store', 'sqlite:new.db', ...more], { cwd: project.path })
    const dry = await migrate('--dry-run')
    assert.equal(dry.code, 0, dry.stderr)
    assert.match(dry.stdout, /^-- 1: actors.*\nCREATE TABLE families \(\n {2}id INTEGER/)
    assert.equal(dry.stderr, 'nothing was changed\n')
    assert.equal(existsSync(join(project.path, 'new.db')), false)
    const planned: { applied: boolean; migrations: { version: number }[] } = JSON.parse(
      (await migrate('--dry-run', '--json')).stdout,
    )
    assert.equal(planned.applied, false)
    assert.deepEqual(
      planned.migrations.map(({ version }) => version),
      [1, 2, 3, 4, 5, 6, 7, 8],
    )
    // What is shown is what makes the tables.
    const database = new DatabaseSync(':memory:')
    database.exec(dry.stdout)
    assert.deepEqual({ ...database.prepare('SELECT count(*) AS rows FROM actors').get() }, { rows: 0 })
    const done = await migrate()
    assert.match(done.stdout, /^1: actors.*\n2: the outbox\n3: outcomes/)
    assert.equal(done.stderr, 'the tables have version 8 now\n')
    const again = await migrate()
    assert.deepEqual([again.code, again.stdout, again.stderr], [0, '', 'the tables are up to date\n'])
  })

  test('a store of a newer release is shown, and migrated by nobody', async () => {
    using project = createProject()
    const options = { cwd: project.path, env: { PROXY_STORE: 'sqlite:new.db' } }
    await cli(['store', 'migrate'], options)
    const database = new DatabaseSync(join(project.path, 'new.db'))
    database.exec('PRAGMA user_version = 12')
    database.close()
    const shown = await cli(['store', 'status'], options)
    assert.match(shown.stdout, /schema {2}12, of a newer release: this one knows up to 8/)
    const refused = await cli(['store', 'migrate', '--json'], options)
    assert.equal(refused.code, 1)
    assert.equal(JSON.parse(refused.stderr).error.code, 'STORE_UNAVAILABLE')
  })
})

test('spawn start takes the store of the environment, and the line before it', async () => {
  using project = createProject({ 'module.ts': MODULE })
  const env = { PROXY_STORE: 'sqlite:of-environment.db' }
  await using first = await serve(['start', 'module.ts'], { cwd: project.path, env })
  assert.match(first.output().stdout, /state in .*of-environment\.db/)
  const line = ['start', 'module.ts', '--store', 'sqlite:of-line.db'] as const
  await using second = await serve(line, { cwd: project.path, env })
  assert.match(second.output().stdout, /state in of-line\.db/)
})
