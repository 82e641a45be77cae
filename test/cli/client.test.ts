// `spawn invoke` and `spawn actors` against a real `spawn start`: every command, every option, and what a program sees: some
// of it by processes of their own, which have real streams and a real exit code.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createProject, type Project } from './project.ts'
import { cliProcess, type Outcome, type RunOptions } from './process.ts'
import { PATIENCE, serve, type Serving } from './server.ts'
import { until } from '../../src/testing/until.ts'

const MODULE = `import { actor, system, Value } from 'spawn-mesh'

export const incrementor = actor('incrementor', {
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
    nothing: () => undefined,
    echo: (ctx, payload: unknown) => ({ payload: payload ?? 'none', metadata: ctx.metadata }),
    fail: () => { throw new Error('the till is closed') },
    wide: () => Array.from({ length: 40 }, (_, at) => at),
  },
})

export const sleeper = actor('sleeper', { actions: { hang: () => new Promise(() => {}) } })

export const user = actor('user', {
  kind: 'unnamed',
  state: { name: '' },
  actions: {
    rename: (ctx, { name, city }: { name: string; city: string }) =>
      Value.of().state({ name }).tags({ city }).response(name),
  },
})

let open = false
export const till = actor('till', {
  state: { sum: 0 },
  channels: ['payments'],
  actions: {
    open: () => { open = true },
    receive: (ctx, { sum }: { sum: number }) => {
      if (!open) throw new Error('the till is closed')
      return Value.of({ sum: ctx.state.sum + sum })
    },
    sum: (ctx) => ctx.state.sum,
  },
})

export default system('my-system', {
  actors: [incrementor, sleeper, user, till],
  limits: { deliveryAttempts: 2, deliveryBackoffMs: 1 },
})
`

let project: Project
let server: Serving
const run = (line: string, options?: RunOptions): Promise<Outcome> => server.cli(line.split(' '), options)
const runProcess = (line: string, options?: RunOptions): Promise<Outcome> =>
  cliProcess(line.split(' '), { ...options, env: { SPAWN_URL: server.url } })
const ok = async (line: string, options?: RunOptions): Promise<string> => {
  const { code, stdout, stderr } = await run(line, options)
  assert.equal(code, 0, stderr)
  return stdout
}

before(async () => {
  project = createProject({ 'module.ts': MODULE })
  server = await serve(['start', 'module.ts', '--store', 'memory'], { cwd: project.path })
  for (const [at, city] of ['Oslo', 'Bergen', 'Oslo'].entries()) {
    await ok(`invoke user-${at} rename {"name":"n${at}","city":"${city}"} --ref user`)
  }
})

after(async () => {
  await server.end('SIGKILL')
  project[Symbol.dispose]()
})

