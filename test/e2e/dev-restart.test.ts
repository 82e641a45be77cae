// `spawn dev`, as a developer meets it: edit, save, see the new behaviour with the state as it was; break the module, read
// why, mend it.

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { until } from '../../src/testing/until.ts'
import { cliProcess, environment, startCli } from '../cli/process.ts'
import { createProject, type Project } from '../cli/project.ts'
import { PATIENCE, serve, type Serving } from '../cli/server.ts'

const counter = (reply: string): string => `
import { actor, Value } from 'spawn-mesh'
import { step } from './step.ts'

export const counter = actor('counter', {
  state: { total: 0 },
  actions: {
    add: (ctx) => {
      const total = ctx.state.total + step
      return Value.of().state({ total }).response(${reply})
    },
  },
})
`

const project = (): Project =>
  createProject({ 'counter.ts': counter('{ total }'), 'step.ts': 'export const step = 1\n' })

/** The URL changes with every start, because the port is any that is free. */
function urlNow(server: Serving): string {
  const urls = [...server.output().stdout.matchAll(/http:\/\/[\d.]+:\d+/g)]
  return String(urls.at(-1)?.[0])
}

async function add(url: string): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/system/my-system/actors/counter/actions/add`, {
    method: 'POST',
  })
  return response.json()
}

/** Where it serves after the next restart. */
async function nextUrl(server: Serving, before: string): Promise<string> {
  const changed = (): string | undefined => (urlNow(server) === before ? undefined : urlNow(server))
  return until('the restart', changed, PATIENCE)
}

describe('spawn dev', () => {
  test('restarts when the module or what it imports changes, with the state as it was', async () => {
    using files = project()
    await using server = await serve(['dev', 'counter.ts'], { cwd: files.path })
    const first = server.url
    assert.deepEqual(await add(first), { total: 1 })
    assert.deepEqual(await add(first), { total: 2 })

    files.write('counter.ts', counter('{ now: total }'))
    const second = await nextUrl(server, first)
    assert.deepEqual(await add(second), { now: 3 })

    files.write('step.ts', 'export const step = 10\n')
    const third = await nextUrl(server, second)
    assert.deepEqual(await add(third), { now: 13 })
    assert.match(server.output().stdout, /changed, restarting.*files=counter\.ts/)
    assert.match(server.output().stdout, /changed, restarting.*files=step\.ts/)
    assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null })
  })

  test('tells a mistake in its line once, and leaves no process behind', async () => {
    using files = project()
    const mistakes: readonly (readonly [words: readonly string[], said: RegExp])[] = [
      [['dev', 'no-such.ts'], /^error: there is no file no-such\.ts\n.*\n$/],
      [['dev', 'counter.ts', '--workers', '2'], /^error: unknown option --workers.*\n.*\n$/],
    ]
    for (const [words, said] of mistakes) {
      // It ends when the last process has let go of its output.
      const { code, stderr, stdout } = await cliProcess(words, { cwd: files.path })
      assert.match(stderr, said)
      assert.equal(stdout, '')
      assert.equal(code, 2)
    }
  })

  test('its process serves when it is told to, and else ends without a word', async () => {
    using files = project()
    const child = fork(
      new URL('../../bin/spawn.js', import.meta.url),
      ['start', 'counter.ts', '--port', '0'],
      {
        cwd: files.path,
        env: environment({ env: { SPAWN_DEV_WORKER: 'first' } }),
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    )
    const exited = once(child, 'exit')
    child.disconnect()
    assert.ok(child.stdout !== null && child.stderr !== null)
    assert.deepEqual(await Promise.all([text(child.stdout), text(child.stderr)]), ['', ''])
    assert.deepEqual(await exited, [0, null])
  })

  test('tells what is wrong with the module, without a stack, and waits for the next change', async () => {
    using files = project()
    await using server = await serve(['dev', 'counter.ts'], { cwd: files.path })
    const first = server.url
    await add(first)
    const waiting = (times: number) => () =>
      server.output().stdout.split('waiting for a change').length > times

    files.write('counter.ts', 'export const = {\n')
    await until('the syntax error', waiting(1), PATIENCE)
    const { stderr } = server.output()
    assert.match(stderr, /error: counter\.ts cannot be loaded: SyntaxError: .*\n\s+at counter\.ts:1\n/)
    assert.doesNotMatch(stderr, /^\s+at .*(node:|src\/cli)/m)

    files.write('counter.ts', counter('{ total }').replace('./step.ts', './missing.ts'))
    await until('the missing import', waiting(2), PATIENCE)
    files.write('missing.ts', 'export const step = 5\n')
    assert.deepEqual(await add(await nextUrl(server, first)), { total: 6 })
  })

  test('says what it serves at last, where the module could not be loaded at first', async () => {
    using files = createProject({ 'counter.ts': counter('{ total }') })
    const child = startCli(['dev', 'counter.ts', '--port', '0'], { cwd: files.path })
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.resume()
    const closed = once(child, 'close')
    try {
      await until('it to wait', () => stdout.includes('waiting for a change'), PATIENCE)
      files.write('step.ts', 'export const step = 1\n')
      const isServed = (): boolean => /my-system serves at .*\n.*counter.*\n.*try it:\n.*curl/.test(stdout)
      await until('the introduction', isServed, PATIENCE)
    } finally {
      child.kill('SIGTERM')
    }
    await closed
    assert.doesNotMatch(stdout, /again/, 'it never served before')
  })

  test('takes no notice of files that the module does not import', async () => {
    using files = project()
    await using server = await serve(['dev', 'counter.ts'], { cwd: files.path })
    files.write('stranger.ts', 'export {}\n')
    files.write('step.ts', 'export const step = 2\n')
    assert.deepEqual(await add(await nextUrl(server, server.url)), { total: 2 })
    const restarts = [...server.output().stdout.matchAll(/changed, restarting.*files=(.*)/g)]
    assert.deepEqual(
      restarts.map(([, named]) => named),
      ['step.ts'],
    )
  })

  test('leaves no process behind when it is killed', async () => {
    using files = project()
    await using server = await serve(['dev', 'counter.ts'], { cwd: files.path })
    await server.end('SIGKILL')
    await until('the served process to end', async () => {
      try {
        await add(server.url)
        return false
      } catch {
        return true
      }
    })
  })
})
