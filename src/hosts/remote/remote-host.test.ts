import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'

import { failure, remote } from '../../../test/remote/fixture.ts'
import { answerBytes, answering, responding, talking } from '../../../test/remote/host-server.ts'
import { isSpawnError, SpawnError } from '../../base/index.ts'
import type { ActorInvocation } from '../../protocol/gen/spawn/actors/protocol_pb.ts'
import { Json, jsonCodec, Packed, PROBLEM_CONTENT_TYPE, toProblem } from '../../protocol/index.ts'
import { packedOf } from '../../protocol/protobuf/index.ts'
import { until } from '../../testing/until.ts'

const STATE = new Packed('type.googleapis.com/test.State', Uint8Array.of(8, 1))
const NEXT = { typeUrl: STATE.typeUrl, value: Uint8Array.of(8, 2) }
const ANSWER = answerBytes({ updatedContext: { state: NEXT } })

describe('a turn on a host', () => {
  test('is sent whole, and its answer is its outcome', async () => {
    const asked: ActorInvocation[] = []
    const heads: unknown[] = []
    await using host = await answering((invocation, { headers, method, url }) => {
      asked.push(invocation)
      heads.push([method, url, headers['content-type'], headers['transfer-encoding'], headers.connection])
      return {
        updatedContext: { state: NEXT },
        payload: { case: 'value', value: { typeUrl: 'x/y', value: Uint8Array.of(7) } },
      }
    })
    await using hosts = remote()
    hosts.register(host.address)
    const outcome = await hosts.run({
      state: STATE,
      revision: 1,
      payload: new Packed('a/b', Uint8Array.of(9)),
      caller: { system: 'test', parent: 'p', name: 'c' },
      metadata: { key: 'value' },
      tags: { tag: 'on' },
    })
    assert.deepEqual(outcome, {
      changed: true,
      state: new Packed(STATE.typeUrl, Uint8Array.of(8, 2)),
      tags: null,
      response: new Packed('x/y', Uint8Array.of(7)),
      checkpoint: false,
      workflow: null,
    })
    assert.deepEqual(heads, [
      ['POST', '/api/v1/actors/actions', 'application/octet-stream', undefined, 'keep-alive'],
    ])
    const [{ actionName, actor, caller, currentContext, payload } = assert.fail()] = asked
    assert.deepEqual([actor?.name, actor?.parent, actor?.system, actionName], ['counter', '', 'test', 'add'])
    assert.deepEqual([caller?.name, caller?.parent], ['c', 'p'])
    assert.deepEqual(currentContext?.metadata, { key: 'value' })
    assert.deepEqual(currentContext.tags, { tag: 'on' })
    assert.deepEqual(packedOf(currentContext.state), STATE)
    assert.equal(payload.case === 'value' && payload.value.typeUrl, 'a/b')
  })

  test('takes JSON of people as a JSONType', async () => {
    const types: unknown[] = []
    await using host = await answering(({ payload }) => {
      if (payload.case === 'value') types.push(packedOf(payload.value))
      return { updatedContext: {} }
    })
    await using hosts = remote()
    hosts.register(host.address)
    await hosts.run({ payload: new Json({ a: 1 }) })
    assert.deepEqual(types, [jsonCodec.pack({ a: 1 })])
    await assert.rejects(
      hosts.run({ payload: 1n }),
      failure('INVALID_ARGUMENT', /^"counter" action "add" cannot be sent its payload/),
    )
  })

  test('uses its connection again', async () => {
    await using host = await answering(() => ({ updatedContext: {} }))
    await using hosts = remote()
    hosts.register(host.address)
    for (let at = 0; at < 20; at += 1) await hosts.run()
    assert.equal(host.connections, 1)
  })
})

