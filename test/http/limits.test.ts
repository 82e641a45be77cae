// Clients that send too much, too slowly, too early or no HTTP at all: each gets an answer that says so, in its place, and
// nobody else notices.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { type Clock, systemClock } from '../../src/base/index.ts'
import { until } from '../../src/testing/until.ts'
import { type Fixture, listening } from './fixture.ts'
import { post, RawClient, type RawReply } from './raw-client.ts'

const PATH = '/api/v1/system/my-system/actors/joe/actions'
const GET = 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

function isProblem(reply: RawReply | undefined, status: number, detail: RegExp): void {
  assert.ok(reply, 'there is no reply')
  assert.equal(reply.status, status, reply.body)
  assert.equal(reply.headers.get('content-type'), 'application/problem+json')
  assert.match(reply.body, detail)
}

async function serves(http: Fixture): Promise<void> {
  assert.equal((await fetch(`${http.url}/health`)).status, 200)
}

describe('a body', () => {
  const limits = { bodyBytes: 1_000 }
  const chunked = `POST ${PATH}/echo HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n`
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

  test('of exactly the limit is taken, with a length, in chunks, and in chunks of one byte', async () => {
    await using http = await listening({ limits })
    const body = JSON.stringify('x'.repeat(998))
    const client = new RawClient(http.url)
    client.send(post(`${PATH}/echo`, body))
    client.send(chunked + chunk(body.slice(0, 400)) + chunk(body.slice(400)) + '0\r\n\r\n')
    client.send(`${chunked}${body.split('').map(chunk).join('')}0\r\n\r\n`)
    for (const reply of await client.next(3)) assert.deepEqual([reply.status, reply.body], [200, body])
    client.close()
  })

  test('over the limit gets 413 before it is sent, and while it streams', async () => {
    await using http = await listening({ limits })
    const declared = new RawClient(http.url).send(
      `POST ${PATH}/echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1001\r\n\r\n`,
    )
    const streaming = new RawClient(http.url).send(chunked + chunk('x'.repeat(600)) + chunk('x'.repeat(600)))
    const waiting = new RawClient(http.url).send(
      `POST ${PATH}/echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n`,
    )
    for (const client of [declared, streaming, waiting]) {
      const [reply] = await client.next()
      isProblem(reply, 413, /larger than the limit of 1000 bytes/)
      assert.equal(reply?.headers.get('connection'), 'close')
      assert.doesNotMatch(client.received, / 100 /)
      // What still comes is read for a moment, so that the reply is not lost in a reset; then it ends.
      client.send('x'.repeat(100_000))
      await client.rest()
    }
    assert.deepEqual(http.gateway.calls, [])
  })

  test('that waits for 100-continue gets it', async () => {
    await using http = await listening({ limits })
    const client = new RawClient(http.url).send(
      `POST ${PATH}/echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`,
    )
    await until('100 Continue', () => client.received.startsWith('HTTP/1.1 100 Continue'))
    client.send('[]')
    assert.equal((await client.next())[0]?.body, '[]')
    client.close()
  })

  test('too many of them at once get 503, and room comes back', async () => {
    await using http = await listening({ limits: { bodyBytesAtOnce: 1_000 } })
    const head = `POST ${PATH}/echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 802\r\n\r\n`
    const first = new RawClient(http.url).send(`${head}"${'x'.repeat(600)}`)
    const second = new RawClient(http.url)
    // The first may not have arrived yet: ask until it has.
    await until('the room to be taken', async () => {
      second.send(post(`${PATH}/echo`, JSON.stringify('x'.repeat(500))))
      const reply = (await second.next(second.replies.length + 1)).at(-1)
      if (reply?.status === 200) return false
      isProblem(reply, 503, /more than 1000 bytes of memory/)
      return true
    })
    first.send(`${'x'.repeat(200)}"`)
    assert.equal((await first.next())[0]?.status, 200)
    const third = new RawClient(http.url).send(post(`${PATH}/echo`, JSON.stringify('x'.repeat(900))))
    assert.equal((await third.next())[0]?.status, 200)
    for (const client of [first, second, third]) client.close()
  })

  test('with broken chunks is answered in its place', async () => {
    await using http = await listening({ limits })
    const client = new RawClient(http.url).send(GET + chunked + 'zz\r\n')
    const replies = await client.rest()
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 400],
    )
    isProblem(replies[1], 400, /invalid_chunk_size/)
  })
})

