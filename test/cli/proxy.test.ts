// `spawn proxy` as its operator meets it: the configuration that is shown, the one that is refused, the log, the end.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { cli } from './cli.ts'
import { createProject } from './project.ts'
import { serve } from './server.ts'

const check = (args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string) =>
  cli(['proxy', '--check', ...args], { env, ...(cwd !== undefined && { cwd }) })

describe('the configuration', { concurrency: 2 }, () => {
  test('is shown, with where each value came from', async () => {
    using project = createProject({ 'proxy.json': '{ "hosts": { "whenNone": "wait" } }' })
    const args = ['--config', 'proxy.json', '--port', '9100']
    const { code, stderr, stdout } = await check(args, { USER_FUNCTION_PORT: '8091' }, project.path)
    assert.equal(stderr, '')
    assert.equal(code, 0)
    assert.match(stdout, /^SETTING +VALUE +FROM\nsystem +spawn-system +default\n/)
    assert.match(stdout, /^listen\.port +9100 +--port$/m)
    assert.match(stdout, /^userFunction\.port +8091 +USER_FUNCTION_PORT$/m)
    assert.match(stdout, /^hosts\.whenNone +wait +proxy\.json$/m)
    assert.ok(!existsSync(join(project.path, 'spawn-system.db')), 'nothing was opened')
  })

  test('is one document with --json', async () => {
    const { code, stdout } = await check(['--json', '--drain', '5s'])
    assert.equal(code, 0)
    const { settings } = JSON.parse(stdout) as { settings: Record<string, unknown> }
    assert.deepEqual(settings['drain'], { value: '5s', from: '--drain' })
  })

  test('with mistakes is told with all of them, and exits with 2', async () => {
    const { code, stderr, stdout } = await check(['--drain', 'soon'], { USER_FUNCTION_PORT: '80x' })
    assert.equal(stdout, '')
    assert.equal(code, 2)
    assert.equal(
      stderr,
      `error: the configuration has 2 mistakes
       USER_FUNCTION_PORT: must be a whole number from 1 to 65535, not "80x"
       --drain: must be a time from 1ms to 1d, such as 500ms, 30s or 5m, not "soon"
       all settings: spawn proxy --help
`,
    )
    const json = await check(['--json', '--drain', 'soon'])
    const { error } = JSON.parse(json.stderr) as { error: { code: string; details: object } }
    assert.equal(error.code, 'CONFIG')
    assert.deepEqual(error.details, {
      mistakes: [
        { where: '--drain', problem: 'must be a time from 1ms to 1d, such as 500ms, 30s or 5m, not "soon"' },
      ],
    })
  })

  test('of a manifest names what has no effect yet, once, and what is misspelt; no value of a secret', async () => {
    const env = { PROXY_GRPC_PORT: '9980', PROXY_DATABASE_SECRET: 'hunter2', PROXY_HTTP_PROT: '1' }
    const { code, stderr, stdout } = await check([], env)
    assert.equal(code, 0)
    assert.equal(stdout.match(/PROXY_GRPC_PORT/g)?.length, 1)
    assert.match(stdout, /warn .*no effect yet names="PROXY_DATABASE_SECRET PROXY_GRPC_PORT"/)
    assert.match(stdout, /warn .*misspelt name=PROXY_HTTP_PROT meant=PROXY_HTTP_PORT/)
    assert.doesNotMatch(stdout + stderr, /hunter2/)
  })

  test('of an unknown option is told as of any command', async () => {
    const { code, stderr } = await check(['--prot', '1'])
    assert.equal(code, 2)
    assert.match(stderr, /unknown option --prot; did you mean --port\?\n\s+see: spawn proxy --help/)
  })
})

describe('a module', { concurrency: 2 }, () => {
  const SHOP = `import { actor, system } from 'spawn-mesh'
const till = actor('till', { actions: { ring: () => 'ding' } })
export default system('shop', { actors: [till], store: 'memory' })`

  test('runs in the proxy, in the system that it names, and its store does not count', async () => {
    using project = createProject({ 'shop.ts': SHOP })
    await using proxy = await serve(['proxy', 'shop.ts'], { cwd: project.path })
    assert.equal((await proxy.cli(['invoke', 'till', 'ring', '--system', 'shop'])).stdout, '"ding"\n')
    assert.match(proxy.output().stdout, /shop waits for hosts at http:\S+, with till of its own/)
    assert.match(proxy.output().stdout, /^system +shop +shop\.ts$/m)
    assert.match(proxy.output().stdout, /no effect in a proxy; its settings count options=store/)
    assert.ok(existsSync(join(project.path, 'shop.db')))
  })

  test('of another system than the settings say is refused, and so is one that cannot be loaded', async () => {
    using project = createProject({ 'shop.ts': SHOP })
    const other = await check(['shop.ts', '--system', 'mall'], {}, project.path)
    assert.equal(other.code, 2)
    assert.match(other.stderr, /shop\.ts exports the system "shop", and --system says "mall"/)
    const missing = await check(['none.ts'], {}, project.path)
    assert.equal(missing.code, 2)
    assert.match(missing.stderr, /there is no file none\.ts/)
  })
})

test('the log is JSON with --json, and SIGTERM ends it in order', async () => {
  using project = createProject()
  await using proxy = await serve(['proxy', '--json', '--store', 'memory'], { cwd: project.path })
  assert.deepEqual(await proxy.end('SIGTERM'), { code: 0, signal: null })
  const lines = proxy
    .output()
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; settings?: Record<string, { value: string }> })
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['configuration', 'serving', 'stopping: turns finish, states are committed', 'stopped'],
  )
  assert.equal(lines[0]?.settings?.['store']?.value, 'memory')
})

test('a port that is taken is told, with exit code 1; and what there is nothing of', async () => {
  using project = createProject()
  await using proxy = await serve(['proxy', '--store', 'memory'], { cwd: project.path })
  const { code, stderr } = await cli(['proxy', '--store', 'memory', '--port', new URL(proxy.url).port])
  assert.equal(code, 1)
  assert.match(stderr, /^error: HTTP: port \d+ of 127\.0\.0\.1 is in use/)
  const listed = await proxy.cli(['actors', 'list'])
  assert.deepEqual([listed.stdout, listed.stderr], ['', 'no actors are stored in spawn-system\n'])
})
