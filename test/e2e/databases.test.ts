// The commands over real database servers, with real processes: a store by its URL and by the variables of a manifest, tables
// that are made beforehand, state that survives `kill -9`, and what is told when something is wrong, never with a password.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'

import { cli } from '../cli/cli.ts'
import { cliProcess, type RunOptions } from '../cli/process.ts'
import { createProject } from '../cli/project.ts'
import { serve, type Serving } from '../cli/server.ts'
import { endMariadb, mariadbServer } from '../servers/mariadb.ts'
import { endPostgres, postgresServer } from '../servers/postgres.ts'

const FIRST = `import { actor, Value } from 'spawn-mesh'
export const counter = actor('counter', {
  history: 2,
  sourceable: true,
  state: { total: 0 },
  actions: { add: (ctx) => Value.of({ total: ctx.state.total + 1 }, { total: ctx.state.total + 1 }) },
})`

const NEXT = `import { actor } from 'spawn-mesh'
export const counter = actor('counter', {
  version: 1,
  state: { count: 0 },
  upgrade: { 1: (old: { total: number }) => ({ count: old.total }) },
  actions: { peek: (ctx) => ctx.state.count },
})`

/** A driver that is not installed. */
const WITHOUT = (name: string) => {
  const hook = `import { registerHooks } from 'node:module'
registerHooks({ resolve(specifier, context, next) {
  if (specifier === ${JSON.stringify(name)}) throw Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' })
  return next(specifier, context)
} })`
  return `--import=data:text/javascript,${encodeURIComponent(hook)}`
}

after(endPostgres)
after(endMariadb)

const KINDS = {
  postgres: { server: postgresServer, driver: 'pg' },
  mariadb: { server: mariadbServer, driver: 'mariadb' },
} as const

