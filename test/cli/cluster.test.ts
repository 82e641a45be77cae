// `spawn cluster` as a person at a terminal meets it, before a listener whose cluster the test writes: tables, waits, what goes
// wrong on the way, and each change as a line.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import { until } from '../../src/testing/until.ts'
import { type Fixture, listening } from '../http/fixture.ts'
import { hosted, member, ScriptedCluster, USER } from '../http/scripted-cluster.ts'
import { sit, type Sitting, type SittingOptions } from './fake-terminal.ts'
import { startCli } from './process.ts'
import { PATIENCE } from './server.ts'

const cluster = new ScriptedCluster()
let http: Fixture
before(async () => {
  http = await listening({ cluster })
})
after(() => http[Symbol.asyncDispose]())
beforeEach(() => {
  cluster.self = 'shop-1'
  cluster.epoch = 1
  cluster.holdsLease = true
  cluster.members = [member('shop-1'), member('shop-2'), member('shop-3', { node: 'node-shop-2' })]
  cluster.lives = () => ({})
  cluster.agreed = () => {}
  cluster.refusal = null
  cluster.asked.length = 0
})

const run = (words: readonly string[], options: Partial<SittingOptions> = {}): Promise<Sitting> =>
  sit(['cluster', ...words], { url: http.url, ...options })
const document = ({ printed }: Sitting): unknown => JSON.parse(printed[0] ?? '')
const errorOf = ({ noted }: Sitting): { code: string; message: string; hint?: string } =>
  (JSON.parse(noted[0] ?? '') as { error: { code: string; message: string } }).error

describe('members', () => {
  test('as a table: the one that is asked, the zones, who drains, who is settled', async () => {
    const systems = [
      { name: 'my-system', definitions: [hosted('till'), USER] },
      { name: 'other', definitions: [hosted('till')] },
    ]
    cluster.view(
      member('shop-1', { zone: 'north', acked: 2, seenMsAgo: 63_900 }),
      member('shop-2', { phase: 'draining', acked: 2, systems: [] }),
      member('shop-3', { phase: 'draining', acked: 1, systems }),
      member('shop-4', { acked: null, seenMsAgo: null, version: '0.2.0' }),
    )
    const { code, printed, noted } = await run(['members'], { width: null })
    assert.equal(code, 0)
    assert.deepEqual(printed, [
      '  MEMBER  NODE         ZONE   PHASE     VERSION  HEARD  SETTLED  DEFINITIONS',
      '* shop-1  node-shop-1  north  up        0.1.0    63s    yes      till, user',
      '  shop-2  node-shop-2  -      drained   0.1.0    <1s    yes      -',
      '  shop-3  node-shop-3  -      draining  0.1.0    <1s    no       my-system: till, user; other: till',
      '  shop-4  node-shop-4  -      up        0.2.0    -      -        till, user',
    ])
    assert.deepEqual(noted, ['epoch 2'])
  })

  test('say when the one that is asked serves nothing, and steer no terminal', async () => {
    cluster.holdsLease = false
    cluster.members = [member('shop-1', { node: 'a\u001b[2J' })]
    const { printed, noted } = await run(['members'])
    assert.match(printed[1] ?? '', /a\\u001b\[2J/)
    assert.deepEqual(noted, ['epoch 1; shop-1 holds no lease now, so it serves nothing'])
  })

  test('as one document per line', async () => {
    const { printed, noted } = await run(['members', '--json'])
    const rows = printed.map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      rows.map(({ id, self, epoch, startedAt }) => [id, self, epoch, startedAt]),
      [
        ['shop-1', true, 1, '2023-11-14T22:13:20.000Z'],
        ['shop-2', false, 1, '2023-11-14T22:13:20.000Z'],
        ['shop-3', false, 1, '2023-11-14T22:13:20.000Z'],
      ],
    )
    assert.deepEqual(noted, [])
  })

  test('of a process that is alone are none', async () => {
    await using alone = await listening()
    const { code, noted } = await run(['members'], { url: alone.url })
    assert.equal(code, 1)
    assert.match(noted[0] ?? '', /member of no cluster; start it with --cluster/)
  })
})

