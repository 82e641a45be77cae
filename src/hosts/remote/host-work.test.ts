import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { failure, registration, remote } from '../../../test/remote/fixture.ts'
import {
  type Answer,
  answering,
  type HostServer,
  responding,
  talking,
} from '../../../test/remote/host-server.ts'
import { SpawnError } from '../../base/index.ts'
import { Packed, PROBLEM_CONTENT_TYPE, toProblem } from '../../protocol/index.ts'
import { until } from '../../testing/until.ts'

const OK: Answer = { updatedContext: {} }
const QUICK = { probeEveryMs: 20, connectTimeoutMs: 500 }

/** A port on which nobody listens, for now. */
async function freePort(): Promise<number> {
  await using host = await answering(() => OK)
  return host.address.port
}

/** A host whose actions run until they are let go, in the order of their begin. */
async function holding(port = 0): Promise<{ host: HostServer; begun: string[]; letGo: (() => void)[] }> {
  const begun: string[] = []
  const letGo: (() => void)[] = []
  const host = await answering(async ({ currentContext }) => {
    begun.push(currentContext?.metadata['turn'] ?? '')
    await new Promise<void>((resolve) => letGo.push(resolve))
    return OK
  }, port)
  return { host, begun, letGo }
}

const named = (turn: string) => ({ metadata: { turn } })

