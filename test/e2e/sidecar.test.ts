// The sidecar with real processes: a proxy, hosts of two makings, and people's HTTP. Each is killed, and the count goes on.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { until } from '../../src/testing/until.ts'
import { createProject } from '../cli/project.ts'
import { PATIENCE, serve, type Serving } from '../cli/server.ts'

const PLAIN_HOST = fileURLToPath(new URL('../../examples/plain-host/main.ts', import.meta.url))

const PROGRAM = `import { actor, system, Value } from 'spawn-mesh'
const visitor = actor('visitor', {
  kind: 'unnamed',
  state: { visits: 0 },
  actions: {
    visit: (ctx) => {
      const visits = ctx.state.visits + 1
      return Value.of({ visits }, { visitor: ctx.self.name, visits })
    },
    greet: (ctx, name) => ctx.ref(visitor, name).visit(),
  },
})
const shop = await system('shop', { actors: [visitor] }).serve({ proxy: process.argv[2], port: 0 })
process.on('SIGTERM', () => shop.stop())
console.log('served')
`

interface Running extends AsyncDisposable {
  readonly output: () => string
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Resolves when it has said that it is registered. */
async function host(file: string, args: readonly string[], ready: string, cwd: string): Promise<Running> {
  const child: ChildProcess = spawn(process.execPath, [file, ...args], { cwd })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  )
  const running: Running = {
    output: () => output,
    end: (signal) => {
      child.kill(signal)
      return ended
    },
    [Symbol.asyncDispose]: async () => void (await running.end('SIGKILL')),
  }
  await until(`${file} to say ${ready}`, () => output.includes(ready) || undefined, PATIENCE)
  return running
}

async function call({ url }: Serving, name: string, action = 'visit', body?: string) {
  const address = `${url}/api/v1/system/shop/actors/${name}/actions/${action}?ref=visitor`
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(address, { method: 'POST', headers, ...(body !== undefined && { body }) })
  const json = (await response.json()) as { visits?: number; code?: string; detail?: string }
  return { status: response.status, ...json }
}

/** Once it works again. */
async function visits(proxy: Serving, name: string): Promise<number | undefined> {
  return until(
    `"${name}" to be reached`,
    async () => {
      const { status, visits } = await call(proxy, name)
      return status === 200 ? visits : undefined
    },
    PATIENCE,
  )
}

const portOf = ({ url }: Serving): string => new URL(url).port

test('a served program: the host is killed, then the proxy, then both, and the count goes on', async () => {
  using project = createProject({ 'host.ts': PROGRAM })
  const program = join(project.path, 'host.ts')
  const proxy = (port: string) => serve(['proxy', '--port', port], { cwd: project.path })
  const served = (url: string) => host(program, [url], 'served', project.path)

  await using first = await proxy('0')
  const port = portOf(first)
  {
    await using program = await served(first.url)
    assert.equal((await call(first, 'ada')).visits, 1)
    assert.equal((await call(first, 'ada')).visits, 2)
    assert.deepEqual(await call(first, 'bob', 'greet', '"ada"'), { status: 200, visitor: 'ada', visits: 3 })
    await program.end('SIGKILL')
    const { code, detail, status } = await call(first, 'ada')
    assert.deepEqual([status, code], [503, 'HOST_UNREACHABLE'])
    assert.match(detail ?? '', /"visitor\/ada" action "visit"/)
  }
  await using program2 = await served(first.url)
  assert.equal(await visits(first, 'ada'), 4)

  await first.end('SIGKILL')
  {
    await using second = await proxy(port)
    // The program was told nothing: it has noticed.
    assert.equal(await visits(second, 'ada'), 5)
    await second.end('SIGKILL')
    await program2.end('SIGKILL')
  }
  await using third = await proxy(port)
  await using program3 = await served(third.url)
  assert.equal(await visits(third, 'ada'), 6)
  assert.deepEqual(await program3.end('SIGTERM'), { code: 0, signal: null })
  assert.deepEqual(await third.end('SIGTERM'), { code: 0, signal: null })
})

test('a host without a library, beside an actor of the proxy itself, does what docs/sidecar.md says', async () => {
  const till = `import { actor, Value } from 'spawn-mesh'
export const till = actor('till', { state: 0, actions: { ring: (ctx) => Value.of(ctx.state + 1, ctx.state + 1) } })
`
  using project = createProject({ 'till.ts': till })
  const args = ['proxy', 'till.ts', '--system', 'shop', '--user-function-port', '1'] as const
  await using proxy = await serve(args, { cwd: project.path })
  // Any port that is free, so that no other test is met.
  await using free = await serve(['start', 'till.ts', '--store', 'memory'], { cwd: project.path })
  const port = portOf(free)
  await free.end('SIGKILL')
  for (const expected of [1, 2]) {
    await using plain = await host(PLAIN_HOST, [port, proxy.url], 'registered', project.path)
    const [, line = ''] = /try: curl -X POST '(.*)'/.exec(plain.output()) ?? []
    const response = await fetch(line, { method: 'POST' })
    assert.deepEqual(await response.json(), { visitor: 'ada', visits: expected })
    await plain.end('SIGKILL')
  }
  const rung = await proxy.cli(['invoke', 'till', 'ring', '--system', 'shop'])
  assert.equal(rung.stdout, '1\n')
})