describe('where', () => {
  test('says the member, and its node', async () => {
    const { code, printed, noted } = await run(['where', 'user-1', '--ref', 'user'])
    assert.equal(code, 0)
    assert.deepEqual(printed, ['user/user-1 lives on shop-1, on the node node-shop-1'])
    assert.deepEqual(noted, [])
    assert.deepEqual(cluster.asked, [{ system: 'my-system', definition: 'user', name: 'user-1' }])
    const { member: found, parent } = document(await run(['where', 'till', '--json'])) as Record<
      string,
      unknown
    >
    assert.deepEqual([found, parent], ['shop-1', ''])
  })

  test('says that it is on its way, or on each member', async () => {
    cluster.lives = () => ({ isServed: false })
    const moving = await run(['where', 'till'])
    assert.deepEqual(moving.noted, [
      'another member may still hold it: a call waits until that has let go of it',
    ])
    const pool = hosted('pool', { kind: 'pooled', placement: { by: 'local' } })
    cluster.members = ['shop-1', 'shop-2'].map((id) =>
      member(id, { systems: [{ name: 'my-system', definitions: [pool] }] }),
    )
    cluster.lives = () => ({})
    const local = await run(['where', 'pool'])
    assert.deepEqual(local.printed, ['pool lives on each member that hosts it: shop-1, shop-2'])
  })

  test('of a system that is named', async () => {
    const systems = [{ name: 'other', definitions: [hosted('x', { kind: 'unnamed' })] }]
    cluster.members = [member('shop-1', { systems })]
    await run(['where', 'x-1', '--ref', 'x', '--system', 'other'])
    assert.deepEqual(cluster.asked, [{ system: 'other', definition: 'x', name: 'x-1' }])
  })

  test('nowhere is a failure that may pass', async () => {
    cluster.lives = () => ({ member: null, isServed: false, reason: 'no member hosts "till"' })
    const { code, printed, noted } = await run(['where', 'till'])
    assert.deepEqual([code, printed], [5, []])
    assert.equal(noted[0], 'error: till lives nowhere now: no member hosts "till"')
    assert.equal(errorOf(await run(['where', 'till', '--json'])).code, 'MEMBER_UNAVAILABLE')
  })
})