describe('invoke', { concurrency: 2 }, () => {
  test('prints the response, and nothing but the response, on stdout', async () => {
    const outcome = await runProcess('invoke incrementor add {"value":2}')
    assert.deepEqual(outcome, { code: 0, signal: null, stdout: '{"total":2}\n', stderr: '' })
  })

  test('takes the payload from a file and from stdin', async () => {
    writeFileSync(join(project.path, 'payload.json'), '\ufeff[1]\n')
    assert.equal(
      await ok('invoke incrementor echo @payload.json', { cwd: project.path }),
      '{"payload":[1],"metadata":{}}\n',
    )
    const piped = await runProcess('invoke incrementor echo -', { input: ' "piped" ' })
    assert.match(piped.stdout, /^\{"payload":"piped"/)
    assert.match(await ok('invoke incrementor echo'), /^\{"payload":"none"/)
    assert.match(await ok('invoke incrementor echo -- -5'), /^\{"payload":-5/)
  })

  test('sends metadata in any script', async () => {
    for (const payload of [[], ['"ü"']]) {
      const line = await server.cli([
        'invoke',
        'incrementor',
        'echo',
        ...payload,
        '--metadata',
        'town=Łódź=1',
      ])
      assert.match(line.stdout, /"metadata":\{"town":"Łódź=1"\}/)
    }
  })

  test('says that there is no response: a note for people, null for programs', async () => {
    const quiet = await runProcess('invoke incrementor nothing')
    assert.deepEqual(quiet, { code: 0, signal: null, stdout: '', stderr: 'done, without a response\n' })
    assert.equal(await ok('invoke incrementor nothing --json'), 'null\n')
    assert.equal((await run('invoke sleeper hang --async')).stderr, 'accepted\n')
  })

  test('with an idempotency key happens once', async () => {
    const line = 'invoke user-9 rename {"name":"A","city":"X"} --ref user --idempotency-key order-7'
    assert.equal(await ok(line), '"A"\n')
    assert.equal(await ok(line.replace('"A"', '"B"')), '"A"\n')
  })

  test('a response wider than one line stays one line in a pipe', async () => {
    assert.equal((await ok('invoke incrementor wide')).trim().split('\n').length, 1)
  })

  const failures: readonly [line: string, code: number, expected: RegExp][] = [
    ['invoke nobody add', 1, /^error: ACTOR_NOT_FOUND: .*nobody.*\n {7}see what is stored/],
    ['invoke incrementor ad', 1, /^error: ACTION_NOT_FOUND: .*"?ad"?/],
    [
      'invoke incrementor fail',
      1,
      /^error: ACTION_FAILED: .*incrementor.*the till is closed\n {7}the log of the process that ran it/,
    ],
    [
      'invoke incrementor add',
      1,
      /^error: ACTION_FAILED: .*\n {7}it was called without a payload; .*'\{"value":1\}'/,
    ],
    [
      'invoke incrementor add {"value":1} --system other',
      1,
      /^error: ACTOR_NOT_FOUND: .*other.*\n {7}name one that is served with --system/,
    ],
    ['invoke user-9 rename {} --ref nothing', 1, /^error: ACTOR_NOT_FOUND: /],
  ]
  for (const [line, code, expected] of failures) {
    test(`fails with ${code}: ${line}`, async () => {
      const outcome = await run(line)
      assert.equal(outcome.code, code, outcome.stderr)
      assert.equal(outcome.stdout, '')
      assert.match(outcome.stderr, expected)
      assert.doesNotMatch(outcome.stderr, /^\s+at /m)
      // The code is a field of its own for programs, and stands in front of the message for people alone.
      const { stderr } = await run(`${line} --json`)
      const { error } = JSON.parse(stderr) as { error: { code: string; message: string } }
      const [, told = ''] = /^error: (.*)\n/.exec(outcome.stderr) ?? []
      assert.ok(
        [error.message, `${error.code}: ${error.message}`].includes(told),
        `${told}: ${error.message}`,
      )
      assert.ok(!error.message.startsWith(error.code), error.message)
    })
  }

  test('an error is one document with --json', async () => {
    const { code, stderr } = await runProcess('invoke incrementor fail --json')
    assert.equal(code, 1)
    assert.partialDeepStrictEqual(JSON.parse(stderr), {
      error: { code: 'ACTION_FAILED', details: { retryable: false } },
    })
  })
})

test('a call that takes too long ends with 4, and the server says how far it came', async () => {
  const { code, stderr } = await run('invoke sleeper hang --timeout 50')
  assert.equal(code, 4)
  assert.match(stderr, /^error: DEADLINE_EXCEEDED: .*\n {7}give it longer with --timeout/)
})

describe('actors', { concurrency: 2 }, () => {
  test('list shows a table, aligned, by definition and name', async () => {
    const [heading = '', ...rows] = (await ok('actors list --parent user --prefix user-'))
      .trimEnd()
      .split('\n')
    assert.match(heading, /^NAME {4}DEFINITION {2}REVISION {2}COMMITTED {13}TAGS$/)
    assert.match(rows[0] ?? '', /^user-0 {2}user {8}1 {9}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}city=Oslo$/)
    assert.ok(rows.length >= 3)
  })

  test('list filters by tag, and gives a program one document per actor', async () => {
    const rows = (await ok('actors list --tag city=Oslo --json')).trim().split('\n')
    assert.deepEqual(
      rows.map((row) => (JSON.parse(row) as { name: string }).name),
      ['user-0', 'user-2'],
    )
  })

  test('list pages: a limit tells how to go on, and all of it needs no telling', async () => {
    const first = await run('actors list --parent user --prefix user- --limit 2 --json')
    const { next } = JSON.parse(first.stderr) as { next: string }
    assert.equal(first.stdout.trim().split('\n').length, 2)
    const rest = await server.cli([
      'actors',
      'list',
      '--parent',
      'user',
      '--prefix',
      'user-',
      '--after',
      next,
    ])
    assert.match(rest.stdout, /^user-2 /m)
    assert.doesNotMatch(rest.stdout, /^user-[01] /m)
    assert.match((await run('actors list --limit 1')).stderr, /^there are more: --after \S+, or --all\n$/)
    assert.equal((await run('actors list --all')).stderr, '')
  })

  test('list filters by last activity, and counts', async () => {
    assert.equal(await ok('actors list --parent user --prefix user- --active-since 1h --count'), '4\n')
    assert.equal(await ok('actors list --idle-since 1h --count'), '0\n')
    assert.deepEqual(JSON.parse(await ok('actors list --tag city=Oslo --count --json')), { count: 2 })
    assert.match(
      await ok(`actors list --prefix user-0 --active-since 2020-01-01T00:00:00+01:00`),
      /^user-0 /m,
    )
    assert.equal(await ok(`actors list --active-since ${Date.now() + 60_000}`), '')
    const { code, stderr } = await run('actors list --idle-since soon')
    assert.equal(code, 2)
    assert.match(stderr, /--idle-since must be a span such as .* or a time: .*, not "soon"/)
    assert.equal((await run('actors list --count --limit 5')).code, 2)
  })

  test('list says when there is nothing', async () => {
    const { code, stdout, stderr } = await run('actors list --prefix zebra')
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' })
    assert.equal(stderr, 'no actors are stored in my-system that match\n')
  })

  test('get shows state, revision and tags', async () => {
    assert.deepEqual(JSON.parse(await ok('actors get user-1 --ref user')), {
      name: 'user-1',
      parent: 'user',
      system: 'my-system',
      kind: 'unnamed',
      revision: 1,
      tags: { city: 'Bergen' },
      state: { name: 'n1' },
    })
    assert.equal((await run('actors get nobody')).code, 1)
  })

  test('delete needs a yes where nobody can be asked, and then removes the actor', async () => {
    await ok('invoke doomed rename {"name":"d","city":"D"} --ref user')
    assert.equal((await run('actors delete doomed --ref user')).code, 2)
    const gone = await run('actors delete doomed --ref user --yes')
    assert.deepEqual(gone, { code: 0, signal: null, stdout: '', stderr: 'deleted user/doomed\n' })
    const again = await run('actors delete doomed --ref user --yes --json')
    assert.equal(again.code, 1)
    assert.partialDeepStrictEqual(JSON.parse(again.stderr), { error: { code: 'ACTOR_NOT_FOUND' } })
  })
})

test('what was scheduled is listed, cancelled, or runs', async () => {
  const id = (await ok('invoke user-8 rename {"name":"H","city":"X"} --ref user --delay 1d')).trim()
  assert.match(await ok('schedules list'), new RegExp(`^${id} +\\d{4}-.*Z +user/user-8 +rename +- +-$`, 'm'))
  assert.equal((await run(`schedules cancel ${id}`)).stderr, `cancelled ${id}\n`)
  assert.equal((await run(`schedules cancel ${id}`)).code, 1)
  await ok('invoke user-7 rename {"name":"G","city":"X"} --ref user --delay 1ms')
  await until('the turn', async () => (await run('actors get user-7 --ref user')).code === 0, PATIENCE)
})

test('what failed is a dead letter until it is retried or discarded', async () => {
  for (const sum of [1, 2, 3]) await ok(`publish payments {"sum":${sum}}`)
  const letters = await until(
    'dead letters',
    async () => {
      const rows = (await ok('dead-letters list --json')).trim().split('\n')
      return rows.length === 3
        ? rows.map((row) => JSON.parse(row) as { id: string; action: string })
        : undefined
    },
    PATIENCE,
  )
  assert.deepEqual(new Set(letters.map(({ action }) => action)), new Set(['receive']))
  const sumOf = async (id: string): Promise<number> =>
    (JSON.parse(await ok(`dead-letters show ${id} --json`)) as { payload: { sum: number } }).payload.sum
  const discarded = await sumOf(letters[0]?.id ?? '')
  assert.equal((await run(`dead-letters discard ${letters[0]?.id} --yes`)).code, 0)
  await ok('invoke till open')
  assert.equal((await run('dead-letters retry --all')).stderr, 'retried 2 dead letters\n')
  await until('the turns', async () => Number(await ok('invoke till sum')) === 6 - discarded, PATIENCE)
  assert.equal((await run('dead-letters list')).stderr, 'no dead letters stand in my-system\n')
})