describe('a reply', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n'
  const length = `content-length: ${ANSWER.length}\r\n`
  const hex = ANSWER.length.toString(16)
  const framings: readonly [name: string, write: (socket: Socket) => void][] = [
    ['with a length', (socket) => socket.write(Buffer.concat([Buffer.from(`${head}${length}\r\n`), ANSWER]))],
    [
      'in chunks',
      (socket) =>
        socket.write(
          Buffer.concat([
            Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${hex}\r\n`),
            ANSWER,
            Buffer.from('\r\n0\r\n\r\n'),
          ]),
        ),
    ],
    [
      'that ends with its connection',
      (socket) => socket.end(Buffer.concat([Buffer.from(`${head}connection: close\r\n\r\n`), ANSWER])),
    ],
    [
      'of HTTP/1.0',
      (socket) => socket.end(Buffer.concat([Buffer.from(`HTTP/1.0 200 OK\r\n${length}\r\n`), ANSWER])),
    ],
    [
      'of no type',
      (socket) => socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${length}\r\n`), ANSWER])),
    ],
    [
      'in many small pieces',
      (socket) => {
        socket.setNoDelay(true)
        const bytes = Buffer.concat([Buffer.from(`${head}${length}\r\n`), ANSWER])
        let at = 0
        const drip = (): void => {
          socket.write(bytes.subarray(at, (at += 3)))
          if (at < bytes.length) setImmediate(drip)
        }
        drip()
      },
    ],
  ]
  for (const [name, write] of framings) {
    test(`${name} is taken, and so is the next one`, async () => {
      await using host = await talking(write)
      await using hosts = remote()
      hosts.register(host.address)
      for (let at = 0; at < 3; at += 1) {
        const { state } = await hosts.run()
        assert.deepEqual(state, new Packed(NEXT.typeUrl, NEXT.value))
      }
    })
  }

  test('with more than its limit is not taken', async () => {
    await using host = await responding((_body, response) => response.end(Buffer.alloc(5_000)))
    await using hosts = remote({ replyBytes: 4_000 })
    hosts.register(host.address)
    await assert.rejects(hosts.run(), failure('HOST_MALFORMED', /the reply has more than 4000 bytes/))
    await until('the connection to be closed', () => host.sockets.size === 0)
  })

  test('without an end is given up at its limit', async () => {
    await using host = await responding((_body, response) => {
      const more = (): void => {
        if (response.writable) response.write(Buffer.alloc(1_000), more)
      }
      more()
    })
    await using hosts = remote({ replyBytes: 50_000 })
    hosts.register(host.address)
    await assert.rejects(hosts.run(), failure('HOST_MALFORMED', /the reply has more than 50000 bytes/))
    await until('the connection to be closed', () => host.sockets.size === 0)
  })
})

