// Which of a database's servers sessions are opened with; real servers are in test/slow/failover.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpawnError } from '../../base/index.ts'
import { silentLogger } from '../../ports/index.ts'
import { until, VirtualClock } from '../../testing/index.ts'
import { Connections } from './connections.ts'
import { type DatabaseOptions, settledOptions } from './options.ts'
import { NotConnected, type Session, type Vendor } from './session.ts'

const TAKES_NONE = 'it takes no commits'

class FakeSession implements Session {
  readonly server: string
  isOpen = true
  isDemoted = false
  readonly warnings: readonly string[]

  constructor(server: string) {
    this.server = server
    this.warnings = server === 'unsafe' ? ['does not sync'] : []
  }

  rest(): void {}
  wake(): void {}

  async end(): Promise<void> {
    this.isOpen = false
  }

  destroy(): void {
    this.isOpen = false
  }
}

type Manner =
  | 'noDriver'
  | 'takes'
  | 'takesNone'
  | 'refuses'
  | 'hangs'
  | 'exhausted'
  | 'slowlyExhausted'
  | 'wrongPassword'

/** Servers by host, each with the manner in which it answers. */
class FakeServers {
  readonly manners = new Map<string, Manner>()
  readonly asked: string[] = []
  readonly warned: unknown[] = []
  readonly lines: string[] = []
  readonly clock = new VirtualClock()
  readonly #late: (() => void)[] = []

  connections(...hosts: readonly string[]): Connections<FakeSession> {
    const [host = '', ...others] = hosts
    const options: DatabaseOptions = {
      host,
      port: 1,
      others: others.map((other) => ({ host: other, port: 1 })),
      database: 'shop',
      user: 'ada',
      password: '',
      tls: null,
      clock: this.clock,
      logger: {
        ...silentLogger,
        warn: (what, fields) => {
          this.lines.push(what)
          if (what === 'the database may lose what it acknowledges') this.warned.push(fields)
        },
      },
    }
    const vendor: Vendor<FakeSession> = {
      name: 'fake',
      open: (settled) => this.#open(settled.host),
      fateOf: () => 'again',
      isExhausted: (thrown) => /exhausted/i.test(String(thrown)),
      error: (_address, thrown) => new SpawnError('STORE_UNAVAILABLE', String(thrown)),
    }
    return new Connections(vendor, settledOptions(options))
  }

  /** Those that hang answer after all. */
  answerLate(): void {
    for (const answer of this.#late.splice(0)) answer()
  }

  async #open(host: string): Promise<FakeSession> {
    this.asked.push(host)
    const manner = this.manners.get(host) ?? 'refuses'
    const isSlow = manner === 'hangs' || manner === 'slowlyExhausted'
    if (isSlow) await new Promise<void>((resolve) => this.#late.push(resolve))
    if (manner === 'hangs') return new FakeSession(host)
    if (manner === 'noDriver') throw new SpawnError('STORE_UNAVAILABLE', 'it is not installed')
    if (manner === 'wrongPassword') throw new NotConnected('the password is wrong', false)
    if (manner !== 'takes') throw new NotConnected(manner === 'takesNone' ? TAKES_NONE : manner, true)
    return new FakeSession(host)
  }
}

/** Uses a session until the test lets it go. */
async function held(
  connections: Connections<FakeSession>,
): Promise<{ session: FakeSession; letGo: () => Promise<void> }> {
  const taken = Promise.withResolvers<FakeSession>()
  const over = Promise.withResolvers<void>()
  const using = connections.use(async (session) => {
    taken.resolve(session)
    await over.promise
  })
  using.catch(taken.reject)
  const session = await taken.promise
  return {
    session,
    letGo: async () => {
      over.resolve()
      await using
    },
  }
}

const serverOf = (connections: Connections<FakeSession>): Promise<string> =>
  connections.use(async ({ server }) => server)

test('the one that takes commits is used, and asked first from then on', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'takesNone').set('b', 'refuses').set('c', 'takes')
  const connections = servers.connections('a', 'b', 'c')
  const first = await held(connections)
  assert.equal(first.session.server, 'c')
  servers.asked.length = 0
  const second = await held(connections)
  assert.equal(second.session.server, 'c')
  assert.deepEqual(servers.asked, ['c'])
  await Promise.all([first.letGo(), second.letGo()])
})

test('of the sessions that are free, the one that was opened first is used', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'takes')
  const connections = servers.connections('a')
  const [first, second, third] = [await held(connections), await held(connections), await held(connections)]
  // However they become free.
  await first.letGo()
  await third.letGo()
  await second.letGo()
  const again = await held(connections)
  assert.equal(again.session, first.session)
  assert.equal((await held(connections)).session, second.session)
  await again.letGo()
  await connections.use(async (session) => assert.equal(session, first.session))
  assert.equal(servers.asked.length, 3)
})

