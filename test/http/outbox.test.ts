// The routes of what turns and callers set in motion: calls for later, receipts, schedules, dead letters, broadcasts. What
// comes back over real sockets, and what of a request reaches the gateway.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'

import type { DeadLetter } from '../../src/ports/index.ts'
import { Json } from '../../src/protocol/index.ts'
import { type Fixture, listening, problem } from './fixture.ts'

let http: Fixture
/** The URL of the system. */
let base: string
before(async () => {
  http = await listening()
  base = http.actors.replace(/\/actors$/, '')
})
after(() => http[Symbol.asyncDispose]())
beforeEach(() => {
  const { gateway } = http
  for (const list of [gateway.calls, gateway.published, gateway.retried]) list.length = 0
  gateway.standingSchedules.clear()
  gateway.standingLetters.clear()
  gateway.unreadable.length = 0
})

const post = (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const remove = (path: string): Promise<Response> => fetch(`${base}/${path}`, { method: 'DELETE' })
const lastCall = () => http.gateway.calls.at(-1)?.call ?? assert.fail('no call came in')

describe('a reply carries what it rests on, for those that ask', () => {
  test('in three headers, with a response and without', async () => {
    for (const action of ['add', 'nothing']) {
      const { headers } = await post(`actors/user-1/actions/${action}?ref=user&receipt=true`, {})
      assert.equal(headers.get('spawn-actor'), 'user/user-1')
      assert.equal(headers.get('spawn-revision'), '1')
      assert.equal(headers.get('spawn-durability'), 'turn')
      assert.equal(lastCall().receipt, true)
    }
  })

  test('with a slash between definition and name alone', async () => {
    for (const [name, ref, written] of [
      ['a/b', '', 'a%2Fb'],
      ['a/b', 'ü c', '%C3%BC%20c/a%2Fb'],
      ['漢', 'x%', 'x%25/%E6%BC%A2'],
      ['a\r\nb', '', 'a%0D%0Ab'],
    ] as const) {
      const query = ref === '' ? '' : `&ref=${encodeURIComponent(ref)}`
      const { headers } = await post(`actors/${encodeURIComponent(name)}/actions/add?receipt${query}`, {})
      assert.equal(headers.get('spawn-actor'), written)
    }
  })

  test('but not for others, nor when it rests on nothing', async () => {
    for (const path of [
      'add',
      'add?receipt=false',
      'add?async&receipt',
      'add?delay=1&receipt',
      'fail?receipt',
    ]) {
      const { headers } = await post(`actors/joe/actions/${path}`, {})
      assert.deepEqual([headers.get('spawn-actor'), headers.get('spawn-revision')], [null, null], path)
    }
  })
})

describe('a call for later', () => {
  test('is answered with its schedule and where that is', async () => {
    const response = await post('actors/joe/actions/add?delay=5000', { value: 1 })
    assert.equal(response.status, 202)
    const { schedule } = (await response.json()) as { schedule: string }
    const location = response.headers.get('location') ?? assert.fail('no Location')
    assert.equal(location, `/api/v1/system/my-system/schedules/${encodeURIComponent(schedule)}`)
    assert.equal(lastCall().delayMs, 5_000)
    assert.equal(lastCall().signal, undefined, 'it outlives its request')
    assert.equal((await fetch(http.url + location, { method: 'DELETE' })).status, 204)
    await problem(await fetch(http.url + location, { method: 'DELETE' }), 404, 'INVALID_ARGUMENT')
  })

  test('is for a time, however that is written', async () => {
    const nineMs = Date.UTC(2026, 11, 1, 9)
    for (const at of [
      '2026-12-01T09:00:00Z',
      '2026-12-01T10:00:00%2B01:00',
      '2026-12-01T10:00:00+01:00',
      '2026-12-01T06:30:00-02:30',
      String(nineMs),
    ]) {
      assert.equal((await post(`actors/joe/actions/add?at=${at}`, {})).status, 202)
      assert.equal(lastCall().scheduledToMs, nineMs, at)
    }
  })

  test('comes again and again, in a time zone', async () => {
    await post('actors/joe/actions/add?cron=0+9+*+*+1-5&timezone=Europe/Berlin', {})
    const { cron, timeZone, delayMs, scheduledToMs } = lastCall()
    assert.deepEqual(
      [cron, timeZone, delayMs, scheduledToMs],
      ['0 9 * * 1-5', 'Europe/Berlin', undefined, undefined],
    )
    await post('actors/joe/actions/add?cron=0%209%20*%20*%20*&ref=user', {}, { 'Idempotency-Key': 'k' })
    assert.deepEqual([lastCall().cron, lastCall().timeZone], ['0 9 * * *', undefined])
    assert.deepEqual([lastCall().ref, lastCall().idempotencyKey], ['user', 'k'])
  })

  test('must mean one time', async () => {
    const refused: readonly [query: string, says: RegExp][] = [
      ['delay=-1', /"delay", in milliseconds, must be a whole number from 0/],
      ['delay=5s', /"delay", in milliseconds/],
      ['delay=', /"delay"/],
      ['at=tomorrow', /"at" must be ISO 8601 with a time and an offset/],
      ['at=2026-12-01', /"at" must/],
      ['at=2026-12-01T09:00:00', /"at" must/],
      ['at=1796115600', /epoch milliseconds/],
      ['delay=1&at=2026-12-01T09:00:00Z', /only one can be meant/],
      ['cron=*+*+*+*+*&delay=1', /only one can be meant/],
      ['timezone=UTC', /goes with "cron"/],
      ['timezone=UTC&delay=1', /goes with "cron"/],
      ['timeZone=UTC', /unknown query parameter "timeZone"; this path takes .*timezone/],
    ]
    for (const [query, says] of refused) {
      const response = await post(`actors/joe/actions/add?${query}`, {})
      assert.match((await problem(response, 400, 'INVALID_ARGUMENT')).detail, says, query)
    }
    assert.deepEqual(http.gateway.calls, [])
  })

  test('at once is a delay too', async () => {
    await post('actors/joe/actions/add?delay=0', {})
    assert.equal(lastCall().delayMs, 0)
  })
})

describe('schedules', () => {
  test('are listed page by page, with times in ISO', async () => {
    await post('actors/joe/actions/add?at=2026-12-01T09:00:00Z', {}, { 'Spawn-Metadata-Trace': 't' })
    await post('actors/user-1/actions/add?ref=user&cron=0+9+*+*+*', {})
    const listed = await (await fetch(`${base}/schedules?limit=1`)).json()
    assert.deepEqual(listed, {
      schedules: [
        {
          id: http.gateway.standingSchedules.keys().next().value,
          to: { system: 'my-system', parent: '', name: 'joe' },
          action: 'add',
          dueAt: '2026-12-01T09:00:00.000Z',
          createdAt: '2023-11-14T22:13:20.000Z',
          cron: null,
          timeZone: null,
          from: null,
          metadata: { trace: 't' },
          attempts: 0,
        },
      ],
      next: http.gateway.standingSchedules.keys().next().value,
    })
    const { next } = listed as { next: string }
    const rest = await fetch(`${base}/schedules?limit=1&after=${encodeURIComponent(next)}`)
    assert.partialDeepStrictEqual(await rest.json(), {
      schedules: [{ to: { parent: 'user', name: 'user-1' }, cron: '0 9 * * *', timeZone: 'UTC' }],
      next: null,
    })
  })

  test('that come later than any date are shown at the last one', async () => {
    await post('actors/joe/actions/add?delay=8640000000000000', {})
    const listed = await (await fetch(`${base}/schedules`)).json()
    assert.partialDeepStrictEqual(listed, { schedules: [{ dueAt: '+275760-09-13T00:00:00.000Z' }] })
  })

  test('that are not there cannot be cancelled, and the answer names them', async () => {
    const { detail, details } = await problem(await remove('schedules/a%2Fb'), 404, 'INVALID_ARGUMENT')
    assert.equal(detail, 'there is no schedule "a/b": it ran, was cancelled, or never was')
    assert.deepEqual(details, { id: 'a/b' })
    const long = await problem(await remove(`schedules/${'x'.repeat(5_000)}`), 404, 'INVALID_ARGUMENT')
    assert.ok(long.detail.length < 300)
  })
})

const letter = (id: string): DeadLetter => ({
  id,
  from: { system: 'my-system', parent: 'user', name: 'user-1' },
  to: { system: 'my-system', parent: '', name: 'till' },
  action: 'pay',
  metadata: {},
  payloadJson: { sum: 5 },
  attempts: 10,
  error: { code: 'ACTION_FAILED', message: '"till" action "pay" failed: it is closed' },
  createdAtMs: 1_700_000_000_000,
  diedAtMs: 1_700_000_060_000,
})
const keep = (...ids: string[]): void => {
  for (const id of ids) http.gateway.standingLetters.set(id, letter(id))
}

describe('dead letters', () => {
  test('are listed and read, with what they carry and why they died', async () => {
    keep('a', 'b')
    const shown = {
      id: 'a',
      from: { system: 'my-system', parent: 'user', name: 'user-1' },
      to: { system: 'my-system', parent: '', name: 'till' },
      action: 'pay',
      createdAt: '2023-11-14T22:13:20.000Z',
      diedAt: '2023-11-14T22:14:20.000Z',
      error: { code: 'ACTION_FAILED', message: '"till" action "pay" failed: it is closed' },
      attempts: 10,
      metadata: {},
    }
    assert.deepEqual(await (await fetch(`${base}/dead-letters?limit=1`)).json(), {
      deadLetters: [shown],
      next: 'a',
    })
    const second = await (await fetch(`${base}/dead-letters?after=a`)).json()
    assert.deepEqual(second, { deadLetters: [{ ...shown, id: 'b' }], next: null })
    assert.deepEqual(await (await fetch(`${base}/dead-letters/a`)).json(), { ...shown, payload: { sum: 5 } })
    const head = await fetch(`${base}/dead-letters/a`, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
  })

  test('that cannot be read are named beside those that can, and so are schedules', async () => {
    keep('a')
    const error = { code: 'STATE_UNREADABLE', message: 'the envelope "b" cannot be opened' }
    const atMs = 1_700_000_060_000
    http.gateway.unreadable.push(
      { id: 'b', box: 'dead', atMs, error },
      { id: 'c', box: 'schedule', atMs, error },
    )
    const listed = (await (await fetch(`${base}/dead-letters`)).json()) as { deadLetters: { id: string }[] }
    assert.deepEqual(
      { ...listed, deadLetters: listed.deadLetters.map(({ id }) => id) },
      {
        deadLetters: ['a'],
        unreadable: [{ id: 'b', box: 'dead', diedAt: '2023-11-14T22:14:20.000Z', error }],
        next: null,
      },
    )
    assert.deepEqual(await (await fetch(`${base}/schedules`)).json(), {
      schedules: [],
      unreadable: [{ id: 'c', box: 'schedule', dueAt: '2023-11-14T22:14:20.000Z', error }],
      next: null,
    })
  })

  test('are retried and discarded, each once', async () => {
    keep('a', 'b')
    const retried = await post('dead-letters/a/retry')
    assert.deepEqual([retried.status, await retried.text()], [202, ''])
    assert.deepEqual(http.gateway.retried, ['a'])
    assert.equal((await remove('dead-letters/b')).status, 204)
    for (const response of [
      await post('dead-letters/a/retry'),
      await remove('dead-letters/b'),
      await fetch(`${base}/dead-letters/b`),
    ]) {
      const { detail } = await problem(response, 404, 'INVALID_ARGUMENT')
      assert.match(detail, /^there is no dead letter "[ab]": it was retried or discarded, or never was one$/)
    }
  })

  test('have ids of any characters', async () => {
    for (const id of [
      'a/b?c#d',
      '%2F',
      '.',
      '..',
      '=.',
      ' ',
      'ü漢🎉',
      'retry',
      '\u0000\r\n',
      '+',
      'i'.repeat(2_048),
    ]) {
      keep(id)
      const step = id === '.' || id === '..' ? `=${id}` : encodeURIComponent(id)
      assert.partialDeepStrictEqual(await (await fetch(`${base}/dead-letters/${step}`)).json(), { id })
      assert.equal((await remove(`dead-letters/${step}`)).status, 204, id)
    }
    await problem(await fetch(`${base}/dead-letters/%ff`), 400, 'INVALID_ARGUMENT')
    await problem(await fetch(`${base}/dead-letters/`), 400, 'INVALID_ARGUMENT')
  })
})

describe('a channel', () => {
  test('takes any JSON, or nothing, with metadata', async () => {
    const response = await post('channels/news%2Fall', { a: ['é'] }, { 'Spawn-Metadata-City': 'Oslo' })
    assert.deepEqual([response.status, await response.text()], [202, ''])
    assert.equal((await post('channels/news')).status, 202)
    assert.deepEqual(http.gateway.published, [
      { channel: 'news/all', payload: new Json({ a: ['é'] }), options: { metadata: { city: 'Oslo' } } },
      { channel: 'news', payload: undefined, options: { metadata: undefined } },
    ])
  })

  test('refuses what is no JSON, and a promise that it cannot keep', async () => {
    await problem(
      await fetch(`${base}/channels/news`, {
        method: 'POST',
        body: '{"a":',
        headers: { 'content-type': 'text/json' },
      }),
      415,
      'INVALID_ARGUMENT',
    )
    await problem(
      await fetch(`${base}/channels/news`, { method: 'POST', body: '{' }),
      415,
      'INVALID_ARGUMENT',
    )
    const { detail } = await problem(
      await post('channels/news', 1, { 'Idempotency-Key': 'k' }),
      400,
      'INVALID_ARGUMENT',
    )
    assert.match(detail, /takes no Idempotency-Key/)
    await problem(await post('channels/news?delay=5', 1), 400, 'INVALID_ARGUMENT')
    assert.deepEqual(http.gateway.published, [])
  })

  test('says when it could not be made durable', async () => {
    await problem(await post('channels/closed', 1), 503, 'STORE_UNAVAILABLE')
  })
})

test('these paths take what they take, and nothing else', async () => {
  for (const [method, path, allow] of [
    ['POST', 'schedules', 'GET, HEAD'],
    ['GET', 'schedules/a', 'DELETE'],
    ['DELETE', 'dead-letters', 'GET, HEAD'],
    ['PUT', 'dead-letters/a', 'GET, HEAD, DELETE'],
    ['GET', 'dead-letters/a/retry', 'POST'],
    ['GET', 'channels/news', 'POST'],
  ] as const) {
    const response = await fetch(`${base}/${path}`, { method })
    assert.equal(response.headers.get('allow'), allow, path)
    await problem(response, 405, 'INVALID_ARGUMENT')
  }
  for (const path of [
    'schedules?prefix=a',
    'schedules?limit=0',
    'dead-letters?limit=1001',
    'dead-letters/a?ref=x',
  ]) {
    await problem(await fetch(`${base}/${path}`), 400, 'INVALID_ARGUMENT')
  }
  for (const [method, path] of [
    ['DELETE', 'schedules/a'],
    ['DELETE', 'dead-letters/a'],
    ['POST', 'dead-letters/a/retry'],
  ] as const) {
    await problem(await fetch(`${base}/${path}`, { method, body: '{}' }), 400, 'INVALID_ARGUMENT')
  }
  for (const path of ['schedules', 'dead-letters', 'dead-letters/a']) {
    await problem(await fetch(`${base.replace('my-system', 'other')}/${path}`), 404, 'ACTOR_NOT_FOUND')
  }
  await problem(await fetch(`${base}/schedules/a/b`), 404, 'INVALID_ARGUMENT')
})

test('GET / lists every route, and each is one', async () => {
  const about = (await (await fetch(http.url)).json()) as Record<string, string>
  const routes = Object.values(about).filter((text) => /^[A-Z]+ \//.test(text))
  assert.ok(routes.length >= 12)
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ')
    const response = await fetch(http.url + path.replaceAll(/[{}]/g, ''), { method })
    assert.notEqual(response.status, 405, route)
    assert.doesNotMatch(await response.text(), /there is nothing at this path/, route)
  }
})
