// What turns cause, over HTTP and before the real runtime: calls that come later and can be taken back, deliveries that are
// given up and what becomes of them, broadcasts, keys and receipts.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'

import { actor, system, type System, Value } from '../../src/sdk/index.ts'
import { until } from '../../src/testing/until.ts'
import { Log, problem } from './fixture.ts'

let runs = 0
let closed = false
let gate = Promise.withResolvers<void>()

const counter = actor('counter', {
  kind: 'unnamed',
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      runs += 1
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
    hold: async () => {
      runs += 1
      await gate.promise
      return runs
    },
    fail: () => {
      runs += 1
      throw new Error('card 4711 was refused')
    },
  },
})

const till = actor('till', {
  state: { sum: 0 },
  actions: {
    pay: (ctx, { sum }: { sum: number }) => {
      if (closed) throw new Error('the till is closed')
      return Value.of().state({ sum: ctx.state.sum + sum })
    },
    get: (ctx) => ctx.state.sum,
  },
})

const listener = actor('listener', {
  state: { heard: [] as unknown[] },
  channels: ['news'],
  actions: {
    receive: (ctx, item: unknown) =>
      Value.of().state({ heard: [...ctx.state.heard, { item, city: ctx.metadata['city'] ?? null }] }),
  },
})

interface ScheduleView {
  readonly id: string
  readonly dueAt: string
  readonly createdAt: string
}
interface Schedules {
  readonly schedules: readonly ScheduleView[]
  readonly next: string | null
}
interface LetterView {
  readonly id: string
  readonly error: { readonly code: string }
}
interface Letters {
  readonly deadLetters: readonly LetterView[]
}

let running: System
let base: string
before(async () => {
  const limits = { deliveryAttempts: 1 }
  const options = {
    actors: [counter, till, listener],
    store: 'memory',
    http: 0,
    logger: new Log(),
    limits,
  } as const
  running = await system('shop', options).start()
  base = `${running.url}/api/v1/system/shop`
})
after(() => running.stop())
beforeEach(() => {
  runs = 0
  closed = false
})