test('when another one takes commits, all sessions with the one before end', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'takes').set('b', 'takesNone')
  const connections = servers.connections('a', 'b')
  const busy = await held(connections)
  const lost = await held(connections)
  const idle = await held(connections)
  await idle.letGo()
  lost.session.destroy()
  await lost.letGo()
  servers.manners.set('a', 'refuses').set('b', 'takes')
  idle.session.destroy()
  assert.equal(await serverOf(connections), 'b')
  assert.equal(busy.session.isOpen, false, 'one that may hang for long')
  await busy.letGo()
  // The old one takes commits again, and is not asked.
  servers.manners.set('a', 'takes')
  assert.equal(await serverOf(connections), 'b')
})

test('one that says nothing is not waited for alone, and comes too late', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'hangs').set('b', 'takes')
  const connections = servers.connections('a', 'b')
  const server = serverOf(connections)
  await until('the first to be asked', () => servers.asked.length === 1)
  await servers.clock.advance(499)
  assert.deepEqual(servers.asked, ['a'])
  await servers.clock.advance(1)
  assert.equal(await server, 'b')
  servers.answerLate()
  assert.equal(await serverOf(connections), 'b')
})

test('a session that was begun before the change is given up', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'hangs').set('b', 'hangs')
  const connections = servers.connections('a', 'b')
  const slow = serverOf(connections)
  await until('the first to be asked', () => servers.asked.length === 1)
  servers.manners.set('a', 'refuses').set('b', 'takes')
  assert.equal(await serverOf(connections), 'b')
  servers.answerLate()
  await assert.rejects(slow, /another server has taken its place/)
})

test('a session that finds its server demoted takes the others with it', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'takes')
  const connections = servers.connections('a')
  const [told, other] = [await held(connections), await held(connections)]
  await other.letGo()
  told.session.isDemoted = true
  told.session.destroy()
  await told.letGo()
  assert.equal(other.session.isOpen, false)
})

for (const manner of ['exhausted', 'wrongPassword'] as const) {
  test(`where no other session is to be had, those that there are must do: ${manner}`, async () => {
    const servers = new FakeServers()
    servers.manners.set('a', 'takes')
    const connections = servers.connections('a')
    const first = await held(connections)
    servers.manners.set('a', manner)
    const second = held(connections)
    await until('the second to be refused', () => servers.asked.length === 2)
    await first.letGo()
    assert.equal((await second).session, first.session)
    await (await second).letGo()
  })
}

test('one that became free while a session was asked for in vain is not waited for', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'takes')
  const connections = servers.connections('a')
  const first = await held(connections)
  servers.manners.set('a', 'slowlyExhausted')
  const second = held(connections)
  await until('the second to be asked for', () => servers.asked.length === 2)
  await first.letGo()
  servers.answerLate()
  assert.equal((await second).session, first.session)
  await (await second).letGo()
})

test('what is wrong is told of each, or by the one that knows what to do', async () => {
  const servers = new FakeServers()
  const connections = servers.connections('a', 'b')
  const failure = (): Promise<NotConnected> =>
    serverOf(connections).then(
      () => assert.fail('a session was opened'),
      (thrown: unknown) => {
        assert.ok(thrown instanceof NotConnected)
        return thrown
      },
    )
  servers.manners.set('b', 'takesNone')
  assert.deepEqual(
    [(await failure()).message, (await failure()).mayComeBack],
    [`a:1: refuses; b:1: ${TAKES_NONE}`, true],
  )
  servers.manners.set('b', 'exhausted')
  assert.equal((await failure()).message, 'exhausted')
  servers.manners.set('b', 'wrongPassword')
  assert.equal((await failure()).mayComeBack, true, 'the other one may come back')
  servers.manners.set('a', 'wrongPassword')
  assert.deepEqual(
    [(await failure()).message, (await failure()).mayComeBack],
    ['the password is wrong', false],
  )
})

test('of a server that may lose what it acknowledges, operators hear once', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'takes').set('unsafe', 'takes')
  const connections = servers.connections('a', 'unsafe')
  await serverOf(connections)
  assert.deepEqual(servers.warned, [])
  servers.manners.set('a', 'refuses')
  const first = await held(connections)
  first.session.destroy()
  await first.letGo()
  const second = await held(connections)
  const third = await held(connections)
  assert.equal(third.session.server, 'unsafe')
  await Promise.all([second.letGo(), third.letGo()])
  assert.deepEqual(servers.warned, [{ server: 'unsafe:1', why: 'does not sync' }])
})

test('a server that is away is told of, a driver that is not there only to who asked', async () => {
  const servers = new FakeServers()
  servers.manners.set('a', 'noDriver').set('b', 'refuses')
  await assert.rejects(serverOf(servers.connections('a')), /not installed/)
  assert.deepEqual(servers.lines, [])
  await assert.rejects(serverOf(servers.connections('b')), /refuses/)
  assert.deepEqual(servers.lines, ['the database cannot be reached'])
})
