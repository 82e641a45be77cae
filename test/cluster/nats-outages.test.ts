// A NATS server that is restarted, killed, away for a while, or says nothing any more: members find it again by themselves,
// the register has lost nothing and its watch has missed nothing, and what waits is bounded.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { isSpawnError, seededRandom, systemClock } from '../../src/base/index.ts'
import { openNats } from '../../src/cluster/nats/index.ts'
import { tokenOf } from '../../src/cluster/nats/names.ts'
import { Peers } from '../../src/mesh/peers/peers.ts'
import { type LogFields, type Register, type RegisterEntry, silentLogger } from '../../src/ports/index.ts'
import { until } from '../../src/testing/index.ts'
import { answerOf, callOf } from '../mesh/peer-requests.ts'
import { answeredName, nameOf } from '../mesh/peer-world.ts'
import { ownCluster, PrivateNats } from '../servers/nats.ts'
import type { Framing } from '../faults/framing.ts'
import { TcpProxy } from '../faults/tcp-proxy.ts'

/** The connection is cut as a whole: what is said on it does not matter. */
const unframed: Framing = () => ({
  fromClient: (bytes) => [{ bytes, statement: null }],
  fromServer: (bytes) => [{ bytes, isAnswer: false }],
})

const PATIENCE = { timeoutMs: 60_000 } as const
const server = await PrivateNats.start()
const opened: Register[] = []
after(async () => {
  // Those of a test that failed would try to reach it for ever.
  await Promise.allSettled(opened.map((register) => register.stop()))
  await server.end()
})

type Nats = ReturnType<typeof openNats>

const open = (cluster: string, address = server.address): Nats =>
  openNats(
    { servers: [address], identity: null, tls: null },
    { cluster, clock: systemClock, logger: silentLogger },
  )

interface Watching {
  readonly register: Register
  readonly entries: RegisterEntry[]
}

async function watching(cluster: string, address?: string): Promise<Watching> {
  const { register } = open(cluster, address)
  opened.push(register)
  const entries: RegisterEntry[] = []
  register.watch((entry) => entries.push(entry))
  await register.start()
  return { register, entries }
}

/** As a member does: again until it is known what stands. */
async function putSurely(register: Register, key: string, value: string): Promise<number> {
  return until(
    `${key} to be ${value}`,
    async () => {
      const standing = await register.get(key)
      if (standing?.value === value) return standing.revision
      return register.put(key, value, standing?.revision ?? 0)
    },
    PATIENCE,
  )
}

const isInOrder = (entries: readonly RegisterEntry[]): boolean =>
  entries.every(({ revision }, at) => at === 0 || revision > (entries[at - 1]?.revision ?? 0))