const post = (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const get = async <T>(path: string): Promise<T> => (await (await fetch(`${base}/${path}`)).json()) as T
const remove = (path: string): Promise<Response> => fetch(`${base}/${path}`, { method: 'DELETE' })
const scheduled = async (path: string, body?: unknown): Promise<string> => {
  const response = await post(path, body)
  assert.equal(response.status, 202, await response.clone().text())
  return ((await response.json()) as { schedule: string }).schedule
}
const schedules = (query = ''): Promise<Schedules> => get(`schedules${query}`)
const deadLetters = async (): Promise<readonly LetterView[]> =>
  (await get<Letters>('dead-letters')).deadLetters
const totalOf = async (name: string): Promise<number | undefined> =>
  (await get<{ state?: { total: number } }>(`actors/${name}?ref=counter`)).state?.total

describe('a call for later', () => {
  test('runs once, and is no schedule any more', async () => {
    const id = await scheduled('actors/soon/actions/add?ref=counter&delay=20', { value: 3 })
    await until('the turn', async () => (await totalOf('soon')) === 3)
    await until('its end', async () => (await schedules()).schedules.length === 0)
    assert.equal(runs, 1)
    await problem(await remove(`schedules/${id}`), 404, 'INVALID_ARGUMENT')
  })

  test('for a time that has passed runs at once', async () => {
    await scheduled('actors/late/actions/add?ref=counter&at=2020-01-01T00:00:00Z', { value: 1 })
    await until('the turn', async () => (await totalOf('late')) === 1)
  })

  test('is listed in order, and does not run once it is cancelled', async () => {
    const day = 86_400_000
    const second = await scheduled(`actors/never/actions/add?ref=counter&delay=${2 * day}`, { value: 1 })
    const first = await scheduled(`actors/never/actions/add?ref=counter&delay=${day}`, { value: 1 })
    const page = await schedules('?limit=1')
    const [one] = page.schedules
    assert.deepEqual([page.schedules.length, one?.id], [1, first])
    assert.partialDeepStrictEqual(one, {
      to: { system: 'shop', parent: 'counter', name: 'never' },
      action: 'add',
      from: null,
      cron: null,
      attempts: 0,
    })
    assert.equal(Date.parse(one?.dueAt ?? '') - Date.parse(one?.createdAt ?? ''), day)
    const rest = await schedules(`?limit=1&after=${encodeURIComponent(page.next ?? '')}`)
    assert.deepEqual([rest.schedules.map(({ id }) => id), rest.next], [[second], null])
    for (const id of [first, second]) assert.equal((await remove(`schedules/${id}`)).status, 204)
    assert.deepEqual(await schedules(), { schedules: [], next: null })
    await problem(await remove(`schedules/${first}`), 404, 'INVALID_ARGUMENT')
    assert.equal(runs, 0)
  })

  test('comes again by cron, in its time zone', async () => {
    const id = await scheduled('actors/daily/actions/add?ref=counter&cron=0+9+*+*+*&timezone=Asia/Tokyo', {
      value: 1,
    })
    const page = await schedules()
    assert.partialDeepStrictEqual(page.schedules, [{ id, cron: '0 9 * * *', timeZone: 'Asia/Tokyo' }])
    assert.match(page.schedules[0]?.dueAt ?? '', /T00:00:00\.000Z$/)
    assert.equal((await remove(`schedules/${id}`)).status, 204)
  })

  test('that cannot be meant is refused, and nothing is scheduled', async () => {
    for (const query of ['cron=every+day', 'cron=0+9+*+*+*&timezone=Mars/Olympus', 'cron=']) {
      await problem(await post(`actors/x/actions/add?ref=counter&${query}`, {}), 400, 'INVALID_ARGUMENT')
    }
    await problem(await post('actors/x/actions/missing?ref=counter&delay=5'), 404, 'ACTION_NOT_FOUND')
    assert.deepEqual(await schedules(), { schedules: [], next: null })
  })
})

describe('a dead letter', () => {
  const given = async (sum: number): Promise<string> => {
    closed = true
    const known = (await deadLetters()).map(({ id }) => id)
    await scheduled('actors/till/actions/pay?delay=0', { sum })
    const fresh = await until('a dead letter', async () =>
      (await deadLetters()).find(({ id }) => !known.includes(id)),
    )
    return fresh.id
  }

  test('is listed, read, and retried once its cause is gone', async () => {
    const id = await given(5)
    const [shown] = await deadLetters()
    assert.partialDeepStrictEqual(
      [shown],
      [{ id, to: { system: 'shop', parent: '', name: 'till' }, action: 'pay', attempts: 1 }],
    )
    assert.equal(shown?.error.code, 'ACTION_FAILED')
    assert.ok(!('payload' in shown), 'a page of payloads could be too large')
    assert.deepEqual(await get(`dead-letters/${encodeURIComponent(id)}`), { ...shown, payload: { sum: 5 } })
    closed = false
    assert.equal((await post(`dead-letters/${encodeURIComponent(id)}/retry`)).status, 202)
    await until('the turn', async () => (await (await post('actors/till/actions/get')).json()) === 5)
    assert.deepEqual(await deadLetters(), [])
    await problem(await post(`dead-letters/${encodeURIComponent(id)}/retry`), 404, 'INVALID_ARGUMENT')
  })

  test('that is discarded never happens', async () => {
    const id = await given(100)
    assert.equal((await remove(`dead-letters/${encodeURIComponent(id)}`)).status, 204)
    closed = false
    assert.deepEqual(await deadLetters(), [])
    await problem(await fetch(`${base}/dead-letters/${encodeURIComponent(id)}`), 404, 'INVALID_ARGUMENT')
    assert.notEqual(await (await post('actors/till/actions/get')).json(), 100)
  })
})

test('a broadcast reaches who listens, with its metadata', async () => {
  assert.equal((await post('channels/news', { a: ['é'] }, { 'Spawn-Metadata-City': 'Oslo' })).status, 202)
  assert.equal((await post('channels/news')).status, 202)
  const heard = await until('both', async () => {
    const { state } = await get<{ state?: { heard: unknown[] } }>('actors/listener')
    return state?.heard.length === 2 ? state.heard : undefined
  })
  assert.partialDeepStrictEqual(heard, [{ item: { a: ['é'] }, city: 'Oslo' }, { city: null }])
})

describe('a key', () => {
  test('gives the second call the outcome of the first, also while that runs', async () => {
    gate = Promise.withResolvers()
    const key = { 'Idempotency-Key': 'held-1' }
    const first = post('actors/k/actions/hold?ref=counter', undefined, key)
    await until('the turn', () => runs === 1)
    const second = post('actors/k/actions/hold?ref=counter', undefined, key)
    // This one stands in the mailbox when the line is over.
    const third = running.invoke('k', { action: 'hold', ref: 'counter', idempotencyKey: 'held-1' })
    gate.resolve()
    assert.deepEqual(await Promise.all([first, second].map(async (reply) => (await reply).json())), [1, 1])
    assert.equal(await third, 1)
    assert.equal(runs, 1)
  })

  test('of a call that failed is free for another try', async () => {
    const key = { 'Idempotency-Key': 'failing' }
    for (let time = 1; time <= 2; time += 1) {
      await problem(await post('actors/k/actions/fail?ref=counter', undefined, key), 500, 'ACTION_FAILED')
      assert.equal(runs, time)
    }
  })

  test('holds for a call that comes later, too', async () => {
    for (let time = 0; time < 2; time += 1) {
      const headers = { 'Idempotency-Key': 'once' }
      assert.equal(
        (await post('actors/k2/actions/add?ref=counter&delay=1', { value: 1 }, headers)).status,
        202,
      )
    }
    await until('both to have come', async () => (await schedules()).schedules.length === 0)
    await until('the turn', async () => (await totalOf('k2')) === 1)
    assert.equal(runs, 1)
  })
})

test('a receipt names the revision that the response rests on', async () => {
  for (const revision of ['1', '2']) {
    const { headers } = await post('actors/a%2F1/actions/add?ref=counter&receipt', { value: 1 })
    assert.equal(headers.get('spawn-actor'), 'counter/a%2F1')
    assert.equal(headers.get('spawn-revision'), revision)
    assert.equal(headers.get('spawn-durability'), 'turn')
    const read = await fetch(`${base}/actors/a%2F1?ref=counter`)
    assert.equal(read.headers.get('etag'), `"${revision}"`)
  }
})
