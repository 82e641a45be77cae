// The HTTP API for people, route by route, over real sockets: what comes back, and what of a request reaches the gateway.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'

import { fromProblem, Json } from '../../src/protocol/index.ts'
import { type Fixture, listening, problem } from './fixture.ts'

let http: Fixture
before(async () => {
  http = await listening()
})
after(() => http[Symbol.asyncDispose]())
beforeEach(() => {
  http.gateway.calls.length = 0
})

const json = { 'content-type': 'application/json' }
const post = (path: string, body?: unknown, headers: Record<string, string> = json): Promise<Response> =>
  fetch(`${http.actors}/${path}`, {
    method: 'POST',
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
const lastCall = () => http.gateway.calls.at(-1)?.call ?? assert.fail('no call came in')

describe('calling an action', () => {
  test('gives the response as JSON, in one piece', async () => {
    const response = await post('joe/actions/add', { value: 2 })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/json')
    assert.equal(response.headers.get('content-length'), '11')
    assert.deepEqual(await response.json(), { total: 2 })
    assert.ok(lastCall().payload instanceof Json)
  })

  test('carries any JSON there and back', async () => {
    for (const value of [null, 0, false, '', 'é漢🎉', [], {}, { a: [{ b: 'ü' }] }]) {
      assert.deepEqual(await (await post('joe/actions/echo', JSON.stringify(value))).json(), value)
    }
  })

  test('without a body has no payload', async () => {
    for (const body of [undefined, '']) {
      assert.equal((await post('joe/actions/add', body)).status, 200)
      assert.equal(lastCall().payload, undefined)
    }
  })

  test('that replies nothing gives 204', async () => {
    const response = await post('joe/actions/nothing', {})
    assert.equal(response.status, 204)
    assert.equal(await response.text(), '')
  })

  test('asynchronously gives 202, and outlives the request', async () => {
    const response = await post('joe/actions/add?async=true', { value: 1 })
    assert.equal(response.status, 202)
    assert.equal(await response.text(), '')
    assert.equal(lastCall().async, true)
    assert.equal(lastCall().signal, undefined)
  })

  test('takes ref, key, timeout and metadata', async () => {
    await post(
      'user%2F1/actions/add?ref=some%20user',
      {},
      {
        ...json,
        'Idempotency-Key': 'order-7',
        'Spawn-Timeout': '1500',
        'Spawn-Metadata-Trace-Id': 'abc',
        'spawn-metadata-city': Buffer.from('Köln').toString('latin1'),
        Traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    )
    const { signal, payload, ...call } = lastCall()
    assert.ok(signal instanceof AbortSignal)
    assert.deepEqual(payload, new Json({}))
    assert.equal(http.gateway.calls.at(-1)?.name, 'user/1')
    assert.deepEqual(call, {
      action: 'add',
      ref: 'some user',
      async: false,
      metadata: {
        'trace-id': 'abc',
        city: 'Köln',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
      timeoutMs: 1_500,
      idempotencyKey: 'order-7',
      receipt: false,
    })
  })

  test('refuses a header that cannot be meant', async () => {
    for (const timeout of ['0', '-1', '1.5', '1s', '86400001', '1, 2']) {
      const { detail } = await problem(
        await post('a/actions/add', {}, { ...json, 'Spawn-Timeout': timeout }),
        400,
        'INVALID_ARGUMENT',
      )
      assert.match(detail, /Spawn-Timeout, in milliseconds, must be a whole number from 1 to 86400000/)
    }
    for (const name of ['Spawn-Metadata-', 'Spawn-Metadata-__proto__']) {
      await problem(await post('a/actions/add', {}, { ...json, [name]: 'x' }), 400, 'INVALID_ARGUMENT')
    }
    const { detail } = await problem(
      await post('a/actions/add', {}, { ...json, 'Idempotency-Key': '\u00ff' }),
      400,
      'INVALID_ARGUMENT',
    )
    assert.match(detail, /Idempotency-Key is not valid UTF-8/)
  })

  test('takes JSON by its names, and what curl -d says by default', async () => {
    for (const type of [
      'application/json',
      'Application/JSON; charset=UTF-8',
      'application/json;charset="utf-8"',
      'application/vnd.shop+json',
      'application/x-www-form-urlencoded',
    ]) {
      const response = await post('joe/actions/echo', [1], { 'content-type': type })
      assert.deepEqual(await response.json(), [1], type)
    }
    for (const type of [
      'text/plain',
      'application/json; charset=utf-16',
      'multipart/form-data',
      'application/octet-stream',
    ]) {
      await problem(await post('joe/actions/echo', [1], { 'content-type': type }), 415, 'INVALID_ARGUMENT')
    }
    await problem(
      await post('joe/actions/echo', [1], { ...json, 'content-encoding': 'gzip' }),
      415,
      'INVALID_ARGUMENT',
    )
  })

  test('refuses a body that is no JSON, with the place', async () => {
    const { detail, details } = await problem(
      await post('joe/actions/add', '{"value": 1'),
      400,
      'INVALID_ARGUMENT',
    )
    assert.match(detail, /line 1, column 12/)
    assert.deepEqual(details, { line: 1, column: 12, position: 11 })
    await problem(
      await post('joe/actions/add', 'value=1', { 'content-type': 'application/x-www-form-urlencoded' }),
      400,
      'INVALID_ARGUMENT',
    )
    await problem(await post('joe/actions/add', '{"__proto__":{}}'), 400, 'INVALID_ARGUMENT')
    assert.deepEqual(http.gateway.calls, [])
  })
})

describe('an error', () => {
  test('comes as a problem that a client reads back as the same error', async () => {
    const response = await post('joe/actions/full', {})
    assert.equal(response.headers.get('retry-after'), '1')
    const body = await problem(response, 429, 'MAILBOX_FULL')
    const error = fromProblem(429, body)
    assert.equal(error.code, 'MAILBOX_FULL')
    assert.equal(error.message, 'the mailbox of "joe" is full')
    assert.equal(error.retryable, true)
    await problem(await post('joe/actions/fail', {}), 500, 'ACTION_FAILED')
    await problem(await post('joe/actions/missing', {}), 404, 'ACTION_NOT_FOUND')
  })

  test('whose details JSON cannot carry comes without them', async () => {
    const { details } = await problem(await post('joe/actions/odd', {}), 500, 'ACTION_FAILED')
    assert.equal(details, undefined)
  })

  test('of ours says nothing to the client and everything to the log', async () => {
    http.log.lines.length = 0
    const { detail } = await problem(await post('joe/actions/defect', {}), 500, 'DEFECT')
    assert.doesNotMatch(detail, /secret/)
    assert.deepEqual(
      http.log.lines.map(({ level, fields }) => [level, String(fields?.['error'])]),
      [['error', 'Error: secret of the inside']],
    )
    await problem(await post('joe/actions/bigint', {}), 500, 'DEFECT')
  })
})

describe('an actor', () => {
  test('is read with its revision as ETag', async () => {
    await post('reader/actions/add', { value: 5 })
    const url = `${http.actors}/reader?ref=user`
    const response = await fetch(url)
    assert.equal(response.headers.get('etag'), '"1"')
    assert.deepEqual(await response.json(), {
      name: 'reader',
      parent: 'user',
      system: 'my-system',
      kind: 'named',
      revision: 1,
      tags: { team: 'blue' },
      state: { total: 5 },
    })
    for (const tags of ['"1"', '"0", W/"1"', '*']) {
      const same = await fetch(url, { headers: { 'if-none-match': tags, 'cache-control': 'no-cache' } })
      assert.equal(same.status, 304, tags)
      assert.equal(same.headers.get('etag'), '"1"')
      assert.equal(await same.text(), '')
    }
    assert.equal((await fetch(url, { headers: { 'if-none-match': '"2"' } })).status, 200)
    const head = await fetch(url, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '125', ''])
  })

  test('that nobody called is not found', async () => {
    await problem(await fetch(`${http.actors}/nobody`), 404, 'ACTOR_NOT_FOUND')
    await problem(await fetch(`${http.actors}/nobody`, { method: 'DELETE' }), 404, 'ACTOR_NOT_FOUND')
  })

  test('is spawned and deleted', async () => {
    const spawned = await fetch(`${http.actors}/user-1?ref=user&revision=7`, { method: 'PUT' })
    assert.equal(spawned.status, 204)
    assert.deepEqual(http.gateway.spawned, [{ name: 'user-1', options: { ref: 'user', revision: 7 } }])
    await post('mayfly/actions/add', {})
    assert.equal((await fetch(`${http.actors}/mayfly`, { method: 'DELETE' })).status, 204)
    await problem(await fetch(`${http.actors}/mayfly`), 404, 'ACTOR_NOT_FOUND')
    await problem(await fetch(`${http.actors}/x`, { method: 'PUT', body: '{}' }), 400, 'INVALID_ARGUMENT')
    await problem(await fetch(`${http.actors}/x?revision=0`, { method: 'PUT' }), 400, 'INVALID_ARGUMENT')
  })

  test('of another system is not here', async () => {
    const { detail } = await problem(
      await fetch(`${http.url}/api/v1/system/other/actors/joe`),
      404,
      'ACTOR_NOT_FOUND',
    )
    assert.match(detail, /no system "other" here; this listener serves "my-system"/)
  })
})

test('actors are listed, by page and filter', async () => {
  await post('listed/actions/add', {})
  const response = await fetch(`${http.actors}?prefix=li&parent=&tag.team=blue&tag.a%20b=c&limit=5&after=x`)
  const listed = {
    name: 'listed',
    parent: '',
    revision: 1,
    tags: {},
    committedAt: '2023-11-14T22:13:20.000Z',
  }
  assert.partialDeepStrictEqual(await response.json(), { actors: [listed], next: null })
  assert.deepEqual(http.gateway.lists.at(-1), {
    filter: { prefix: 'li', parent: '', tags: { team: 'blue', 'a b': 'c' } },
    page: { limit: 5, after: 'x' },
  })
  await fetch(http.actors)
  assert.deepEqual(http.gateway.lists.at(-1), { filter: {}, page: { limit: 100 } })
  await fetch(`${http.actors}?activeSince=2026-12-01T10:00:00+01:00&idleSince=1796115600000`)
  assert.deepEqual(http.gateway.lists.at(-1), {
    filter: { committedFromMs: Date.UTC(2026, 11, 1, 9), committedBeforeMs: 1_796_115_600_000 },
    page: { limit: 100 },
  })
  for (const query of [
    'limit=0',
    'limit=1001',
    'activeSince=500',
    'idleSince=soon',
    'count=3',
    'count&limit=5',
    'count&after=x',
    'tag.=x',
    'tag.__proto__=x',
    'sort=name',
    'limit=1&limit=2',
  ]) {
    await problem(await fetch(`${http.actors}?${query}`), 400, 'INVALID_ARGUMENT')
  }
})

test('actors are counted, by filter', async () => {
  await post('counted/actions/add', {})
  const { actors } = (await (await fetch(http.actors)).json()) as { actors: unknown[] }
  const before = Date.now()
  const response = await fetch(`${http.actors}?count&idleSince=30m&tag.team=blue`)
  assert.deepEqual([response.status, await response.json()], [200, { count: actors.length }])
  const { filter } = http.gateway.lists.at(-1) as { filter: { committedBeforeMs: number; tags: object } }
  assert.deepEqual(filter.tags, { team: 'blue' })
  const since = filter.committedBeforeMs + 30 * 60_000
  assert.ok(since >= before && since <= Date.now(), 'half an hour ago')
})

describe('the listener itself', () => {
  test('says what it is, and how it is', async () => {
    assert.partialDeepStrictEqual(await (await fetch(http.url)).json(), {
      list: 'GET /api/v1/system/my-system/actors',
    })
    for (const path of ['/health', '/health/liveness', '/health/readiness']) {
      const response = await fetch(http.url + path)
      assert.deepEqual([response.status, await response.json()], [200, { status: 'up' }], path)
    }
    http.gateway.ready = false
    try {
      const down = await fetch(`${http.url}/health/readiness`)
      assert.deepEqual([down.status, await down.json()], [503, { status: 'down' }])
      assert.equal((await fetch(`${http.url}/health/liveness`)).status, 200)
    } finally {
      http.gateway.ready = true
    }
  })

  test('answers a wrong path with 404 and a wrong method with 405', async () => {
    await problem(await fetch(`${http.url}/nothing`), 404, 'INVALID_ARGUMENT')
    await problem(await fetch(`${http.actors}/joe/actions`), 404, 'INVALID_ARGUMENT')
    const slash = await problem(await fetch(`${http.actors}/joe/`), 404, 'INVALID_ARGUMENT')
    assert.equal(slash.detail, 'there is nothing at this path; without the slash at its end there is')
    const nothing = await problem(await fetch(`${http.url}/nothing/`), 404, 'INVALID_ARGUMENT')
    assert.equal(nothing.detail, 'there is nothing at this path; GET / says what there is')
    await problem(await fetch(`${http.actors}/%ff`), 400, 'INVALID_ARGUMENT')
    for (const [method, path, allow] of [
      ['GET', '/joe/actions/add', 'POST'],
      ['POST', '/joe', 'GET, HEAD, PUT, DELETE'],
      ['PATCH', '', 'GET, HEAD'],
      ['OPTIONS', '/joe', 'GET, HEAD, PUT, DELETE'],
    ] as const) {
      const response = await fetch(http.actors + path, { method })
      assert.equal(response.headers.get('allow'), allow)
      await problem(response, 405, 'INVALID_ARGUMENT')
    }
  })

  test('keeps the paths of the wire protocol free', async () => {
    for (const path of ['', '/my-system/actors/spawn', '/my-system/actors/joe/invoke']) {
      const response = await fetch(`${http.url}/api/v1/system${path}`, { method: 'POST', body: 'x' })
      const { detail } = await problem(response, 404, 'INVALID_ARGUMENT')
      assert.match(detail, /wire protocol/)
    }
  })

  test('sends pages of other sites away', async () => {
    const { detail } = await problem(
      await post('joe/actions/add', {}, { ...json, origin: 'http://evil.example' }),
      403,
      'PERMISSION_DENIED',
    )
    assert.match(detail, /own origin/)
    assert.deepEqual(http.gateway.calls, [])
  })

  test('while draining says so, when to come again, and closes', async () => {
    http.gateway.ready = false
    try {
      const response = await post('joe/actions/add', {})
      assert.equal(response.headers.get('retry-after'), '1')
      assert.equal(response.headers.get('connection'), 'close')
      await problem(response, 503, 'DRAINING')
    } finally {
      http.gateway.ready = true
    }
  })
})