describe('a host', () => {
  test('runs so many actions at once, and the next as soon as one has ended', async () => {
    const { begun, host, letGo } = await holding()
    await using _host = host
    await using hosts = remote({ concurrencyPerHost: 2, queuePerHost: 2 })
    hosts.register(host.address)
    const turns = ['a', 'b', 'c', 'd'].map((name) => hosts.run(named(name)))
    await until('two to run', () => begun.length === 2)
    assert.deepEqual([hosts.hosts.hosts[0]?.running, hosts.hosts.hosts[0]?.waiting], [2, 2])
    const full = failure(
      'MAILBOX_FULL',
      /runs 2 actions, and 2 more wait for it, which is the limit; the action did not run$/,
    )
    await assert.rejects(hosts.run(), full)
    letGo[0]?.()
    await until('a third to run', () => begun.length === 3)
    letGo[1]?.()
    await until('a fourth to run', () => begun.length === 4)
    for (const go of letGo) go()
    await Promise.all(turns)
    assert.deepEqual(begun.slice(2), ['c', 'd'])
    assert.equal(host.connections, 2)
    assert.deepEqual([hosts.hosts.hosts[0]?.running, hosts.hosts.hosts[0]?.waiting], [0, 0])
  })

  test('takes the calls of its running actions at once: they would wait for each other', async () => {
    const outer = { system: 'test', parent: '', name: 'counter' }
    const inner = { ...outer, name: 'inner' }
    await using hosts = remote({ concurrencyPerHost: 1 })
    await using host = await answering(async ({ actor }) => {
      if (actor?.name === 'counter') await hosts.run({ self: inner, caller: outer })
      return OK
    })
    hosts.register(host.address)
    await Promise.all([hosts.run({ self: outer }), hosts.run({ self: { ...outer, name: 'next' } })])
  })

  test('runs no more of them than it may, at each depth', async () => {
    const outer = { system: 'test', parent: '', name: 'counter' }
    let most = 0
    let running = 0
    await using hosts = remote({ concurrencyPerHost: 2 })
    await using host = await answering(async ({ actor }) => {
      running += 1
      most = Math.max(most, running)
      if (actor?.name === 'counter') {
        const inner = Array.from({ length: 12 }, (_, at) => ({ ...outer, name: `inner ${at}` }))
        await Promise.all(inner.map((self) => hosts.run({ self, caller: outer })))
      } else {
        await until('two of them to run at once', () => most > 2)
      }
      running -= 1
      return OK
    })
    hosts.register(host.address)
    await hosts.run({ self: outer })
    assert.equal(most, 3)
    assert.equal(host.connections, 3)
  })

  test('that runs no more of a turn is told by its closed connection, and the turn leaves its place', async () => {
    const { begun, host, letGo } = await holding()
    await using _host = host
    await using hosts = remote({ concurrencyPerHost: 1 })
    hosts.register(host.address)
    const abort = new AbortController()
    const first = hosts.run({ ...named('a'), signal: abort.signal })
    const second = hosts.run(named('b'))
    await until('the first to run', () => begun.length === 1)
    const reason = new SpawnError('DEADLINE_EXCEEDED', 'too late')
    abort.abort(reason)
    await assert.rejects(first, (error) => error === reason)
    await until('the second to run', () => begun.length === 2)
    await until('the first connection to be closed', () => host.sockets.size === 1)
    letGo[0]?.()
    letGo[1]?.()
    await second
  })

  test('never sees a turn that was given up before its turn came', async () => {
    const { begun, host, letGo } = await holding()
    await using _host = host
    await using hosts = remote({ concurrencyPerHost: 1 })
    hosts.register(host.address)
    const abort = new AbortController()
    const first = hosts.run(named('a'))
    const given = hosts.run({ ...named('b'), signal: abort.signal })
    const third = hosts.run(named('c'))
    await until('the first to run', () => begun.length === 1)
    abort.abort(new SpawnError('CANCELLED', 'never mind'))
    await assert.rejects(given, failure('CANCELLED', /^never mind$/))
    await assert.rejects(hosts.run({ signal: abort.signal }), failure('CANCELLED', /^never mind$/))
    letGo[0]?.()
    await until('the third to run', () => begun.length === 2)
    letGo[1]?.()
    await Promise.all([first, third])
    assert.deepEqual(begun, ['a', 'c'])
  })

  test('that stops, and says that it ran nothing, leaves its turns to another', async () => {
    const error = new SpawnError('DRAINING', 'this host stops', { details: { ran: false } })
    let asked = 0
    await using stopping = await responding((_body, response) => {
      asked += 1
      response.writeHead(503, { 'content-type': PROBLEM_CONTENT_TYPE }).end(JSON.stringify(toProblem(error)))
    })
    await using hosts = remote({ probeEveryMs: 60_000 })
    hosts.register(stopping.address)
    await assert.rejects(
      hosts.run(),
      failure('HOST_UNREACHABLE', /is not reachable: this host stops; the action did not run$/),
    )
    // Soon it is looked at again, and listens.
    assert.equal(hosts.hosts.hosts[0]?.live, false)
    let turns = 0
    await using other = await answering(() => {
      turns += 1
      return OK
    })
    hosts.register(stopping.address, other.address)
    await Promise.all(Array.from({ length: 6 }, () => hosts.run()))
    assert.equal(turns, 6)
    assert.ok(asked >= 2)
  })

  test('that stops in the middle of an action has run some of it', async () => {
    const error = new SpawnError('DRAINING', 'too late')
    let asked = 0
    await using stopping = await responding((_body, response) => {
      asked += 1
      response.writeHead(503, { 'content-type': PROBLEM_CONTENT_TYPE }).end(JSON.stringify(toProblem(error)))
    })
    await using other = await answering(() => OK)
    await using hosts = remote()
    hosts.register(stopping.address, other.address)
    const settled = await Promise.allSettled([hosts.run(), hosts.run()])
    assert.deepEqual(settled.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    assert.equal(asked, 1)
  })

  test('that dies loses what it runs, and gives back what waits for it', async () => {
    const port = await freePort()
    const dying = await holding(port)
    await using hosts = remote({ ...QUICK, concurrencyPerHost: 1 })
    hosts.register(dying.host.address)
    const running = hosts.run(named('a'))
    const waiting = ['b', 'c', 'd'].map((name) => hosts.run(named(name)))
    await until('the first to run', () => dying.begun.length === 1)
    let turns = 0
    await using other = await answering(() => {
      turns += 1
      return OK
    })
    hosts.register(other.address)
    const lost = assert.rejects(running, failure('HOST_UNREACHABLE', /the action may have run/))
    await dying.host.stop()
    await lost
    await Promise.all(waiting)
    assert.deepEqual([dying.begun, turns], [['a'], 3])
  })

  test('that hangs hurts no other host, nor more turns than it got', async () => {
    await using hanging = await talking(() => undefined)
    let turns = 0
    await using good = await answering(() => {
      turns += 1
      return OK
    })
    await using hosts = remote()
    hosts.register(hanging.address, good.address)
    const abort = new AbortController()
    const hangs = Promise.allSettled([0, 1].map(() => hosts.run({ signal: abort.signal })))
    await until('the good one to have done its part', () => turns === 1)
    for (let at = 0; at < 20; at += 1) await hosts.run()
    assert.equal(turns, 21)
    abort.abort(new SpawnError('DEADLINE_EXCEEDED', 'too late'))
    const ends = (await hangs).map(({ status }) => status)
    assert.deepEqual(ends.toSorted(), ['fulfilled', 'rejected'])
  })

  test('that closed a resting connection loses no turn, however late that is seen', async () => {
    await using host = await answering(() => OK)
    await using hosts = remote()
    hosts.register(host.address)
    for (let at = 0; at < 20; at += 1) {
      await Promise.all([hosts.run(), hosts.run()])
      // Nothing of the event loop runs from here to the next turn.
      const end = Date.now() + 5
      while (Date.now() < end);
      for (const socket of host.sockets) socket.destroy()
    }
    assert.deepEqual(hosts.hosts.hosts[0]?.ends, { reply: 40, unsent: 0, lost: 0, garbled: 0 })
  })

  test('is one of several that share the turns', async () => {
    const counts = [0, 0, 0]
    const servers = await Promise.all(
      counts.map((_, at) =>
        answering(() => {
          counts[at] = (counts[at] ?? 0) + 1
          return OK
        }),
      ),
    )
    await using hosts = remote()
    hosts.register(...servers.map(({ address }) => address))
    for (let at = 0; at < 30; at += 1) await hosts.run()
    assert.deepEqual(counts, [10, 10, 10])
    await Promise.all(servers.map((server) => server.stop()))
  })

  test('that is stopped answers nothing more', async () => {
    const { begun, host } = await holding()
    await using _host = host
    const hosts = remote({ concurrencyPerHost: 1, whenNoHost: 'wait' })
    hosts.register(host.address)
    const turns = [hosts.run(named('a')), hosts.run(named('b'))]
    const ends = [
      assert.rejects(turns[0] ?? assert.fail(), failure('HOST_UNREACHABLE', /the action may have run/)),
      assert.rejects(turns[1] ?? assert.fail(), failure('DRAINING', /connections to the hosts are closed/)),
    ]
    await until('one to run', () => begun.length === 1)
    await hosts.hosts.stop()
    await Promise.all(ends)
    await assert.rejects(hosts.run(), failure('DRAINING', /./))
    await until('its connection to be closed', () => host.sockets.size === 0)
  })

  test('whose definition goes to another address keeps what runs', async () => {
    const { begun, host, letGo } = await holding()
    await using _host = host
    await using hosts = remote({ concurrencyPerHost: 1 })
    hosts.register(host.address)
    const turn = hosts.run(named('a'))
    await until('it to run', () => begun.length === 1)
    const waits = assert.rejects(
      hosts.run(),
      failure('HOST_UNREACHABLE', /no host is reachable; the action did not run/),
    )
    hosts.hosts.register(host.address, registration({}))
    assert.deepEqual(hosts.hosts.hosts, [])
    await waits
    letGo[0]?.()
    assert.equal((await turn).changed, false)
    await until('its connection to be closed', () => host.sockets.size === 0)
    await assert.rejects(
      hosts.run(),
      failure('HOST_UNREACHABLE', /no host is reachable; the action did not run/),
    )
  })
})

test('a large state goes there and back', async () => {
  const large = new Packed('x/y', new Uint8Array(3_000_000).fill(5))
  await using host = await answering(({ currentContext }) => {
    const { state } = currentContext ?? {}
    return state === undefined ? OK : { updatedContext: { state: { typeUrl: 'x/z', value: state.value } } }
  })
  await using hosts = remote()
  hosts.register(host.address)
  const { state } = await hosts.run({ state: large, revision: 1 })
  assert.deepEqual(state, new Packed('x/z', large.value))
})
