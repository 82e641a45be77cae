import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { isSpawnError, systemClock } from '../../base/index.ts'
import { type LogFields, type Logger, type RegisterEntry, silentLogger } from '../../ports/index.ts'
import { MessageSocket, socketFolder } from '../../sockets/index.ts'
import { until } from '../../testing/until.ts'
import { MemoryRegister, SharedEntries } from '../shared-register.ts'
import { bytesOf, type HubNews, type HubQuestion, QUESTION } from './hub-messages.ts'
import { LocalHub, openLocal } from './index.ts'
import { LOCAL_LIMITS } from './local-limits.ts'
import { LocalWire } from './wire.ts'

const surroundings = { clock: systemClock, logger: silentLogger }

let folder: Awaited<ReturnType<typeof socketFolder>>
let hub: LocalHub
beforeEach(async () => {
  folder = await socketFolder()
  hub = new LocalHub({ folder: folder.path, ...surroundings })
  await hub.start()
})
afterEach(async () => {
  await hub.stop()
  await folder.remove()
})

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const turn = new Promise((resolve) => {
    setImmediate(() => resolve('pending'))
  })
  return (await Promise.race([promise.then(() => 'settled'), turn])) === 'settled'
}

describe('a worker and its hub', () => {
  test('a hub that stops is noticed, and everything fails from then on', async () => {
    const { closed, register, wire } = openLocal(hub.address, surroundings)
    await register.start()
    await wire.start('worker', () => assert.fail('nobody sends'))
    assert.equal(await register.put('a', 'x', 0), 1)
    assert.equal(await settled(closed), false)
    await hub.stop()
    await closed
    const refused = (thrown: unknown): boolean => isSpawnError(thrown) && thrown.code === 'MEMBER_UNAVAILABLE'
    await assert.rejects(register.get('a'), refused)
    await assert.rejects(register.put('a', 'y', 1), refused)
    await Promise.all([register.stop(), wire.stop()])
  })

  test('who stops itself does not take the hub for gone', async () => {
    const { closed, register, wire } = openLocal(hub.address, surroundings)
    await Promise.all([register.start(), wire.start('worker', () => undefined)])
    await wire.stop()
    assert.equal(await register.get('a'), null, 'the register goes on without the wire')
    await register.stop()
    await until('the hub has let go of it', async () => (await readdir(folder.path)).length === 1)
    assert.equal(await settled(closed), false)
  })

  test('where there is no hub, it says what that means', async () => {
    const { register } = openLocal(join(folder.path, 'none'), surroundings)
    await assert.rejects(register.start(), (thrown) => {
      return isSpawnError(thrown) && /workers live no longer than it/.test(thrown.message)
    })
  })

  test('the address of a worker that is gone goes with its connection, and so does its socket', async () => {
    const received: number[] = []
    const near = hub.carriers()
    await near.wire.start('first', () => undefined)
    const { wire } = openLocal(hub.address, surroundings)
    await wire.start('worker', ({ length }) => received.push(length))
    await until('it arrives', () => {
      near.wire.send('worker', Buffer.alloc(9))
      return received.includes(9)
    })
    // As a process that dies leaves it: the connections end, the file stays.
    const file = join(folder.path, 'm-dead')
    const dead = await rawMember()
    const server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(file, () => resolve())
    })
    const addresses: RegisterEntry[] = []
    dead.tell = ({ entry, of }) => void (of === 'addresses' && addresses.push(entry))
    dead.ask({ of: 'addresses', ask: 'start' })
    dead.ask({ of: 'addresses', ask: 'put', key: file, value: 'dead', follows: 0 })
    await until('its address is known', () => addresses.some(({ value }) => value === 'dead'))
    const watcher = await rawMember()
    const gone: string[] = []
    watcher.tell = ({ entry }) => void (entry.value === null && gone.push(entry.key))
    watcher.ask({ of: 'addresses', ask: 'start' })
    dead.socket.destroy()
    await until('all are told', () => gone.includes(file))
    await until('its socket is removed', () => !existsSync(file))
    server.close()
    watcher.socket.destroy()
    await Promise.all([wire.stop(), near.wire.stop()])
  })

  test('one that reads slowly is told the last of each entry, in order, and the hub keeps no more for it', async () => {
    const slow = await rawMember()
    const told: RegisterEntry[] = []
    slow.tell = ({ entry }) => void told.push(entry)
    slow.ask({ of: 'register', ask: 'start' })
    const { register } = hub.carriers()
    await register.start()
    await until('it watches', async () => {
      const standing = await register.get('first')
      await register.put('first', 'x', standing?.revision ?? 0)
      return told.length > 0
    })
    slow.socket.pause()
    const value = 'x'.repeat(1_000_000)
    const revisions = new Map<string, number>()
    const rounds = 60
    for (let round = 0; round < rounds; round += 1) {
      for (const key of ['a', 'b']) {
        const revision = await register.put(key, `${round} ${value}`, revisions.get(key) ?? 0)
        revisions.set(key, revision ?? 0)
      }
    }
    assert.equal(
      await register.put('short-lived', 'x', 0).then((at) => register.remove('short-lived', at ?? 0)),
      true,
    )
    slow.socket.resume()
    await until('the last of both', () =>
      ['a', 'b'].every((key) =>
        told.some((entry) => entry.key === key && entry.revision === revisions.get(key)),
      ),
    )
    const seen = told.filter(({ key }) => key !== 'first')
    assert.ok(seen.length < rounds, `${seen.length} changes were told`)
    assert.ok(!seen.some(({ key }) => key === 'short-lived'), 'nothing is told of what came and went')
    for (const key of ['a', 'b']) {
      const own = seen.filter((entry) => entry.key === key).map(({ revision }) => revision)
      assert.deepEqual(
        own,
        [...new Set(own)].sort((left, right) => left - right),
      )
    }
    slow.socket.destroy()
    await register.stop()
  })
})

