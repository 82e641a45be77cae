import assert from 'node:assert/strict'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isSpawnError, SpawnError, systemClock } from '../base/index.ts'
import { until } from '../testing/until.ts'
import { type AskingLimits, AskingSocket, Unanswered } from './asking-socket.ts'
import { type AnsweringLimits, AnsweringSocket } from './answering-socket.ts'
import { Listening } from './listening.ts'
import { type SocketFolder, socketFolder } from './socket-folder.ts'

const ASKING: AskingLimits = {
  connectMs: 5_000,
  requestMs: 5_000,
  requests: 100,
  messageBytes: 1_000_000,
  unsentBytes: 10_000_000,
}
const ANSWERING: AnsweringLimits = {
  requests: 8,
  messageBytes: 1_000_000,
  unsentBytes: 100_000,
  partingMs: 100,
}

let folder: SocketFolder
let sockets = 0
before(async () => {
  folder = await socketFolder()
})
after(() => folder.remove())

type Answers = (kind: number, content: Buffer) => Promise<readonly Uint8Array[]>

/** Who answers at a socket of its own. */
class Side {
  readonly path = join(folder.path, `${(sockets += 1)}`)
  readonly clients = new Set<AnsweringSocket>()
  readonly ends: (Error | null)[] = []
  readonly #listening: Listening

  constructor(answer: Answers) {
    this.#listening = new Listening({
      path: this.path,
      maxConnections: 10,
      accept: (socket) => {
        const client = new AnsweringSocket(socket, {
          clock: systemClock,
          limits: ANSWERING,
          answer,
          ended: (why) => {
            this.clients.delete(client)
            this.ends.push(why)
          },
        })
        this.clients.add(client)
      },
      failed: (error) => assert.fail(error),
    })
  }

  static async start(answer: Answers): Promise<Side> {
    const side = new Side(answer)
    await side.#listening.start()
    return side
  }

  async ask(limits: Partial<AskingLimits> = {}, pushed?: (content: Buffer) => void): Promise<AskingSocket> {
    const rest = pushed === undefined ? {} : { pushed }
    const asking = new AskingSocket({
      path: this.path,
      clock: systemClock,
      limits: { ...ASKING, ...limits },
      ...rest,
    })
    await asking.open()
    return asking
  }

  /** A client that writes bytes as it likes, and reads when it likes. */
  async raw(): Promise<Socket> {
    const count = this.clients.size
    const socket = createConnection({ path: this.path })
    await until('it is let in', () => this.clients.size > count)
    return socket
  }

  async stop(): Promise<void> {
    const closed = this.#listening.stop()
    await Promise.all([...this.clients].map((client) => client.stop()))
    await closed
  }
}

const echo: Answers = (_kind, content) => Promise.resolve([Buffer.from(content)])
const text = (answer: Buffer): string => answer.toString()

function requestBytes(id: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt32LE(5 + content.length)
  head[4] = 7
  head.writeUInt32LE(id, 5)
  return Buffer.concat([head, content])
}

const unanswered = (mayHaveRun: boolean, message: RegExp) => (thrown: unknown) =>
  thrown instanceof Unanswered && thrown.mayHaveRun === mayHaveRun && message.test(thrown.message)

