// `spawn start` as its operator meets it: what can be served, what cannot and how that is told, the log, the signals. More
// modules that cannot be imported are in src/cli/serving/module.test.ts.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { until } from '../../src/testing/until.ts'
import { cli } from './cli.ts'
import { cliProcess } from './process.ts'
import { createProject } from './project.ts'
import { PATIENCE, serve } from './server.ts'

const ACTOR = `import { actor, system } from 'spawn-mesh'
const counter = actor('counter', { state: { total: 0 }, actions: { add: (ctx) => ({ total: ctx.state.total }) } })
`

// What is TypeScript below needs to be: Node's stripper costs each process that begins more than its module does.
describe('a module is served when it exports', { concurrency: 2 }, () => {
  const served: Readonly<Record<string, readonly [code: string, system: string]>> = {
    'an actor by name': [`${ACTOR} export { counter }`, 'my-system'],
    'a system, whose settings count': [
      `${ACTOR} export default system('shop', { actors: [counter], store: 'sqlite:own.db' })`,
      'shop',
    ],
  }
  for (const [what, [code, name]] of Object.entries(served)) {
    test(what, async () => {
      using project = createProject({ 'module.ts': code })
      await using server = await serve(['start', 'module.ts'], { cwd: project.path })
      const { stdout } = await server.cli(['invoke', 'counter', 'add', '--system', name])
      assert.equal(stdout, '{"total":0}\n')
      assert.equal(existsSync(join(project.path, 'own.db')), name === 'shop')
      assert.match(
        server.output().stdout,
        new RegExp(`^${name} serves at http://127.0.0.1:\\d+, state in .*\\.db\\n`),
      )
    })
  }

  test('JavaScript, and goes by the options of the command before its own settings', async () => {
    const code = `${ACTOR} export default system('shop', { actors: [counter], store: 'sqlite:own.db', http: { host: 'nowhere.invalid' } })`
    using project = createProject({ 'module.mjs': code })
    const options = ['--store', 'memory', '--host', '127.0.0.1'] as const
    await using server = await serve(['start', 'module.mjs', ...options], { cwd: project.path })
    assert.match(server.output().stdout, /state in memory, gone when it stops/)
    assert.ok(!existsSync(join(project.path, 'own.db')))
  })

  test('from a package that does not say what its modules are, without a word of the loader', async () => {
    using project = createProject({ 'module.ts': `${ACTOR} export { counter }`, 'package.json': '{}' })
    await using server = await serve(['start', 'module.ts'], { cwd: project.path })
    assert.equal((await server.cli(['invoke', 'counter', 'add'])).stdout, '{"total":0}\n')
    assert.doesNotMatch(server.output().stderr, /warning/i)
  })

  test('actors, under the name that --system gives', async () => {
    using project = createProject({ 'module.ts': `${ACTOR} export { counter }` })
    await using server = await serve(['start', 'module.ts', '--system', 'Läden'], { cwd: project.path })
    assert.equal((await server.cli(['invoke', 'counter', 'add'])).stdout, '{"total":0}\n')
  })
})