for (const [kind, { driver, server }] of Object.entries(KINDS)) {
  test(`${kind}: from nothing to a system that is killed, looked at, rehearsed and encrypted`, async () => {
    const database = await (await server()).takeDatabase()
    const { host, password, port, user } = database.options
    const name = database.options.database
    using project = createProject({ 'first.ts': FIRST, 'next.ts': NEXT })
    const secret = { PROXY_DATABASE_SECRET: password }
    const variables = {
      ...secret,
      PROXY_DATABASE_TYPE: kind,
      PROXY_DATABASE_HOST: host,
      PROXY_DATABASE_PORT: String(port),
      PROXY_DATABASE_NAME: name,
      PROXY_DATABASE_USERNAME: user,
    }
    const url = `${kind}://${encodeURIComponent(user)}@${host}:${port}/${name}`
    const told: string[] = []
    const run = async (args: readonly string[], env: RunOptions['env'] = variables) => {
      const outcome = await cli(args, { cwd: project.path, env: { ...env } })
      told.push(outcome.stdout, outcome.stderr)
      return outcome
    }

    const nothing = await run(['store', 'status', '--json'])
    assert.equal(nothing.code, 0, nothing.stderr)
    assert.equal(JSON.parse(nothing.stdout).schema.version, 0)
    const refused = await run(['start', 'first.ts', '--store', `${url}?migrate=false`, '--port', '0'], secret)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /spawn store migrate/)
    const dry = await run(['store', 'migrate', '--dry-run'])
    assert.match(dry.stdout, /CREATE TABLE/)
    assert.equal(JSON.parse((await run(['store', 'status', '--json'])).stdout).schema.version, 0)
    const migrated = await run(['store', 'migrate', '--store', url], secret)
    assert.equal(migrated.code, 0, migrated.stderr)
    assert.match(migrated.stderr, /the tables have version \d+ now/)

    const factsOf = async ({ url: at }: Serving): Promise<unknown[]> => {
      const { code, stderr, stdout } = await run(['facts', '--all', '--url', at, '--json'])
      assert.equal(code, 0, stderr)
      const facts = JSON.parse(`[${stdout.trim().replaceAll('\n', ',')}]`) as { readonly state: unknown }[]
      return facts.map(({ state }) => state)
    }
    const add = ({ url: at }: Serving) => run(['invoke', 'counter', 'add', '--url', at, '--json'])
    const line = ['start', 'first.ts', '--system', 'shop'] as const
    {
      const options = { cwd: project.path, env: { ...secret, PROXY_STORE: `${url}?migrate=false` } }
      await using serving = await serve(line, options)
      for (let total = 1; total <= 3; total += 1)
        assert.equal((await add(serving)).stdout, `{"total":${total}}\n`)
      await serving.end('SIGKILL')
      told.push(serving.output().stdout)
    }
    await using serving = await serve(line, { cwd: project.path, env: variables })
    assert.equal((await add(serving)).stdout, '{"total":4}\n')
    const totals = [1, 2, 3, 4].map((total) => ({ total }))
    assert.deepEqual(await factsOf(serving), totals, 'a fact of each turn, also of those before SIGKILL')
    assert.match(serving.output().stdout, new RegExp(`state in ${kind}://[^:]+(:\\*\\*\\*)?@`))

    const status = JSON.parse((await run(['store', 'status', '--json'])).stdout)
    const [holdings] = status.systems
    assert.deepEqual([holdings.system, holdings.actors, holdings.past], ['shop', 1, 2])
    assert.equal(String(status.store).replace(':***', ''), url.replace(/:(5432|3306)\//, '/'))
    const rehearsal = await run(['store', 'rehearse', 'next.ts', '--json'])
    assert.equal(rehearsal.code, 0, rehearsal.stdout + rehearsal.stderr)
    assert.match(rehearsal.stdout, /"looked":1,"fine":0,"upgraded":1,"failing":0/)
    assert.equal((await add(serving)).stdout, '{"total":5}\n')
    await serving.end('SIGTERM')
    told.push(serving.output().stdout, serving.output().stderr)

    await using proxy = await serve(['proxy', 'next.ts', '--system', 'shop'], {
      cwd: project.path,
      env: variables,
    })
    assert.match(proxy.output().stdout, new RegExp(`^store +${kind}://.*PROXY_DATABASE_TYPE$`, 'm'))
    assert.equal((await run(['invoke', 'counter', 'peek', '--url', proxy.url])).stdout, '5\n')
    await proxy.end('SIGTERM')
    told.push(proxy.output().stdout, proxy.output().stderr)

    /** How many facts say in the clear what the state was, and whose: as anybody sees it who has the tables. */
    const readable = async (): Promise<number[]> => {
      const facts = await database.query(
        `SELECT header, payload FROM ${{ postgres: 'spawn.outbox', mariadb: 'spawn_outbox' }[kind]} WHERE box = 4`,
      )
      const textOf = (row: unknown): string =>
        Object.values(row as Record<string, Uint8Array | null>)
          .map((bytes) => Buffer.from(bytes ?? []).toString('latin1'))
          .join(' ')
      const texts = facts.map(textOf)
      return [
        facts.length,
        ...['total', 'counter'].map((word) => texts.filter((text) => text.includes(word)).length),
      ]
    }
    assert.deepEqual(await readable(), [5, 5, 5])
    const keys = { SPAWN_STATESTORE_KEY: `2026:${randomBytes(32).toString('base64')}` }
    const plain = { ...variables, SPAWN_STATESTORE_KEY: `${keys.SPAWN_STATESTORE_KEY},plain` }
    const rotated = JSON.parse((await run(['store', 'rotate-keys', '--json'], plain)).stdout)
    assert.deepEqual([rotated.done, rotated.unreadable, rotated.sealed], [true, 0, rotated.rows])
    assert.ok(rotated.rows >= 3 + 5, 'the actor, its past, and its facts')
    assert.deepEqual(await readable(), [5, 0, 0])
    const check = await run(['store', 'rotate-keys', '--check'], { ...variables, ...keys })
    assert.equal(check.code, 0, check.stderr)
    assert.match(check.stdout, /^KEY +ROWS\n2026 +\d+\n$/)
    await using sealed = await serve(['start', 'next.ts', '--system', 'shop'], {
      cwd: project.path,
      env: { ...variables, ...keys },
    })
    assert.deepEqual(
      await factsOf(sealed),
      [1, 2, 3, 4, 5].map((count) => ({ count })),
      'as they are in the version of now',
    )
    await sealed.end('SIGTERM')
    const opened = await run(['store', 'rehearse', 'next.ts', '--json'], { ...variables, ...keys })
    assert.match(opened.stdout, /"looked":1,"fine":0,"upgraded":1,"failing":0/)
    if (password !== '') for (const text of told) assert.ok(!text.includes(password), text)
    await database.release()
  })

  describe(`${kind}: what is wrong is told with what to do`, () => {
    test('a database that is not there', async () => {
      const { address } = await server()
      const url = `${kind}://${encodeURIComponent(address.user)}@${address.host}:${address.port}/no_such_database`
      const env = { PROXY_STORE: url, PROXY_DATABASE_SECRET: address.password || 'hunter2' }
      const { code, stderr } = await cli(['store', 'status'], { env })
      assert.ok(code === 1 || code === 5, stderr)
      assert.match(stderr, /^error: .*no_such_database/)
      assert.doesNotMatch(stderr, /^\s+at /m)
      assert.ok(!stderr.includes(env.PROXY_DATABASE_SECRET))
    })

    test('a server that is not there', async () => {
      const env = { PROXY_STORE: `${kind}://ada:hunter2@127.0.0.1:1/x?outage=0` }
      const { code, stderr } = await cliProcess(['store', 'status'], { env })
      assert.equal(code, 5, stderr)
      assert.match(stderr, /^error: .*127\.0\.0\.1/)
      assert.doesNotMatch(stderr, /hunter2/)
    })

    test('a driver that is not installed', async () => {
      const env = { PROXY_STORE: `${kind}://ada:hunter2@127.0.0.1:1/x`, NODE_OPTIONS: WITHOUT(driver) }
      const { code, stderr } = await cliProcess(['store', 'status'], { env })
      assert.equal(code, 1, stderr)
      assert.match(stderr, new RegExp(`needs the package .* not installed: npm install ${driver}\\n`))
    })

    test('certificates that cannot be read', async () => {
      const env = { PROXY_STORE: `${kind}://ada:hunter2@127.0.0.1:1/x?sslrootcert=/no/such.pem` }
      const { code, stderr } = await cli(['store', 'status'], { env })
      assert.equal(code, 1, stderr)
      assert.match(stderr, /^error: the certificates to trust cannot be read from \/no\/such\.pem: /)
    })
  })
}
