// `spawn facts` as a person at a terminal and a program meet it, against a real system.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { actor, system, type System, Value } from '../../src/sdk/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { until } from '../../src/testing/index.ts'
import { Log } from '../http/fixture.ts'
import { sit, type Sitting, type SittingOptions } from './fake-terminal.ts'
import { startCli } from './process.ts'
import { PATIENCE } from './server.ts'

const user = actor('user', {
  kind: 'unnamed',
  state: { name: '' },
  sourceable: true,
  actions: { rename: (_ctx, name: string) => Value.of({ name }) },
})

let running: System
before(async () => {
  running = await system('shop', { actors: [user], store: 'memory', http: 0 }).start()
})
after(() => running.stop())

const run = (words: readonly string[], options: Partial<SittingOptions> = {}): Promise<Sitting> =>
  sit(['facts', ...words], { url: running.url ?? '', ...options })
const rowOf = (line: string | undefined): { position: number; revision: number } =>
  JSON.parse(line ?? '') as { position: number; revision: number }

test('a system without any says who leaves them', async () => {
  const { code, noted, printed } = await run([])
  assert.deepEqual([code, printed], [0, []])
  assert.deepEqual(noted, ['no facts stand there: actors leave them whose definition is sourceable'])
})

test('they are a table, oldest first, in which nothing moves the cursor; or a document each', async () => {
  await running.ref(user, 'u-1').rename('Ada')
  await running.ref(user, 'u-1').rename('Eve\u001b[2J')
  await running.ref(user, 'u-2').rename('Bob')
  const table = await run([])
  assert.match(table.printed[0] ?? '', /^POSITION {2}AT {20}ACTOR {5}REVISION {2}ACTION {2}STATE$/)
  assert.match(table.printed[1] ?? '', /^\d+ +\d{4}-\S+Z {2}user\/u-1 {2}1 {9}rename {2}\{"name":"Ada"\}$/)
  assert.equal(table.printed.length, 4)
  assert.ok(!table.printed.join('').includes('\u001b'))
  const some = await run(['--json', '--limit', '2'])
  const rows = some.printed.map((line) => rowOf(line))
  assert.deepEqual(
    rows.map(({ revision }) => revision),
    [1, 2],
  )
  assert.deepEqual(JSON.parse(some.noted[0] ?? ''), { next: rows[1]?.position })
  const rest = await run(['--json', '--after', String(rows[1]?.position)])
  assert.deepEqual([rest.printed.length, rest.noted], [1, []])
  assert.equal((await run(['--json', '--actor', 'u-1', '--definition', 'user', '--all'])).printed.length, 2)
  assert.deepEqual((await run(['--limit', '1'])).noted, [
    `there are more: --after ${rows[0]?.position}, or --all`,
  ])
  assert.equal((await run(['--all', '--limit', '1'])).code, 2)
})

test('--follow goes on with those that come, until it is told to stop or has as many as were asked for', async () => {
  await running.ref(user, 'u-3').rename('first')
  const words = ['facts', '--follow', '--json', '--actor', 'u-3']
  const child = startCli(words, { env: { SPAWN_URL: running.url ?? '' } })
  let out = ''
  child.stdout.on('data', (piece: Buffer) => void (out += String(piece)))
  await until('the first', () => out.includes('first'), PATIENCE)
  await running.ref(user, 'u-3').rename('second')
  await until('the second', () => out.includes('second'), PATIENCE)
  child.kill('SIGINT')
  await until('its end', () => child.exitCode !== null || child.signalCode !== null, PATIENCE)
  assert.equal(child.exitCode, 0)
  assert.equal((await run(['--follow', '--limit', '2', '--actor', 'u-3', '--json'])).printed.length, 2)
})

test('one that loses its server says where to go on', async () => {
  const other = await system('shop', { actors: [user], store: 'memory', http: 0 }).start()
  await other.ref(user, 'u-1').rename('Ada')
  const printed: string[] = []
  const following = sit(['facts', '--follow', '--json'], {
    url: other.url ?? '',
    prints: (line) => void printed.push(line),
  })
  await until('the fact', () => printed.length === 1)
  await other.stop()
  const { code, noted } = await following
  assert.notEqual(code, 0)
  const { error } = JSON.parse(noted.at(-1) ?? '') as { error: { hint: string } }
  assert.match(error.hint, new RegExp(`go on with --after ${rowOf(printed[0]).position}$`))
})

test('one that cannot be read is told, after all before it, with where to go on without it', async () => {
  const store = new MemoryStore()
  const gauge = (version: number) =>
    actor('gauge', {
      state: { n: 0 },
      version,
      upgrade: {},
      sourceable: true,
      actions: { set: (_ctx, n: number) => Value.of({ n }) },
    })
  {
    await using newer = await system('shop', { actors: [gauge(2)], store }).start()
    await newer.ref(gauge(2)).set(1)
  }
  await using older = await system('shop', { actors: [gauge(1)], store, http: 0, logger: new Log() }).start()
  const { code, noted } = await sit(['facts', '--json'], { url: older.url ?? '' })
  assert.equal(code, 1)
  const { error } = JSON.parse(noted.at(-1) ?? '') as {
    error: { code: string; message: string; details: { position: number } }
  }
  assert.equal(error.code, 'STATE_UNREADABLE')
  assert.match(
    error.message,
    /^revision 1 of "gauge", the fact at position \d+ cannot be read: it has version 2/,
  )
  const rest = await sit(['facts', '--after', String(error.details.position)], { url: older.url ?? '' })
  assert.deepEqual([rest.code, rest.printed], [0, []])
})