describe(
  'what cannot be served is told in one line, with what to do and without a stack',
  { concurrency: 2 },
  () => {
    const refused: Readonly<Record<string, readonly [code: string, exit: number, expected: RegExp]>> = {
      'nothing of ours': [
        'export const a = 1',
        1,
        /module\.ts exports no actors and no system\n\s+export what actor/,
      ],
      'two actors of one name': [
        `${ACTOR} export { counter }; export const other = actor('counter', { actions: {} })`,
        1,
        /"counter", which another one has already/,
      ],
      'a syntax error': [
        'const x = {\nexport',
        1,
        /module\.ts cannot be loaded: SyntaxError: .*\n\s+at module\.ts:2\n/,
      ],
      'an error while it loads': [
        '\nthrow new RangeError("too far")',
        1,
        /module\.ts cannot be loaded: RangeError: too far\n\s+at module\.ts:2:7\n/,
      ],
    }
    for (const [what, [code, exit, expected]] of Object.entries(refused)) {
      test(what, async () => {
        using project = createProject({ 'module.ts': code })
        const outcome = await cli(['start', 'module.ts', '--port', '0', '--store', 'memory'], {
          cwd: project.path,
        })
        assert.equal(outcome.code, exit, outcome.stderr)
        assert.equal(outcome.stdout, '')
        assert.match(outcome.stderr, expected)
        assert.doesNotMatch(outcome.stderr, /^\s+at .*(node:|src\/)/m)
      })
    }

    test('a package that is CommonJS, with no word of the loader before it', async () => {
      using project = createProject({ 'module.ts': ACTOR, 'package.json': '{ "type": "commonjs" }' })
      const { code, stderr } = await cliProcess(['start', 'module.ts'], { cwd: project.path })
      assert.equal(code, 1)
      assert.match(stderr, /^error: module\.ts cannot be loaded: .*\n.*npm pkg set type=module.*\n$/)
    })

    test('a module that is not there', async () => {
      const missing = await cli(['start', 'no-such.ts'])
      assert.equal(missing.code, 2)
      assert.match(missing.stderr, /there is no file no-such\.ts\n\s+name the TypeScript or JavaScript file/)
    })

    test('a cluster whose store no member could share, said by the line or by nobody', async () => {
      using project = createProject({ 'module.mjs': `${ACTOR} export { counter }` })
      const line = ['start', 'module.mjs', '--port', '0', '--cluster', 'nats://127.0.0.1:1']
      for (const [store, why] of [
        [[], /without --store it is an SQLite file/],
        [['--store', 'memory'], /--store is memory/],
      ] as const) {
        const { code, stderr } = await cli([...line, ...store], { cwd: project.path })
        assert.equal(code, 2, stderr)
        assert.match(stderr, why)
        assert.match(stderr, /\n\s+name a database with --store postgres/)
      }
    })

    test('a port that is taken, and a store that another process has', async () => {
      using project = createProject({ 'module.mjs': `${ACTOR} export { counter }` })
      await using server = await serve(['start', 'module.mjs'], { cwd: project.path })
      const port = new URL(server.url).port
      const second = ['start', 'module.mjs', '--port', port]
      const taken = await cli([...second, '--store', 'memory'], { cwd: project.path })
      assert.equal(taken.code, 1)
      assert.match(taken.stderr, new RegExp(`^error: .*port ${port} .* is in use`))
      assert.doesNotMatch(taken.stderr, /^\s+at /m)
      const locked = await cli(['start', 'module.mjs', '--port', '0'], { cwd: project.path })
      assert.equal(locked.code, 1)
      assert.match(locked.stderr, /^error: .*my-system\.db/)
      assert.doesNotMatch(locked.stderr, /^\s+at /m)
    })
  },
)