describe('a failure of a host', () => {
  test('is a failed action, with its status', async () => {
    const statuses = [400, 404, 500, 503]
    const coming = [...statuses]
    await using host = await responding((_body, response) =>
      response
        .writeHead(coming.shift() ?? 200, { 'content-type': 'text/html; charset=utf-8' })
        .end('<h1>secret'),
    )
    await using hosts = remote()
    hosts.register(host.address)
    for (const status of statuses) {
      await assert.rejects(hosts.run(), (error) => {
        failure(
          'ACTION_FAILED',
          new RegExp(`^"counter" action "add" failed: the host \\S+ answered HTTP ${status} \\(text/html\\)`),
        )(error)
        assert.ok(isSpawnError(error))
        assert.equal(error.details['status'], status)
        assert.equal(error.details['host'], `127.0.0.1:${host.address.port}`)
        assert.doesNotMatch(error.message, /secret/)
        return true
      })
    }
  })

  test('may be told in its own words', async () => {
    const told = [
      new SpawnError('ACTION_FAILED', '"counter" action "add" failed: too few', { details: { left: 3 } }),
      new SpawnError('PERMISSION_DENIED', 'not yours'),
      new SpawnError('STORE_UNAVAILABLE', 'not now'),
      new SpawnError('DEFECT', 'oops'),
    ]
    await using host = await responding((_body, response) => {
      const problem = toProblem(told.shift() ?? assert.fail())
      response
        .writeHead(problem.status, { 'content-type': PROBLEM_CONTENT_TYPE })
        .end(JSON.stringify(problem))
    })
    await using hosts = remote()
    hosts.register(host.address)
    await assert.rejects(hosts.run(), (error) => {
      failure('ACTION_FAILED', /^"counter" action "add" failed: too few$/)(error)
      assert.ok(isSpawnError(error))
      assert.equal(error.details['left'], 3)
      return true
    })
    await assert.rejects(hosts.run(), failure('PERMISSION_DENIED', /^not yours$/))
    await assert.rejects(hosts.run(), failure('STORE_UNAVAILABLE', /^not now$/))
    await assert.rejects(hosts.run(), failure('ACTION_FAILED', /says: an internal error/))
  })

  test('may be a document that says nothing', async () => {
    const documents = ['', '{', '{}', '[]', 'null', '{"code":5}', '{"code":"NO_SUCH"}', 'x'.repeat(70_000)]
    await using host = await responding((_body, response) =>
      response.writeHead(422, { 'content-type': PROBLEM_CONTENT_TYPE }).end(documents.shift()),
    )
    await using hosts = remote()
    hosts.register(host.address)
    while (documents.length > 0) await assert.rejects(hosts.run(), failure('ACTION_FAILED', /422/))
  })

  test('may be a closed connection: the action may have run, and is not run again', async () => {
    let requests = 0
    await using host = await talking((socket) => {
      requests += 1
      socket.destroy()
    })
    await using hosts = remote()
    hosts.register(host.address)
    await assert.rejects(
      hosts.run(),
      failure(
        'HOST_UNREACHABLE',
        /closed the connection without a whole answer .*; the action may have run, and nothing of it is kept$/,
      ),
    )
    assert.equal(requests, 1)
    assert.equal(hosts.hosts.hosts[0]?.live, true)
  })

  test('may come in the middle of its reply', async () => {
    const cuts = [
      `HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf`,
      `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 50\r\n\r\nhalf`,
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n50\r\nhalf`,
      `HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n50\r\nhalf`,
      `HTTP/1.1 2`,
    ]
    await using host = await talking((socket) => socket.end(cuts.shift() ?? ''))
    await using hosts = remote()
    hosts.register(host.address)
    while (cuts.length > 0) {
      const [next] = cuts
      await assert.rejects(hosts.run(), failure('HOST_UNREACHABLE', /the action may have run/), next)
    }
  })

  test('may be no HTTP at all', async () => {
    const replies = [
      'hello\r\n',
      '\0\x01\x02\x03',
      'HTTP/1.1 abc\r\n\r\n',
      `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n`,
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ]
    await using host = await talking((socket) => socket.write(replies.shift() ?? ''))
    await using hosts = remote()
    hosts.register(host.address)
    while (replies.length > 0) {
      const [next] = replies
      await assert.rejects(hosts.run(), failure('HOST_MALFORMED', /answered no valid HTTP \(/), next)
    }
  })

  test('may be a status that means nothing, or a page', async () => {
    const replies: [status: number, type: string, body: string, message: RegExp][] = [
      [302, 'text/plain', '', /answered HTTP 302/],
      [200, 'text/html', '<html></html>', /answered 13 bytes \(text\/html\) that are no/],
      [200, 'application/json', '{"a":1}', /\(application\/json\)/],
      [204, '', '', /without updated_context/],
    ]
    await using host = await responding((_body, response) => {
      const [status, type, body] = replies[0] ?? assert.fail()
      response.writeHead(status, type === '' ? {} : { 'content-type': type }).end(body)
    })
    await using hosts = remote()
    hosts.register(host.address)
    for (; replies.length > 0; replies.shift()) {
      await assert.rejects(hosts.run(), failure('HOST_MALFORMED', replies[0]?.[3] ?? /./))
    }
  })

  test('of a large request says what the reason may be', async () => {
    const fails: ((socket: Socket) => void)[] = [
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'),
      (socket) => socket.destroy(),
    ]
    await using host = await talking((socket) => {
      // The request comes in several pieces; the first one is answered.
      if (socket.writable) fails.shift()?.(socket)
    })
    await using hosts = remote()
    hosts.register(host.address)
    const payload = new Packed('x/y', new Uint8Array(70_000))
    const hint =
      /the request has 70\d\d\d bytes, and hosts of the Node and Dart SDKs can read none of 64 KB or more/
    await assert.rejects(hosts.run({ payload }), failure('ACTION_FAILED', hint))
    await assert.rejects(hosts.run({ payload }), failure('HOST_UNREACHABLE', hint))
  })
})

test('a request below 64 KB comes in one piece', async () => {
  const sizes: number[] = []
  await using host = await talking((socket, data) => {
    sizes.push(data.length)
    socket.write(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${ANSWER.length}\r\n\r\n`), ANSWER]),
    )
  })
  await using hosts = remote()
  hosts.register(host.address)
  for (const bytes of [10, 10_000, 60_000]) {
    await hosts.run({ payload: new Packed('x/y', new Uint8Array(bytes)) })
    const [size = 0] = sizes.splice(0)
    assert.ok(size > bytes && size < bytes + 512, `${bytes} bytes came as ${size}`)
  }
})

test('a second answer to one turn is not taken for that of the next', async () => {
  let turns = 0
  await using host = await talking((socket) => {
    turns += 1
    const body = answerBytes({ actorName: 'counter', updatedContext: { tags: { turn: `${turns}` } } })
    const reply = Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`),
      body,
    ])
    socket.write(Buffer.concat([reply, reply]))
  })
  await using hosts = remote()
  hosts.register(host.address)
  for (let at = 1; at <= 5; at += 1) assert.deepEqual((await hosts.run()).tags, { turn: `${at}` })
  assert.equal(host.connections, 5)
})