describe('over a NATS server that', () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const)
    test(`is ended by ${signal} and comes back with its data, the register goes on`, async () => {
      const cluster = ownCluster()
      const [one, other] = await Promise.all([watching(cluster), watching(cluster)])
      const before = await putSurely(one.register, 'a', 'before')
      await server.halt(signal)
      for (const asked of [
        one.register.get('a'),
        // These may be done when it is back, so they are of entries that nobody looks at.
        one.register.put(`${signal} put`, 'x', 0),
        one.register.remove(`${signal} removed`, before),
      ])
        await assert.rejects(asked, (thrown) => isSpawnError(thrown) && thrown.code === 'MEMBER_UNAVAILABLE')
      await server.start()
      const standing = await until('the entry', () => one.register.get('a'), PATIENCE)
      assert.ok(standing.value === 'before' && standing.revision === before)
      const next = await putSurely(one.register, 'a', 'after')
      assert.ok(next > before)
      await until(
        'both to be told',
        () => [one, other].every(({ entries }) => entries.at(-1)?.value === 'after'),
        PATIENCE,
      )
      for (const { entries } of [one, other]) assert.ok(isInOrder(entries), JSON.stringify(entries))
      await Promise.all([one.register.stop(), other.register.stop()])
    })

  test('is lost to one member only: that one is told of all that it missed, and of nothing twice', async () => {
    const cluster = ownCluster()
    const [host = '', port = ''] = server.address.split(':')
    const proxy = await TcpProxy.start({ host, port: Number(port) }, unframed)
    const near = await watching(cluster)
    const far = await watching(cluster, `${proxy.address.host}:${proxy.address.port}`)
    for (const key of ['kept', 'changed', 'removed']) await putSurely(near.register, key, 'first')
    await until('the far one to be told', () => far.entries.length === 3, PATIENCE)
    proxy.refuses = true
    proxy.cut()
    const standing = await near.register.get('removed')
    assert.equal(await near.register.remove('removed', standing?.revision ?? 0), true)
    for (const value of ['second', 'third']) await putSurely(near.register, 'changed', value)
    await putSurely(near.register, 'made', 'new')
    await putSurely(near.register, 'brief', 'x')
    const brief = await near.register.get('brief')
    assert.equal(await near.register.remove('brief', brief?.revision ?? 0), true)
    assert.equal(far.entries.length, 3)
    proxy.refuses = false
    await until('what was missed', () => far.entries.length >= 7, PATIENCE)
    await putSurely(near.register, 'last', 'x')
    await until('what follows', () => far.entries.some(({ key }) => key === 'last'), PATIENCE)
    assert.deepEqual(
      far.entries.slice(3).map(({ key, value }) => [key, value]),
      [
        ['removed', null],
        ['changed', 'third'],
        ['made', 'new'],
        ['brief', null],
        ['last', 'x'],
      ],
    )
    assert.ok(isInOrder(far.entries))
    await Promise.all([near.register.stop(), far.register.stop()])
    await proxy.stop()
  })

  test('answers nothing any more: requests end in time, and when it does again, all goes on', async () => {
    const cluster = ownCluster()
    const one = await watching(cluster)
    const before = await putSurely(one.register, 'a', 'before')
    await server.freeze()
    const startMs = performance.now()
    const asked = await Promise.allSettled([one.register.get('a'), one.register.put('a', 'while', before)])
    const tookMs = performance.now() - startMs
    // Before anything is judged: the tests that follow need it.
    server.thaw()
    assert.deepEqual(
      asked.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.ok(tookMs < 5_000, `${tookMs} ms`)
    await putSurely(one.register, 'a', 'after')
    await until('to be told', () => one.entries.at(-1)?.value === 'after', PATIENCE)
    assert.ok(isInOrder(one.entries))
    await one.register.stop()
  })

  test('takes nothing: what is sent to it meanwhile is bounded, and dropped beyond', async () => {
    const warnings: LogFields[] = []
    const logger = {
      ...silentLogger,
      warn: (_message: string, fields: LogFields = {}) => warnings.push(fields),
    }
    const settings = { servers: [server.address], identity: null, tls: null }
    const { wire } = openNats(settings, { cluster: ownCluster(), clock: systemClock, logger })
    let received = 0
    await wire.start('me', () => (received += 1))
    await server.freeze()
    const frame = new Uint8Array(wire.maxBytes)
    for (let sent = 0; sent < 300; sent += 1) wire.send('me', frame)
    server.thaw()
    const dropped = await until(
      'what was dropped to be told',
      () => warnings.find(({ frames }) => frames !== undefined),
      PATIENCE,
    )
    assert.ok(Number(dropped['frames']) > 200 && Number(dropped['frames']) < 300, JSON.stringify(dropped))
    await until('the rest', () => received + Number(dropped['frames']) === 300, PATIENCE)
    await wire.stop()
  })

  test('has lost the bucket: the register is empty, says so, and revisions go on growing', async () => {
    const cluster = ownCluster()
    const one = await watching(cluster)
    const before = await putSurely(one.register, 'a', 'before')
    const last = await putSurely(one.register, 'b', 'before')
    await until('both to be told', () => one.entries.length === 2)
    const admin = await connect({ servers: server.address })
    const deleted = await admin.request(`$JS.API.STREAM.DELETE.KV_spawn-${tokenOf(cluster)}`)
    assert.match(deleted.string(), /"success":true/)
    await admin.close()
    await until('what is gone to be told', () => one.entries.length >= 4, PATIENCE)
    assert.deepEqual(
      one.entries.slice(2).map(({ key, value }) => [key, value]),
      [
        ['a', null],
        ['b', null],
      ],
    )
    assert.equal(await one.register.get('a'), null)
    assert.equal(await one.register.put('a', 'late', before), null)
    assert.equal(await one.register.remove('b', last), false)
    const next = await putSurely(one.register, 'a', 'after')
    await until('what is new', () => one.entries.at(-1)?.value === 'after', PATIENCE)
    assert.ok(next > last && one.entries.slice(2).every(({ revision }) => revision > last))
    await one.register.stop()
  })
})

test('requests between members go on over a restart, and run once', async () => {
  const cluster = ownCluster()
  const runs = new Map<string, number>()
  const peers = ['ann', 'bob'].map((id) => ({
    id,
    peers: new Peers({
      wire: open(cluster).wire,
      clock: systemClock,
      random: seededRandom(id.length + id.charCodeAt(0)),
      logger: silentLogger,
      serve: async (_from, request) => {
        const name = nameOf(request)
        runs.set(name, (runs.get(name) ?? 0) + 1)
        return answerOf(name)
      },
    }),
  }))
  const [ann, bob] = peers
  assert.ok(ann !== undefined && bob !== undefined)
  await Promise.all([ann.peers.start('ann'), bob.peers.start('bob')])
  const ask = async (name: string): Promise<void> => {
    const reply = await ann.peers.request('bob', callOf(name), { timeoutMs: 60_000 })
    assert.equal(answeredName(reply), name)
  }
  await ask('first')
  let isOver = false
  let asked = 0
  const callers = Array.from({ length: 8 }, async (_, caller) => {
    for (let call = 0; !isOver; call += 1) {
      await ask(`${caller}/${call}`)
      asked += 1
    }
  })
  for (let restart = 0; restart < 2; restart += 1) {
    const before = asked
    await until('some calls', () => asked > before + 200, PATIENCE)
    await server.halt('SIGKILL')
    await server.start()
  }
  const last = asked
  await until('some more', () => asked > last + 200, PATIENCE)
  isOver = true
  await Promise.all(callers)
  assert.ok([...runs.values()].every((times) => times === 1))
  await Promise.all([ann.peers.stop(), bob.peers.stop()])
})