describe('while it serves', { concurrency: 2 }, () => {
  test('--json makes every line of its output a document', async () => {
    using project = createProject({ 'module.mjs': `${ACTOR} export { counter }` })
    await using server = await serve(['start', 'module.mjs', '--json'], { cwd: project.path })
    assert.deepEqual(await server.end('SIGINT'), { code: 0, signal: null })
    const lines = server
      .output()
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const serving = lines.find(({ msg }) => msg === 'serving')
    assert.partialDeepStrictEqual(serving, { url: server.url, system: 'my-system', actors: ['counter'] })
    assert.match(String(serving?.['try']), /^curl -X POST /)
    assert.ok(
      lines.every(({ level, time }) => typeof level === 'string' && !Number.isNaN(Date.parse(String(time)))),
    )
    assert.equal(lines.at(-1)?.['msg'], 'stopped')
  })

  test('a signal lets running turns finish; a second one ends it at once', async () => {
    const slow = `import { actor } from 'spawn-mesh'
      export const slow = actor('slow', { state: { done: 0 }, actions: {
        wait: async (ctx, ms) => {
          ctx.logger.info('waiting')
          await new Promise((resolve) => setTimeout(resolve, ms))
          return { waited: true }
        },
      } })`
    using project = createProject({ 'module.mjs': slow })
    const started = async (ms: number) => {
      const server = await serve(['start', 'module.mjs'], { cwd: project.path })
      const answer = server.cli(['invoke', 'slow', 'wait', String(ms)])
      await until('the turn to run', () => server.output().stdout.includes('waiting'), PATIENCE)
      return { server, answer }
    }
    const patient = await started(300)
    const ended = patient.server.end('SIGTERM')
    assert.equal((await patient.answer).stdout, '{"waited":true}\n')
    assert.deepEqual(await ended, { code: 0, signal: null })

    const hasty = await started(60_000)
    hasty.server.child.kill('SIGTERM')
    await until('the first signal to be taken', () => hasty.server.output().stdout.includes('stopping'))
    assert.deepEqual(await hasty.server.end('SIGTERM'), { code: 143, signal: null })
    assert.equal((await hasty.answer).code, 4, 'its caller knows that the call may have happened')
  })

  test('NODE_ENV is production, development under dev, and whatever it was set to', async () => {
    const tells = `import { actor } from 'spawn-mesh'
      export const env = actor('env', { actions: { tell: () => process.env['NODE_ENV'] } })`
    using project = createProject({ 'module.mjs': tells })
    const told = async (command: 'start' | 'dev', NODE_ENV: string): Promise<string> => {
      const options = { cwd: project.path, env: { NODE_ENV } }
      await using server = await serve([command, 'module.mjs', '--store', 'memory'], options)
      return (await server.cli(['invoke', 'env', 'tell'])).stdout
    }
    assert.equal(await told('start', ''), '"production"\n')
    assert.equal(await told('dev', ''), '"development"\n')
    assert.equal(await told('start', 'staging'), '"staging"\n')
  })

  test('an error that nobody caught is logged with its stack, and ends it with 70', async () => {
    const crash = `import { actor } from 'spawn-mesh'
      export const bomb = actor('bomb', { actions: {
        light: () => { setTimeout(() => { throw new Error('boom') }, 0); return 'lit' },
      } })`
    using project = createProject({ 'module.mjs': crash })
    await using server = await serve(['start', 'module.mjs', '--store', 'memory'], { cwd: project.path })
    await server.cli(['invoke', 'bomb', 'light'])
    await until('the crash', () => server.child.exitCode !== null, PATIENCE)
    assert.equal(server.child.exitCode, 70)
    assert.match(
      server.output().stdout,
      /error an exception that nobody caught; stopping error="?boom"?\n\s+at .*module\.mjs:3/,
    )
  })
})

test('a second process says at once that the port is taken; on another port, what it waits for', async () => {
  using project = createProject({ 'module.mjs': `${ACTOR} export { counter }` })
  const options = { cwd: project.path }
  await using server = await serve(['start', 'module.mjs'], options)
  const { port } = new URL(server.url)
  const refused = await cli(['start', 'module.mjs', '--port', port], options)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^error: .*port \d+ of 127\.0\.0\.1 is in use/)
  assert.equal(refused.stdout, '', 'it has waited for nothing')
  const waiting = 'waiting for the store file, which another process has open'
  const people = await cli(['start', 'module.mjs', '--port', '0'], options)
  assert.match(people.stdout, new RegExp(`^\\S+ warn +${waiting} file=\\S+my-system\\.db limitMs=5000\\n$`))
  assert.match(people.stderr, /^error: the store file .* is in use by another process/)
  const programs = await cli(['start', 'module.mjs', '--port', '0', '--json'], options)
  assert.equal(JSON.parse(programs.stdout).msg, waiting)
})