describe('drain', () => {
  test('waits until the member has let go of all, and shows that it waits', async () => {
    cluster.agreed = (id) => setImmediate(() => cluster.settle(id))
    const { code, printed, noted, progress } = await run(['drain', 'shop-2'])
    assert.equal(code, 0)
    assert.deepEqual(printed, [])
    assert.deepEqual(noted, ['shop-2 is empty; it gets no actors until `spawn cluster undrain shop-2`'])
    assert.equal(progress.at(-1), '')
    assert.deepEqual(cluster.asked, [{ id: 'shop-2', phase: 'draining' }])
  })

  test('does not take an earlier acknowledgement for this one', async () => {
    const drained = run(['drain', 'shop-2', '--json'])
    let isOver = false
    void drained.then(() => (isOver = true))
    const looks = (): number => cluster.looks
    await until('it drains', () => cluster.asked.length > 0)
    const from = looks()
    await until('it has looked twice more', () => looks() >= from + 2)
    assert.equal(isOver, false)
    cluster.settle('shop-2')
    assert.deepEqual(document(await drained), {
      member: 'shop-2',
      node: 'node-shop-2',
      epoch: 2,
      empty: true,
      left: false,
    })
  })

  test('ends when the member has left meanwhile', async () => {
    cluster.agreed = () => setImmediate(() => cluster.view(member('shop-1')))
    const { noted } = await run(['drain', 'shop-2'])
    assert.deepEqual(noted, ['shop-2 has left the cluster'])
  })

  test('fails when somebody takes it back in, and when it takes too long; it says what stands', async () => {
    cluster.agreed = (id, phase) => {
      if (phase === 'draining') setImmediate(() => void cluster.setPhase(id, 'up'))
    }
    const taken = await run(['drain', 'shop-2', '--json'])
    assert.equal(taken.code, 1)
    assert.equal(errorOf(taken).code, 'CANCELLED')
    cluster.agreed = () => {}
    const late = await run(['drain', 'shop-2', '--timeout', '1s', '--json'])
    assert.equal(late.code, 4)
    const { code, message } = errorOf(late)
    assert.deepEqual([code, message], ['DEADLINE_EXCEEDED', 'shop-2 is not empty after 1s; it drains on'])
  })

  test('tells what stands when the server is gone', async () => {
    const own = new ScriptedCluster(member('shop-1'), member('shop-2'))
    const other = await listening({ cluster: own })
    own.agreed = () => setImmediate(() => void other[Symbol.asyncDispose]())
    const { code, noted } = await run(['drain', 'shop-2'], { url: other.url })
    assert.equal(code, 3)
    assert.match(noted[0] ?? '', /^error: no server answers at .* \(shop-2 drains on\)$/)
  })

  test('returns at once when it is told not to wait', async () => {
    const { noted } = await run(['drain', 'shop-2', '--no-wait'])
    assert.deepEqual(noted, ['shop-2 drains'])
    const again = document(await run(['drain', 'shop-2', '--no-wait', '--json'])) as { empty: boolean }
    assert.equal(again.empty, false)
  })

  test('takes a node for the only member there', async () => {
    cluster.agreed = (id) => cluster.settle(id)
    assert.equal((await run(['drain', 'node-shop-1'])).code, 0)
    assert.deepEqual(cluster.asked, [{ id: 'shop-1', phase: 'draining' }])
    const several = await run(['drain', 'node-shop-2'])
    assert.equal(several.code, 2)
    assert.match(several.noted[0] ?? '', /2 members run on the node "node-shop-2": shop-2, shop-3/)
    const none = await run(['drain', 'shop-9', '--json'])
    assert.equal(none.code, 1)
    assert.equal(errorOf(none).code, 'NOT_FOUND')
    assert.match(errorOf(none).message, /no member or node "shop-9"; its members: shop-1, shop-2, shop-3/)
  })

  test('asks before definitions lose their last member', async () => {
    const alone = [{ name: 'my-system', definitions: [hosted('till'), hosted('report')] }]
    cluster.members = [
      member('shop-1'),
      member('shop-2', { systems: alone }),
      member('shop-3', { phase: 'draining', systems: alone }),
    ]
    cluster.agreed = (id) => cluster.settle(id)
    const question =
      'No other member that is up hosts my-system: report: calls there will fail. Drain shop-2? [y/N] '
    const no = await run(['drain', 'shop-2'], { types: 'n' })
    assert.deepEqual([no.code, no.asked, cluster.asked], [1, [question], []])
    const nobody = await run(['drain', 'shop-2'])
    assert.equal(nobody.code, 2)
    assert.deepEqual(cluster.asked, [])
    assert.equal((await run(['drain', 'shop-2'], { types: 'y' })).code, 0)
    assert.deepEqual(cluster.asked, [{ id: 'shop-2', phase: 'draining' }])
    // It drains already: nothing is lost by waiting for it.
    assert.deepEqual((await run(['drain', 'shop-2'], { types: 'n' })).asked, [])
    const last = await run(['drain', 'shop-1'], { types: 'n' })
    assert.match(last.asked[0] ?? '', /^No other member that is up hosts all that it hosts: /)
    assert.equal((await run(['drain', 'shop-1', '--yes'])).code, 0)
  })

  test('says what could not be agreed', async () => {
    cluster.refusal = new SpawnError('MEMBER_UNAVAILABLE', 'it could not be agreed')
    const { code, noted } = await run(['drain', 'shop-2'])
    assert.equal(code, 5)
    assert.match(noted[0] ?? '', /MEMBER_UNAVAILABLE: it could not be agreed/)
  })
})

test('undrain takes a member back', async () => {
  cluster.members = [member('shop-1'), member('shop-2', { phase: 'draining' })]
  const back = await run(['undrain', 'node-shop-2'])
  assert.deepEqual(back.noted, ['shop-2 is up: it gets its share of the actors'])
  assert.deepEqual(cluster.asked, [{ id: 'shop-2', phase: 'up' }])
  const again = await run(['undrain', 'shop-2'])
  assert.deepEqual(again.noted, ['shop-2 was up already'])
  const json = document(await run(['undrain', 'shop-2', '--json']))
  assert.deepEqual(json, { member: 'shop-2', phase: 'up', epoch: 4 })
})