describe('headers', () => {
  test('over the limit in bytes or in number get 431', async () => {
    await using http = await listening({ limits: { headerBytes: 4_000, headers: 20 } })
    const long = new RawClient(http.url).send(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${'x'.repeat(5_000)}\r\n\r\n`,
    )
    isProblem((await long.rest())[0], 431, /larger than 4000 bytes/)
    const get = (count: number): string =>
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${'X-Many: x\r\n'.repeat(count - 1)}\r\n`
    const many = new RawClient(http.url).send(get(20) + get(21))
    const [taken, refused] = await many.rest()
    assert.equal(taken?.status, 200)
    isProblem(refused, 431, /more than 20 headers/)
  })

  test('that HTTP/1.1 must have, and those that it must not', async () => {
    await using http = await listening()
    const cases: readonly (readonly [string, number])[] = [
      ['GET / HTTP/1.1\r\n\r\n', 400],
      ['GET / HTTP/1.0\r\n\r\n', 200],
      ['GET http://127.0.0.1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n', 200],
      [`${GET.slice(0, -2)}Expect: miracles\r\n\r\n`, 417],
      ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
      ['POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
      ['POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
      ['GET / HTTP/1.1\nHost: 127.0.0.1\n\n', 400],
      ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 400],
    ]
    for (const [bytes, status] of cases) {
      const client = new RawClient(http.url).send(bytes)
      const [reply] = await client.rest()
      assert.equal(reply?.status, status, bytes)
    }
    await serves(http)
  })
})

describe('a slow client', () => {
  const limits = { headersTimeoutMs: 100, requestTimeoutMs: 200 }

  test('gets 408, whether it sends nothing, half a head, or half a body', async () => {
    await using http = await listening({ limits })
    for (const bytes of ['', 'GET / HT', post(`${PATH}/add`, '{}').slice(0, -1), `${GET}GET`]) {
      const client = new RawClient(http.url).send(bytes)
      isProblem((await client.rest()).at(-1), 408, /did not arrive in time/)
    }
    assert.deepEqual(http.gateway.calls, [])
  })

  test('that drips, in great number, keeps nobody from being served', async () => {
    await using http = await listening({ limits })
    const drips = Array.from({ length: 200 }, () => new RawClient(http.url).send('GET / HTTP/1.1\r\n'))
    const dripping = setInterval(() => {
      for (const drip of drips) if (!drip.ended) drip.send('X-Drip: x\r\n')
    }, 10)
    try {
      for (let round = 0; round < 10; round += 1) await serves(http)
      for (const drip of drips) isProblem((await drip.rest())[0], 408, /in time/)
    } finally {
      clearInterval(dripping)
    }
  })

  test('that does not read its reply is let go', async () => {
    await using http = await listening({ limits: { replyTimeoutMs: 50 } })
    const client = new RawClient(http.url)
    client.socket.pause()
    client.send(post(`${PATH}/big`, '50000000'))
    await until('the call', () => http.gateway.calls.length === 1)
    const started = performance.now()
    await http.listener.stop()
    // Sooner than the time limit of stop, which would have cut it too.
    assert.ok(performance.now() - started < 5_000)
    assert.deepEqual(http.log.lines, [])
    client.close()
  })

  test('that has read its reply may wait for the next one as long as it takes', async () => {
    const replyTimeoutMs = 500
    const sweeps: (() => void)[] = []
    const clock: Clock = {
      ...systemClock,
      after(delayMs, task, options) {
        if (delayMs !== replyTimeoutMs) return systemClock.after(delayMs, task, options)
        sweeps.push(task)
        return { cancel() {} }
      },
    }
    await using http = await listening({ clock, limits: { replyTimeoutMs } })
    const client = new RawClient(http.url)
    client.socket.pause()
    client.send(post(`${PATH}/big`, '20000000') + post(`${PATH}/hold`, '1'))
    await until('both calls', () => http.gateway.calls.length === 2)
    // The listener finds the reply unread, and gives the client that time without progress.
    sweeps.shift()?.()
    client.socket.resume()
    await client.next()
    const readMs = performance.now()
    await until('more than that to pass', () => performance.now() - readMs > 2 * replyTimeoutMs)
    http.gateway.release()
    assert.equal((await client.next(2))[1]?.body, '"held"')
    client.close()
  })

  test('between two requests may rest for a while, then the connection closes without a word', async () => {
    await using http = await listening({ limits: { keepAliveTimeoutMs: 50 } })
    const client = new RawClient(http.url).send(GET)
    assert.equal((await client.rest()).length, 1)
  })
})

describe('a client that leaves', () => {
  for (const [how, leave] of [
    ['by closing', (client: RawClient) => client.close()],
    ['by ending its side', (client: RawClient) => client.socket.end()],
    ['by a reset', (client: RawClient) => client.socket.resetAndDestroy()],
  ] as const) {
    test(`${how} gives up its call`, async () => {
      await using http = await listening()
      const client = new RawClient(http.url).send(post(`${PATH}/hold`, '{}'))
      await until('the call', () => http.gateway.calls.length === 1)
      const signal = http.gateway.calls[0]?.call.signal
      assert.equal(signal?.aborted, false)
      leave(client)
      await until('the signal', () => signal?.aborted)
      assert.equal(Reflect.get(signal?.reason, 'code'), 'CANCELLED')
      await serves(http)
      client.close()
    })
  }

  test('in the middle of a body or a head has called nothing', async () => {
    await using http = await listening()
    for (const bytes of ['GET / HT', post(`${PATH}/add`, '{}').slice(0, -1)]) {
      const client = new RawClient(http.url).send(bytes)
      await until('the connection', () => client.socket.bytesWritten === bytes.length)
      client.socket.end()
      isProblem((await client.rest())[0], 400, /invalid_eof_state/)
    }
    await serves(http)
    assert.deepEqual(http.gateway.calls, [])
  })
})

describe('requests in a pipeline', () => {
  test('are answered in order, and bytes that are no HTTP after all of them', async () => {
    await using http = await listening()
    const client = new RawClient(http.url).send(
      post(`${PATH}/hold`, '1') + post(`${PATH}/echo`, '2') + GET + 'garbage\r\n\r\n',
    )
    await until('the calls', () => http.gateway.calls.length === 2)
    assert.equal(client.received, '')
    http.gateway.release()
    const replies = await client.rest()
    assert.deepEqual(
      replies.map(({ status, body }) => [status, body.slice(0, 16)]),
      [
        [200, '"held"'],
        [200, '2'],
        [200, '{"status":"up"}'],
        [400, '{"type":"urn:spa'],
      ],
    )
  })

  test('may be so many and no more', async () => {
    await using http = await listening({ limits: { pipelinedRequests: 3 } })
    const client = new RawClient(http.url).send(post(`${PATH}/hold`, '1').repeat(5))
    await until('three calls', () => http.gateway.calls.length === 3)
    http.gateway.release()
    const replies = await client.next(5)
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 200, 200, 429, 429],
    )
    client.send(GET)
    assert.equal((await client.next(6))[5]?.status, 200)
    client.close()
  })
})

test('connections over the limit are turned away, and the log says so once', async () => {
  await using http = await listening({ limits: { connections: 2 } })
  const first = new RawClient(http.url).send(GET)
  const second = new RawClient(http.url).send(GET)
  await first.next()
  await second.next()
  for (let extra = 0; extra < 3; extra += 1) {
    isProblem((await new RawClient(http.url).rest())[0], 503, /has 2 connections and takes no more/)
  }
  assert.deepEqual(
    http.log.lines.map(({ level, fields }) => [level, fields]),
    [['warn', { connections: 2 }]],
  )
  first.close()
  await until('room', async () => (await fetch(`${http.url}/health`)).status === 200)
  second.close()
})
