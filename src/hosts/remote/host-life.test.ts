import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { failure, registration, remote } from '../../../test/remote/fixture.ts'
import { type Answer, answering } from '../../../test/remote/host-server.ts'
import { until } from '../../testing/until.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'

const OK: Answer = { updatedContext: {} }
const QUICK = { probeEveryMs: 20, connectTimeoutMs: 500 }

/** A port on which nobody listens, for now. */
async function freePort(): Promise<number> {
  await using host = await answering(() => OK)
  return host.address.port
}

const named = (turn: string) => ({ metadata: { turn } })

/** As many steps on every machine, however long its connections take. */
async function twoHours(clock: VirtualClock): Promise<void> {
  for (let minute = 0; minute < 120; minute += 1) await clock.advance(60_000)
}

describe('a host that is not there', () => {
  test('is found by a refused connection, and again when it comes back', async () => {
    const port = await freePort()
    await using hosts = remote(QUICK)
    hosts.register({ host: '127.0.0.1', port })
    assert.equal(hosts.hosts.hosts[0]?.live, true)
    const refused = failure('HOST_UNREACHABLE', /is not reachable: .*ECONNREFUSED.*; the action did not run$/)
    await assert.rejects(hosts.run(), refused)
    assert.equal(hosts.hosts.hosts[0]?.live, false)
    assert.ok((hosts.hosts.hosts[0]?.downSinceMs ?? 0) > 0)
    await assert.rejects(
      hosts.run(),
      failure('HOST_UNREACHABLE', /is not reachable; the action did not run$/),
    )
    await using _host = await answering(() => OK, port)
    await until('the host to be found', () => hosts.hosts.hosts[0]?.live)
    assert.equal(hosts.hosts.hosts[0]?.downSinceMs, null)
    await hosts.run()
  })

  test('is there at once when it registers', async () => {
    const port = await freePort()
    await using hosts = remote({ probeEveryMs: 60_000 })
    hosts.register({ host: '127.0.0.1', port })
    await assert.rejects(hosts.run(), failure('HOST_UNREACHABLE', /ECONNREFUSED/))
    await using host = await answering(() => OK, port)
    hosts.register(host.address)
    await hosts.run()
  })

  test('is told in the log, once', async () => {
    const lines: string[] = []
    const log = (message: string) => void lines.push(message)
    const logger = { debug: log, info: log, warn: log, error: log }
    const port = await freePort()
    await using hosts = remote(QUICK, { logger })
    hosts.register({ host: '127.0.0.1', port })
    for (let at = 0; at < 3; at += 1) await assert.rejects(hosts.run())
    await using _host = await answering(() => OK, port)
    await until('the host to be found', () => hosts.hosts.hosts[0]?.live)
    assert.deepEqual(lines, ['a host has registered', 'a host is not reachable', 'a host is reachable again'])
  })

  test('is waited for, when that is the setting', async () => {
    const port = await freePort()
    await using hosts = remote({ ...QUICK, whenNoHost: 'wait' })
    hosts.register({ host: '127.0.0.1', port })
    const turns = [hosts.run(named('a')), hosts.run(named('b'))]
    await until('both to wait', () => hosts.hosts.waiting === 2)
    const begun: string[] = []
    await using _host = await answering(({ currentContext }) => {
      begun.push(currentContext?.metadata['turn'] ?? '')
      return OK
    }, port)
    await Promise.all(turns)
    assert.deepEqual(begun.toSorted(), ['a', 'b'])
    assert.equal(hosts.hosts.waiting, 0)
  })

  test('is waited for until just before the deadline', async () => {
    const clock = new VirtualClock()
    const port = await freePort()
    await using hosts = remote({ ...QUICK, whenNoHost: 'wait' }, { clock })
    hosts.register({ host: '127.0.0.1', port })
    const deadlineMs = clock.now() + 200
    const unreachable = failure('HOST_UNREACHABLE', /is not reachable: .*; the action did not run$/)
    let leftAtMs: number | null = null
    const leaves = assert
      .rejects(hosts.run({ deadlineMs }), unreachable)
      .finally(() => (leftAtMs = clock.now()))
    await until('it to wait', () => hosts.hosts.waiting === 1)
    await clock.advance(180)
    assert.deepEqual([hosts.hosts.waiting, leftAtMs], [1, null])
    await clock.advance(19)
    await leaves
    assert.equal(leftAtMs, deadlineMs - 15)
    assert.equal(hosts.hosts.waiting, 0)
  })

  test('is waited for by so many, and while anybody cares', async () => {
    const port = await freePort()
    await using hosts = remote({ ...QUICK, whenNoHost: 'wait', queuePerHost: 1 })
    hosts.register({ host: '127.0.0.1', port })
    const abort = new AbortController()
    const waits = assert.rejects(hosts.run({ signal: abort.signal }))
    await until('one to wait', () => hosts.hosts.waiting === 1)
    await assert.rejects(
      hosts.run(),
      failure('MAILBOX_FULL', /no host is reachable, and 1 calls wait for one.*did not run$/),
    )
    abort.abort()
    await waits
    assert.equal(hosts.hosts.waiting, 0)
  })

  test('is waited for no longer when its definition is gone', async () => {
    const address = { host: '127.0.0.1', port: await freePort() }
    await using hosts = remote({ ...QUICK, whenNoHost: 'wait' })
    hosts.register(address)
    const gone = failure('HOST_UNREACHABLE', /no host is reachable: .*; the action did not run$/)
    const waits = assert.rejects(hosts.run(), gone)
    await until('it to wait', () => hosts.hosts.waiting === 1)
    hosts.hosts.register(address, registration({}))
    await waits
    await assert.rejects(
      hosts.run(),
      failure('HOST_UNREACHABLE', /no host is reachable; the action did not run$/),
    )
  })

  test('is not the one that a turn goes to while another is there', async () => {
    const port = await freePort()
    let turns = 0
    await using host = await answering(() => {
      turns += 1
      return OK
    })
    await using hosts = remote(QUICK)
    hosts.register({ host: '127.0.0.1', port }, host.address)
    await Promise.all(Array.from({ length: 10 }, () => hosts.run()))
    assert.equal(turns, 10)
    assert.deepEqual(
      hosts.hosts.hosts.map(({ live }) => live),
      [false, true],
    )
  })

  test('is forgotten after an hour if others have what it has', async () => {
    const clock = new VirtualClock()
    const port = await freePort()
    await using host = await answering(() => OK)
    await using hosts = remote({ probeEveryMs: 60_000 }, { clock })
    hosts.register({ host: '127.0.0.1', port })
    await assert.rejects(hosts.run(), failure('HOST_UNREACHABLE', /ECONNREFUSED/))
    await twoHours(clock)
    assert.equal(hosts.hosts.hosts.length, 1)
    hosts.register(host.address)
    assert.equal(hosts.hosts.hosts.length, 2)
    await twoHours(clock)
    assert.equal(hosts.hosts.hosts.length, 1)
    assert.equal(hosts.hosts.hosts[0]?.port, host.address.port)
    await hosts.run({ deadlineMs: clock.now() + 60_000 })
  })
})