test('something else that listens there is no cluster', async () => {
  const { createServer: createHttpServer } = await import('node:http')
  const server = createHttpServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"self":"a","epoch":1,"holdsLease":true,"members":[{"id":"a"}]}')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  for (const words of [['members'], ['where', 'till'], ['drain', 'a'], ['watch']]) {
    const { code } = await run(words, { url: `http://127.0.0.1:${port}` })
    assert.equal(code, 3, words.join(' '))
  }
  server.close()
})

/** A `spawn cluster watch` that runs, and what it has written. */
function watching(url: string, ...options: readonly string[]) {
  const child = startCli(['cluster', 'watch', '--every', '100ms', ...options], { env: { SPAWN_URL: url } })
  const written = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (written.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (written.err += chunk.toString()))
  const says = (stream: 'out' | 'err', text: string): Promise<unknown> =>
    until(text, () => written[stream].includes(text) || undefined, PATIENCE)
  return {
    written,
    says,
    lines: () => written.out.trimEnd().split('\n'),
    end: async (signal: NodeJS.Signals) => {
      child.kill(signal)
      await until(
        'its end',
        () => child.exitCode !== null || child.signalCode !== null || undefined,
        PATIENCE,
      )
      return child.exitCode
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

describe('watch', () => {
  test('prints what stands and then each change, and ends at Ctrl-C', async () => {
    using watch = watching(http.url)
    await watch.says('out', 'epoch 1  shop-3 is up, on node-shop-2, version 0.1.0')
    cluster.view(member('shop-1', { acked: 2 }), member('shop-2', { acked: 2, phase: 'draining' }))
    await watch.says('out', 'epoch 2  every actor is where it is to live')
    assert.equal(await watch.end('SIGINT'), 0, watch.written.err)
    const lines = watch.lines()
    for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}epoch \d {2}/)
    assert.deepEqual(
      lines.map((line) => line.slice(22)),
      [
        'epoch 1  shop-1 is up, on node-shop-1, version 0.1.0',
        'epoch 1  shop-2 is up, on node-shop-2, version 0.1.0',
        'epoch 1  shop-3 is up, on node-shop-2, version 0.1.0',
        'epoch 2  shop-3 is gone',
        'epoch 2  shop-2 drains',
        'epoch 2  shop-2 is empty',
        'epoch 2  every actor is where it is to live',
      ],
    )
    assert.equal(watch.written.err, '')
  })

  test('tells once that nobody answers, goes on, and misses nothing that stands', async () => {
    const own = new ScriptedCluster(member('a'))
    const before = await listening({ cluster: own })
    const port = Number(new URL(before.url).port)
    using watch = watching(before.url, '--json')
    await watch.says('out', '"there"')
    await before[Symbol.asyncDispose]()
    await lettingDown(port, 3)
    own.view(member('a', { acked: 2 }), member('b', { acked: 2 }))
    await using _after = await listening({ cluster: own, port })
    await watch.says('out', '"settled"')
    assert.equal(await watch.end('SIGTERM'), 0, watch.written.err)
    const changes = watch.lines().map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      changes.map(({ change, epoch, member: who }) => [change, who, epoch]),
      [
        ['there', 'a', 1],
        ['joined', 'b', 2],
        ['settled', null, 2],
      ],
    )
    assert.equal(watch.written.err.trimEnd().split('\n').length, 1, watch.written.err)
  })

  test('ends at Ctrl-C before a server that does not answer', async () => {
    let came = 0
    const server = createServer(() => (came += 1))
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    using watch = watching(`http://127.0.0.1:${port}`)
    await until('it asks', () => came > 0 || undefined, PATIENCE)
    assert.equal(await watch.end('SIGINT'), 0, watch.written.err)
    assert.deepEqual(watch.written, { out: '', err: '' })
    server.close()
  })
})

/** Something on a port that answers nobody: resolves when so many have come in vain, and the port is free again. */
async function lettingDown(port: number, times: number): Promise<void> {
  let came = 0
  const server = createServer((socket) => {
    came += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
  await until('it was asked in vain', () => came >= times || undefined, PATIENCE)
  await new Promise<void>((resolve) => void server.close(() => resolve()))
}
