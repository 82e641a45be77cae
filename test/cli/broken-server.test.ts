// What the commands say when the other side is not a healthy system: nobody there, a stranger, one that breaks off, one
// that never answers. Every case is a real socket; each has its own exit code, because scripts decide by it whether to
// send a call again.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { cli } from './cli.ts'
import { cliProcess, type Outcome } from './process.ts'

type Behaviour = 'hang' | 'break' | 'page' | 'json' | 'gateway' | 'problem'

const seen: string[] = []
let server: Server
let url = ''

before(async () => {
  server = createServer((request, response) => {
    const behaviour = String(request.headers['spawn-metadata-do'] ?? 'page') as Behaviour
    seen.push(`${request.method} ${request.url}`)
    if (behaviour === 'break') request.socket.destroy()
    if (behaviour === 'page') response.end('<html>hello</html>')
    if (behaviour === 'json') response.writeHead(404, { 'content-type': 'application/json' }).end('{"no":1}')
    if (behaviour === 'gateway') response.writeHead(502).end('<h1>Bad gateway</h1>')
    if (behaviour === 'problem') {
      const problem = { code: 'A_CODE_FROM_THE_FUTURE', detail: 'new', status: 500 }
      response.writeHead(500, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(() => {
  server.closeAllConnections()
  server.close()
})

const line = (behaviour: Behaviour, ...more: string[]): string[] =>
  ['invoke', 'a', 'b', '--url', url, '--system', 's', '--metadata', `do=${behaviour}`].concat(more)
const call = (behaviour: Behaviour, ...more: string[]): Promise<Outcome> => cli(line(behaviour, ...more))

describe('a call', { concurrency: 2 }, () => {
  test('with nobody there: 3, where, and what to do', async () => {
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
    const { port } = free.address() as AddressInfo
    await new Promise((resolve) => free.close(resolve))
    const { code, stdout, stderr } = await cliProcess(['invoke', 'a', 'b', '--url', String(port)])
    assert.equal(code, 3)
    assert.equal(stdout, '')
    assert.equal(
      stderr,
      `error: no server answers at http://127.0.0.1:${port} (ECONNREFUSED)\n` +
        '       start one with `spawn dev <module>`, or say where it is with --url or SPAWN_URL\n',
    )
  })

  test('to a host that does not exist: 3', async () => {
    const { code, stderr } = await cli(['actors', 'list', '--url', 'http://no-such-host.invalid:9001'])
    assert.equal(code, 3)
    assert.match(stderr, /no server answers at http:\/\/no-such-host.invalid:9001/)
  })

  test('that is broken off after it was sent: 4, it may have happened', async () => {
    const { code, stderr } = await cliProcess(line('break'))
    assert.equal(code, 4)
    assert.match(stderr, /broke the connection \((ECONNRESET|socket hang up)\); the call may have happened/)
    assert.match(stderr, /--idempotency-key/)
  })

  test(
    'that is never answered: 4 after the timeout and a moment for the answer',
    { timeout: 30_000 },
    async () => {
      const { code, stderr } = await call('hang', '--timeout', '1', '--json')
      assert.equal(code, 4)
      assert.equal(JSON.parse(stderr).error.code, 'DEADLINE_EXCEEDED')
    },
  )

  test('that a stranger answers: 3, and the hint says so', async () => {
    const { code, stderr } = await call('json')
    assert.equal(code, 3)
    assert.match(stderr, /answered with HTTP 404\n\s+is another program listening there\?/)
    const asked = await cli(['actors', 'list', '--url', url])
    assert.equal(asked.code, 3)
    assert.match(asked.stderr, /answered with something that is not JSON/)
  })

  test('that a gateway on the way answers: 5, later it may work', async () => {
    const { code, stderr } = await call('gateway')
    assert.equal(code, 5)
    assert.match(stderr, /MEMBER_UNAVAILABLE: .*502/)
  })

  test('with a code that this version does not know is still a failure with a text', async () => {
    const { code, stderr } = await call('problem')
    assert.ok(code !== null && code !== 0 && code !== 70, `exit ${code}`)
    assert.doesNotMatch(stderr, /^\s+at /m)
  })
})

test('the environment says where the server is, and an option goes before it', async () => {
  seen.length = 0
  await cli(['actors', 'get', 'x'], { env: { SPAWN_URL: `${url}/base/`, SPAWN_SYSTEM: 'from env' } })
  await cli(['actors', 'get', 'x', '--system', 'option'], {
    env: { SPAWN_URL: url, SPAWN_SYSTEM: 'from env' },
  })
  assert.deepEqual(seen, [
    'GET /base/api/v1/system/from%20env/actors/x',
    'GET /api/v1/system/option/actors/x',
  ])
})

test('a reader that closes the pipe early is no error', async () => {
  const child = spawn('sh', ['-c', `"${process.execPath}" bin/spawn.js --help | head -c 1`], {
    cwd: new URL('../..', import.meta.url),
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  assert.equal(stderr, '')
})