describe('requests over a socket', () => {
  test('reach the other side in order, and are answered in any', async () => {
    const begun: string[] = []
    const held = Promise.withResolvers<void>()
    const side = await Side.start(async (kind, content) => {
      begun.push(`${kind} ${text(content)}`)
      if (text(content) === 'slow') await held.promise
      return [Buffer.from('answer to '), Buffer.from(content)]
    })
    const asking = await side.ask()
    const slow = asking.ask(1, Buffer.from('slow'))
    const quick = asking.ask(2, Buffer.from('qui'), Buffer.from('ck'))
    assert.equal(text(await quick), 'answer to quick')
    held.resolve()
    assert.equal(text(await slow), 'answer to slow')
    assert.deepEqual(begun, ['1 slow', '2 quick'])
    await asking.stop()
    await side.stop()
  })

  test('of all sizes arrive whole', async () => {
    const side = await Side.start(echo)
    const asking = await side.ask()
    const all = [0, 1, 4_095, 16_384, 65_531, 65_532, 300_000, 1_000_000].map((length) =>
      Buffer.alloc(length, length % 251),
    )
    const answers = await Promise.all(all.map((content) => asking.ask(0, content)))
    for (const [at, answer] of answers.entries()) assert.ok(answer.equals(all[at] ?? Buffer.alloc(0)))
    await asking.stop()
    await side.stop()
  })

  test('that fail say why, with code and details', async () => {
    const side = await Side.start(() => {
      throw new SpawnError('STATE_UNREADABLE', 'it is damaged', { details: { file: 'f' }, cause: 'bits' })
    })
    const asking = await side.ask()
    await assert.rejects(asking.ask(0), (thrown) => {
      assert.ok(isSpawnError(thrown))
      assert.deepEqual(
        [thrown.code, thrown.message, thrown.details, thrown.retryable],
        ['STATE_UNREADABLE', 'it is damaged', { file: 'f' }, false],
      )
      return true
    })
    await asking.stop()
    await side.stop()
  })

  test('that nobody answers end: in their time, or with the connection', async () => {
    let begun = 0
    const side = await Side.start(() => {
      begun += 1
      return new Promise(() => {})
    })
    const brief = await side.ask({ requestMs: 30 })
    await assert.rejects(brief.ask(0), unanswered(true, /not answered within 30 ms/))
    const asking = await side.ask()
    const under = asking.ask(0)
    await until('it is under way', () => begun === 2)
    for (const client of side.clients) client.destroy()
    await assert.rejects(under, unanswered(true, /has ended/))
    brief.destroy()
    await asking.ended
    await assert.rejects(asking.ask(0), unanswered(false, /has ended/))
    await side.stop()
  })

  test('beyond their number or size are refused at once, and the rest goes on', async () => {
    const held = Promise.withResolvers<readonly Uint8Array[]>()
    const side = await Side.start((kind) =>
      kind === 9 ? Promise.resolve([Buffer.alloc(1_000_001)]) : held.promise,
    )
    const asking = await side.ask({ requests: 2 })
    await assert.rejects(asking.ask(0, Buffer.alloc(1_000_001)), unanswered(false, /1000000 at most/))
    await assert.rejects(
      asking.ask(9),
      (thrown) => isSpawnError(thrown) && thrown.details['limit'] === 'messageBytes',
    )
    const under = [asking.ask(0), asking.ask(0)]
    await assert.rejects(asking.ask(0), unanswered(false, /2 requests are under way/))
    held.resolve([Buffer.from('done')])
    assert.deepEqual((await Promise.all(under)).map(text), ['done', 'done'])
    await asking.stop()
    await side.stop()
  })

  test('that are under way are answered before either side stops', async () => {
    for (const who of ['asking', 'answering']) {
      const held = Promise.withResolvers<readonly Uint8Array[]>()
      let begun = 0
      const side = await Side.start(() => {
        begun += 1
        return held.promise
      })
      const asking = await side.ask()
      const under = asking.ask(0)
      await until('it is under way', () => begun === 1)
      const stopped = who === 'asking' ? asking.stop() : side.stop()
      held.resolve([Buffer.from('done')])
      assert.equal(text(await under), 'done')
      await stopped
      await (who === 'asking' ? side.stop() : asking.stop())
    }
  })

  test('nobody listens where nobody listens', async () => {
    const asking = new AskingSocket({ path: join(folder.path, 'nobody'), clock: systemClock, limits: ASKING })
    await assert.rejects(asking.open(), /ENOENT/)
  })
})

describe('a client that does not do as it should', () => {
  test('and ends in the midst of a message has asked nothing', async () => {
    let asked = 0
    const side = await Side.start(async () => {
      asked += 1
      return []
    })
    const client = await side.raw()
    const whole = requestBytes(1, Buffer.alloc(5_000))
    client.write(Buffer.concat([whole, whole.subarray(0, 3_000)]))
    await until('the first is done', () => asked === 1)
    client.destroy()
    await until('its end is noticed', () => side.ends.length === 1)
    assert.equal(asked, 1)
    await side.stop()
  })

  test('and sends what makes no sense is sent away, and no other', async () => {
    const side = await Side.start(echo)
    const asking = await side.ask()
    const client = await side.raw()
    client.on('error', () => assert.ok(true))
    client.write(Buffer.alloc(64, 255))
    await until('it is sent away', () => side.ends.length === 1)
    assert.match(String(side.ends[0]), /1000005 at most/)
    assert.equal(text(await asking.ask(0, Buffer.from('x'))), 'x')
    await asking.stop()
    await side.stop()
  })

  test('and does not read is held up, and no other; when it reads it gets all', async () => {
    let begun = 0
    const side = await Side.start(async (kind) => {
      if (kind !== 7) return []
      begun += 1
      return [Buffer.alloc(50_000)]
    })
    const client = await side.raw()
    client.pause()
    const requests = 200
    client.write(
      Buffer.concat(
        Array.from({ length: requests }, (_none, id) => requestBytes(id + 1, Buffer.alloc(2_000))),
      ),
    )
    await until('it is held up', () => begun > 3)
    const other = await side.ask()
    // What the kernel takes for it is little beside what it has asked for.
    for (let round = 0; round < 50; round += 1) await other.ask(0)
    assert.ok(begun < 60, `${begun} were begun`)
    let bytes = 0
    client.on('data', (chunk: Buffer) => (bytes += chunk.length))
    client.resume()
    await until('all answers', () => bytes === requests * (9 + 50_000))
    assert.equal(begun, requests)
    client.destroy()
    await other.stop()
    await side.stop()
  })

  test('and does not read does not keep anybody from stopping', async () => {
    const side = await Side.start(async () => [Buffer.alloc(900_000)])
    const client = await side.raw()
    client.pause()
    client.write(requestBytes(1, Buffer.alloc(1)))
    await until('the answer is under way', () => [...side.clients].some(({ isFull }) => isFull))
    await side.stop()
    client.destroy()
  })
})

test('a folder of sockets is for its user only, and is not made where its paths would be too long', async () => {
  const { mode } = await import('node:fs/promises').then(({ stat }) => stat(folder.path))
  assert.equal(mode & 0o777, 0o700)
  await assert.rejects(
    socketFolder([join('/tmp', 'x'.repeat(80))]),
    (thrown) => isSpawnError(thrown) && /too long/.test(thrown.message),
  )
})