describe('the way to another member', () => {
  test('is bounded when that does not read, holds up nobody, and goes on later', async () => {
    const warned: LogFields[] = []
    const logger: Logger = { ...silentLogger, warn: (_message, fields = {}) => void warned.push(fields) }
    const addresses = new SharedEntries()
    const wireOf = (): LocalWire =>
      new LocalWire({
        addresses: new MemoryRegister(addresses),
        folder: folder.path,
        clock: systemClock,
        logger,
      })
    const [sender, other] = [wireOf(), wireOf()]
    await sender.start('sender', () => undefined)
    const received: number[] = []
    await other.start('other', ({ length }) => received.push(length))
    const path = join(folder.path, 'm-slow')
    const sockets: Socket[] = []
    const server = createServer({ pauseOnConnect: true }, (socket) => void sockets.push(socket))
    await new Promise<void>((resolve) => {
      server.listen(path, () => resolve())
    })
    addresses.change(path, 'slow', 0)
    const frame = Buffer.alloc(LOCAL_LIMITS.wireBytes)
    await until('it is connected', () => {
      sender.send('slow', Buffer.alloc(1))
      return sockets.length > 0
    })
    const frames = 2 * Math.ceil(LOCAL_LIMITS.unsentWireBytes / frame.length)
    for (let sent = 0; sent < frames; sent += 1) sender.send('slow', frame)
    await until('others are reached', () => {
      sender.send('other', Buffer.alloc(7))
      return received.includes(7)
    })
    let bytes = 0
    for (const socket of sockets) socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
    for (const socket of sockets) socket.resume()
    const dropped = Number(await until('what was lost is said', () => warned.at(0)?.['frames']))
    assert.ok(dropped >= frames / 2 - 2, `${dropped} were dropped`)
    await until('the rest has come', () => bytes >= LOCAL_LIMITS.unsentWireBytes)
    const before = bytes
    await until('it is reached again', () => {
      sender.send('slow', Buffer.alloc(3))
      return bytes > before
    })
    for (const socket of sockets) socket.destroy()
    server.close()
    await Promise.all([sender.stop(), other.stop()])
  })
})

interface RawMember {
  readonly socket: Socket
  readonly ask: (question: HubQuestion) => void
  tell: (news: HubNews) => void
}

/** A worker that says and reads what it likes. */
async function rawMember(): Promise<RawMember> {
  const socket = createConnection({ path: hub.address })
  const opened = new Promise<void>((resolve) => {
    socket.once('connect', () => resolve())
  })
  const member: RawMember = {
    socket,
    tell: () => undefined,
    ask: (question) => messages.send(Buffer.from([QUESTION, 1, 0, 0, 0]), bytesOf(question)),
  }
  const messages = new MessageSocket(socket, {
    maxBytes: LOCAL_LIMITS.messageBytes,
    take: (message) => {
      if (message[0] === 2) member.tell(JSON.parse(message.subarray(5).toString()) as HubNews)
    },
    ended: () => undefined,
  })
  await opened
  return member
}
