// Programs that start a system with workers by themselves: what of them runs where, and how one that goes wrong is told.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createServer } from 'node:net'
import { createProject } from '../cli/project.ts'

/** The actor of the README. */
const ACTOR = `
import { actor, system, Value } from 'spawn-mesh'

export const incrementor = actor('incrementor', {
  kind: 'named',
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})
`

interface End {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** @param first runs before anything is imported. */
async function run(program: string, first = ''): Promise<End> {
  const main = first === '' ? ACTOR + program : `${first}\nawait import('./rest.ts')\n`
  using project = createProject({ 'main.ts': main, 'rest.ts': ACTOR + program })
  const child = spawn(process.execPath, [join(project.path, 'main.ts')], {
    cwd: project.path,
    env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}

describe('a program with workers', { concurrency: 3 }, () => {
  test('is that of the README: what follows its start runs once; and each encrypts what the first one keeps', async () => {
    const { code, stderr, stdout } = await run(`
const cell = actor('cell', {
  kind: 'unnamed',
  state: { pid: 0 },
  actions: { set: () => Value.of().state({ pid: process.pid }).response(process.pid) },
})
const encryption = { keys: [{ id: 'a', secret: new Uint8Array(32).fill(7) }] }
console.log('before')
await using mySystem = await system('my-system', { actors: [incrementor, cell], encryption, workers: 2 }).start()
console.log('after', await mySystem.invoke('incrementor', { action: 'add', payload: { value: 1 } }))
console.log('after', await mySystem.ref(incrementor).add({ value: 1 }))
const pids = new Set()
for (let at = 0; at < 20; at += 1) pids.add(await mySystem.ref(cell, 'c' + at).set())
for (let at = 0; at < 20; at += 1) pids.add((await mySystem.inspect('c' + at, { ref: 'cell' })).state.pid)
console.log('after', pids.size)
`)
    // What other tests leave of the machine may be little.
    const said = stderr.replace(/^.* workers do not serve yet .*\n/m, '')
    assert.deepEqual({ code, said }, { code: 0, said: '' })
    const lines = stdout.trim().split('\n').toSorted()
    assert.deepEqual(lines, ['after 2', 'after { total: 1 }', 'after { total: 2 }', 'before', 'before'])
  })

  test('does not start when its port is taken, and says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const { code, stderr } = await run(`
await system('my-system', { actors: [incrementor], store: 'memory', workers: 2, http: ${port} }).start()
`)
    taken.close()
    assert.equal(code, 1)
    assert.match(
      stderr,
      new RegExp(`HTTP: port ${port} of 127.0.0.1 is in use: stop the process that has it`),
    )
  })

  test('does not start when a worker cannot, and says why', async () => {
    const { code, stderr } = await run(
      `await system('my-system', { actors: [incrementor], store: 'memory', workers: 2 }).start()`,
      `if (process.send !== undefined) throw new RangeError('not here')`,
    )
    assert.equal(code, 1)
    assert.match(stderr, /RangeError: not here/)
    const told =
      /worker 2 of system "my-system" did not start: it ended with exit code 1; what it wrote says why/
    assert.match(stderr, told)
  })

  test('tells what keeps a worker from its start, with its code', async () => {
    const { code, stderr } = await run(`
const unwrap = () => Promise.reject(new Error('no key for a worker'))
const asIs = async (bytes) => bytes
const service = { name: 'test', wrap: asIs, unwrap: process.send === undefined ? asIs : unwrap }
await system('my-system', {
  actors: [incrementor], store: 'memory', encryption: { service }, workers: 2
}).start().catch((error) => {
  console.error('told', error.code, error.message)
  process.exitCode = 3
})
`)
    assert.equal(code, 3)
    assert.match(
      stderr,
      /^told STORE_UNAVAILABLE worker 2 of system "my-system" did not start: .*no key for a worker/m,
    )
  })

  test('ends when its workers do not stay', async () => {
    const { code, stderr } = await run(
      `
import { readFileSync, writeFileSync } from 'node:fs'
if (process.send !== undefined) writeFileSync('pid', String(process.pid))
await system('my-system', { actors: [incrementor], store: 'memory', workers: 2 }).start()
writeFileSync('later', '')
process.kill(Number(readFileSync('pid', 'utf8')), 'SIGKILL')
`,
      `
import { existsSync } from 'node:fs'
if (existsSync('later')) process.exit(7)
`,
    )
    assert.equal(code, 1)
    assert.equal(stderr.match(/a worker has ended .*how: 7/g)?.length, 4)
    const told =
      /5 workers of system "my-system" ended right after their start, one after the other; the last one: it ended with exit code 7/
    assert.match(stderr, told)
  })

  test('starts no other system before it', async () => {
    const { code, stderr } = await run(`
await system('other', { actors: [incrementor], store: 'memory' }).start()
await system('my-system', { actors: [incrementor], store: 'memory', workers: 2 }).start()
`)
    assert.equal(code, 1)
    const told =
      /this process is a worker of the system "my-system", whose program starts "other" before it; start "other" after it/
    assert.match(stderr, told)
  })
})
