// Connections that one process accepts and another one serves: what clients see of them is what they see of any other.

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'

import { systemClock } from '../../src/base/index.ts'
import { HttpListener, type HttpListenerOptions, oneSystem } from '../../src/proxy/index.ts'
import { until } from '../../src/testing/until.ts'
import { listening, type Fixture, Log } from './fixture.ts'
import { MapGateway } from './map-gateway.ts'
import { RawClient } from './raw-client.ts'

const GET = 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
const CALL =
  'POST /api/v1/system/my-system/actors/joe/actions/hold HTTP/1.1\r\nHost: 127.0.0.1\r\n' +
  'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

interface Pair extends AsyncDisposable {
  /** The one that has the port. */
  readonly first: Fixture
  /** The one that gets every other connection. */
  readonly other: HttpListener
  readonly gateway: MapGateway
}

async function pair(options: Partial<HttpListenerOptions> = {}): Promise<Pair> {
  const gateway = new MapGateway()
  let take: (socket: Socket) => boolean = () => assert.fail('it takes connections once it has started')
  const other = new HttpListener({
    systems: oneSystem(gateway),
    logger: new Log(),
    clock: systemClock,
    ...options,
    sharing: { by: 'taking', onConnection: (taker) => void (take = taker) },
  })
  await other.start()
  let count = 0
  const first = await listening({
    ...options,
    sharing: {
      by: 'offering',
      offer: (socket) => {
        count += 1
        if (count % 2 === 1) return false
        return take(socket)
      },
    },
  })
  return {
    first,
    other,
    gateway,
    async [Symbol.asyncDispose]() {
      gateway.release()
      await first[Symbol.asyncDispose]()
      await other.stop()
    },
  }
}

test('those that another one has, and those that it leaves, are answered', async () => {
  await using both = await pair()
  const clients = [1, 2, 3, 4].map(() => new RawClient(both.first.url).send(GET))
  for (const client of clients) assert.equal((await client.next())[0]?.status, 200)
  assert.equal(both.first.listener.connections, 2)
  assert.equal(both.other.connections, 2)
  for (const client of clients) client.close()
  await until('none to be left', () => both.first.listener.connections + both.other.connections === 0)
})

test('only who has the port knows where it is', async () => {
  await using both = await pair()
  assert.match(both.first.listener.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.throws(() => both.other.url, { code: 'DEFECT' })
})

test('a client that is slow to say what it wants is cut off by either', async () => {
  await using both = await pair({ limits: { headersTimeoutMs: 300 } })
  const clients = [1, 2].map(() => new RawClient(both.first.url).send('GET /health HT'))
  for (const client of clients) assert.equal((await client.rest())[0]?.status, 408)
})

test('a client that ends its side still gets its reply', async () => {
  await using both = await pair()
  for (const client of [1, 2].map(() => new RawClient(both.first.url))) {
    client.send(GET).socket.end()
    assert.equal((await client.rest())[0]?.status, 200)
  }
})

test('either stops when what runs has been answered, and takes no more', async () => {
  await using both = await pair()
  const idle = [1, 2].map(() => new RawClient(both.first.url).send(GET))
  for (const client of idle) await client.next()
  const waiting = [1, 2].map(() => new RawClient(both.first.url).send(CALL))
  await until(
    'both calls to run',
    () => both.gateway.calls.length === 1 && both.first.gateway.calls.length === 1,
  )
  const stops = [both.other.stop(), both.first.listener.stop()]
  for (const client of idle) assert.equal((await client.rest()).length, 1)
  both.gateway.release()
  both.first.gateway.release()
  for (const client of waiting) assert.equal((await client.rest())[0]?.status, 200)
  await Promise.all(stops)
  const late = new RawClient(both.first.url)
  assert.deepEqual(await late.rest(), [])
})

test('a port in use is named by the one that wants to share it, too', async () => {
  await using both = await pair()
  const port = Number(new URL(both.first.url).port)
  await assert.rejects(listening({ port, sharing: { by: 'offering', offer: () => false } }), {
    code: 'INVALID_ARGUMENT',
    message: `HTTP: port ${port} of 127.0.0.1 is in use: stop the process that has it, or listen on another port`,
  })
})
