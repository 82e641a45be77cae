// Starting and stopping: a port that cannot be had is explained, and stopping loses no reply and waits for nobody for ever.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { HttpListener, oneSystem } from '../../src/proxy/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { systemClock } from '../../src/base/index.ts'
import { until } from '../../src/testing/until.ts'
import { listening } from './fixture.ts'
import { MapGateway } from './map-gateway.ts'
import { post, RawClient } from './raw-client.ts'

const PATH = '/api/v1/system/my-system/actors/joe/actions'
const GET = 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

const listener = (options: { host?: string; port?: number }): HttpListener =>
  new HttpListener({
    systems: oneSystem(new MapGateway()),
    logger: silentLogger,
    clock: systemClock,
    ...options,
  })

test('a port in use is named, with what to do', async () => {
  await using http = await listening()
  const port = Number(new URL(http.url).port)
  await assert.rejects(listener({ port }).start(), {
    code: 'INVALID_ARGUMENT',
    message: `HTTP: port ${port} of 127.0.0.1 is in use: stop the process that has it, or listen on another port`,
  })
})

test('an address that is not ours, a host that is none, and a port that is none are named', async () => {
  await assert.rejects(
    listener({ host: '192.0.2.1', port: 0 }).start(),
    /192\.0\.2\.1 is no address of this machine/,
  )
  await assert.rejects(listener({ host: 'no.such.invalid', port: 0 }).start(), /no\.such\.invalid/)
  for (const port of [-1, 65_536, 1.5]) {
    assert.throws(() => listener({ port }), { code: 'INVALID_ARGUMENT', message: /from 0 to 65535/ })
  }
})

test('the address is known while it runs', async () => {
  const six = listener({ host: '::1', port: 0 })
  assert.throws(() => six.url, { code: 'DEFECT' })
  await six.start()
  assert.match(six.url, /^http:\/\/\[::1\]:\d+$/)
  assert.equal((await fetch(`${six.url}/health`)).status, 200)
  await six.stop()
  const all = listener({ host: '0.0.0.0', port: 0 })
  await all.start()
  assert.match(all.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  await all.stop()
})

test('a client that has just connected is heard out when the listener stops', async () => {
  await using http = await listening()
  const late = new RawClient(http.url)
  await until('its connection', () => http.listener.connections === 1)
  const stopped = http.listener.stop()
  late.send(GET)
  assert.equal((await late.rest())[0]?.status, 200)
  await stopped
})

test('stopping closes what is idle at once, and who says nothing for long, and refuses newcomers', async () => {
  await using http = await listening()
  const silent = new RawClient(http.url)
  const idle = new RawClient(http.url).send(GET)
  await idle.next()
  await until('both connections', () => silent.socket.readyState === 'open')
  await http.listener.stop()
  await idle.rest()
  await silent.rest()
  assert.equal(silent.received, '')
  await assert.rejects(fetch(http.url))
})

test('stopping waits for running requests, and each ends its connection', async () => {
  await using http = await listening()
  const pipelined = new RawClient(http.url).send(post(`${PATH}/hold`, '1').repeat(2))
  const halfway = new RawClient(http.url).send(post(`${PATH}/echo`, '[1,2]').slice(0, -1))
  const headless = new RawClient(http.url).send(GET)
  await until('the calls', () => http.gateway.calls.length === 2)
  await headless.next()
  headless.send(GET.slice(0, 10))
  // What was written before on another connection has arrived when this has its answer.
  assert.equal((await fetch(`${http.url}/health`)).status, 200)
  const stopped = http.listener.stop()
  assert.equal(http.listener.stop(), stopped)
  halfway.send(']')
  headless.send(GET.slice(10))
  http.gateway.release()
  await stopped
  const replies = await pipelined.rest()
  assert.deepEqual(
    replies.map(({ body, headers }) => [body, headers.get('connection')]),
    [
      ['"held"', 'keep-alive'],
      ['"held"', 'close'],
    ],
  )
  assert.deepEqual(
    (await halfway.rest()).map(({ body }) => body),
    ['[1,2]'],
  )
  assert.equal((await headless.rest()).length, 2)
})

test('stopping sends a large reply to its end, however slowly it is read', async () => {
  await using http = await listening()
  const client = new RawClient(http.url)
  client.socket.pause()
  client.send(post(`${PATH}/big`, '20000000'))
  await until('the call', () => http.gateway.calls.length === 1)
  const stopped = http.listener.stop()
  client.socket.resume()
  await stopped
  assert.equal((await client.rest())[0]?.body.length, 20_000_002)
})

test('stopping has an end', async () => {
  await using http = await listening({ limits: { stopTimeoutMs: 50 } })
  const client = new RawClient(http.url).send(post(`${PATH}/hold`, '1'))
  await until('the call', () => http.gateway.calls.length === 1)
  await http.listener.stop()
  await client.rest()
  assert.equal(client.received, '')
  assert.equal(http.gateway.calls[0]?.call.signal?.aborted, true)
  assert.deepEqual(
    http.log.lines.map(({ level, fields }) => [level, fields]),
    [['warn', { connections: 1 }]],
  )
})

test('stopping what never started is fine; starting twice is a defect', async () => {
  await listener({ port: 0 }).stop()
  await using http = await listening()
  await assert.rejects(http.listener.start(), { code: 'DEFECT' })
})

test('a stop while it starts leaves no port open', async () => {
  const brief = listener({ port: 0 })
  const started = brief.start()
  await brief.stop()
  await assert.rejects(started, { code: 'CANCELLED' })
  assert.throws(() => brief.url, { code: 'DEFECT' })
})
