// HTTP before the real runtime: what clients see of durable actors, of failures, deadlines and keys, and of a stop.

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { after, before, describe, test } from 'node:test'

import { actor, system, type System, Value } from '../../src/sdk/index.ts'
import { until } from '../../src/testing/until.ts'
import { problem } from './fixture.ts'
import { post as rawPost, RawClient } from './raw-client.ts'

let runs = 0
let aborted = 0
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
    seen: (ctx) => ({ metadata: ctx.metadata }),
    quiet: () => Value.of(),
    fail: () => {
      throw new Error('card 4711 was refused')
    },
    hold: async (ctx) => {
      runs += 1
      ctx.signal.addEventListener('abort', () => (aborted += 1))
      await gate.promise
      return 'held'
    },
  },
})

let running: System
let base: string
before(async () => {
  running = await system('shop', { actors: [counter], store: 'memory', http: 0 }).start()
  base = `${running.url}/api/v1/system/shop/actors`
})
after(() => running.stop())

const post = (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

describe('over HTTP, an actor', () => {
  test('is called, read, listed and deleted', async () => {
    assert.deepEqual(await (await post('a%2F1/actions/add?ref=counter', { value: 2 })).json(), { total: 2 })
    assert.deepEqual(await (await post('a%2F1/actions/add?ref=counter', { value: 3 })).json(), { total: 5 })
    const read = await fetch(`${base}/a%2F1?ref=counter`)
    assert.equal(read.headers.get('etag'), '"2"')
    assert.deepEqual(await read.json(), {
      name: 'a/1',
      parent: 'counter',
      system: 'shop',
      kind: 'unnamed',
      revision: 2,
      tags: {},
      state: { total: 5 },
    })
    const same = await fetch(`${base}/a%2F1?ref=counter`, { headers: { 'if-none-match': '"2"' } })
    assert.equal(same.status, 304)
    const list = await fetch(`${base}?parent=counter&prefix=a/`)
    assert.partialDeepStrictEqual(await list.json(), { actors: [{ name: 'a/1', revision: 2 }], next: null })
    assert.equal((await fetch(`${base}/a%2F1?ref=counter`, { method: 'DELETE' })).status, 204)
    await problem(await fetch(`${base}/a%2F1?ref=counter`), 404, 'ACTOR_NOT_FOUND')
  })

  test('is spawned, without being called', async () => {
    assert.equal((await fetch(`${base}/newborn?ref=counter`, { method: 'PUT' })).status, 204)
    assert.equal((await fetch(`${base}/newborn?ref=counter`)).status, 200)
    await problem(await fetch(`${base}/newborn?ref=unheard-of`, { method: 'PUT' }), 404, 'ACTOR_NOT_FOUND')
  })

  test('says nothing, fails, or does not have the action', async () => {
    assert.equal((await post('b/actions/quiet?ref=counter')).status, 204)
    await problem(await post('b/actions/fail?ref=counter'), 500, 'ACTION_FAILED')
    await problem(await post('b/actions/missing?ref=counter'), 404, 'ACTION_NOT_FOUND')
    await problem(await post(`${'n'.repeat(513)}/actions/add?ref=counter`), 400, 'INVALID_ARGUMENT')
  })

  test('sees the metadata, in lower case', async () => {
    const response = await post('b/actions/seen?ref=counter', undefined, {
      'Spawn-Metadata-Trace-Id': 'abc',
    })
    assert.deepEqual(await response.json(), { metadata: { 'trace-id': 'abc' } })
  })

  test('answers the second call with the same key as the first, without a second run', async () => {
    runs = 0
    const key = { 'Idempotency-Key': 'order-1' }
    for (let time = 0; time < 3; time += 1) {
      const response = await post('c/actions/add?ref=counter', { value: 5 }, key)
      assert.deepEqual(await response.json(), { total: 5 })
    }
    assert.equal(runs, 1)
    await problem(
      await post('c/actions/add?ref=counter', {}, { 'Idempotency-Key': 'k'.repeat(513) }),
      400,
      'INVALID_ARGUMENT',
    )
  })

  test('takes an asynchronous call and runs it', async () => {
    const response = await post('d/actions/add?ref=counter&async=true', { value: 7 })
    assert.equal(response.status, 202)
    await until('the turn', async () => {
      const read = await fetch(`${base}/d?ref=counter`)
      return read.status === 200 && JSON.stringify(await read.json()).includes('"total":7')
    })
  })

  test('is given up on when the time is over, and when the client leaves', async () => {
    aborted = 0
    const late = await post('e/actions/hold?ref=counter', undefined, { 'Spawn-Timeout': '30' })
    await problem(late, 504, 'DEADLINE_EXCEEDED')
    await until('the signal', () => aborted === 1)
    runs = 0
    const client = new RawClient(running.url ?? '').send(
      rawPost('/api/v1/system/shop/actors/f/actions/hold?ref=counter', ''),
    )
    await until('the turn', () => runs === 1)
    client.close()
    await until('the signal', () => aborted === 2)
  })
})

test('64 connections, in any order, lose and double nothing', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const add = (name: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(
        `${base}/${name}/actions/add?ref=counter`,
        { agent, method: 'POST' },
        (response) => {
          response.resume()
          response.on('end', () => resolve(response.statusCode ?? 0))
        },
      )
      sent.on('error', reject)
      sent.end('{"value":1}')
    })
  const names = Array.from({ length: 50 }, (_, index) => `crowd-${index}`)
  const statuses = await Promise.all(
    Array.from({ length: 2_000 }, (_, index) => add(names[index % 50] ?? '')),
  )
  assert.deepEqual(new Set(statuses), new Set([200]))
  for (const name of names) {
    assert.partialDeepStrictEqual(await (await fetch(`${base}/${name}?ref=counter`)).json(), {
      revision: 40,
      state: { total: 40 },
    })
  }
  agent.destroy()
})

test('a stop answers the calls that run, and takes no more', async () => {
  gate = Promise.withResolvers()
  const stopping = await system('brief', { actors: [counter], store: 'memory', http: 0 }).start()
  const url = stopping.url ?? assert.fail('it listens')
  runs = 0
  const client = new RawClient(url).send(
    rawPost('/api/v1/system/brief/actors/a/actions/hold?ref=counter', ''),
  )
  await until('the turn', () => runs === 1)
  const stopped = stopping.stop()
  await assert.rejects(fetch(`${url}/health`))
  gate.resolve()
  await stopped
  const [reply] = await client.rest()
  assert.deepEqual([reply?.status, reply?.body, reply?.headers.get('connection')], [200, '"held"', 'close'])
})
