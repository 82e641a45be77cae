// The route of facts over real sockets: what of a request reaches the gateway, and how its answers are written.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'

import type { Fact } from '../../src/ports/index.ts'
import { until } from '../../src/testing/index.ts'
import { type Fixture, listening, problem } from './fixture.ts'

let http: Fixture
before(async () => {
  http = await listening()
})
after(() => http[Symbol.asyncDispose]())
beforeEach(() => {
  http.gateway.factsAsked.length = 0
})

const fact = (position: number): Fact => ({
  position,
  id: `fact:${position}`,
  actor: { system: 'my-system', parent: 'user', name: 'ann' },
  action: 'rename',
  revision: position + 1,
  metadata: { trace: 't' },
  atMs: 1_700_000_000_000,
  state: new Map(),
  stateJson: { name: 'Ann' },
})
const shown = (position: number): object => ({
  position,
  id: `fact:${position}`,
  actor: { system: 'my-system', parent: 'user', name: 'ann' },
  action: 'rename',
  revision: position + 1,
  at: '2023-11-14T22:13:20.000Z',
  metadata: { trace: 't' },
  state: { name: 'Ann' },
})

test('facts come by pages, each with the position to go on from', async () => {
  http.gateway.standingFacts = [fact(3), fact(8), fact(9)]
  const path = `${http.url}/api/v1/system/my-system/facts`
  const first = await fetch(`${path}?limit=2`)
  assert.equal(first.headers.get('cache-control'), 'no-cache')
  assert.deepEqual(await first.json(), { facts: [shown(3), shown(8)], next: 8, isLast: false })
  const second = await fetch(`${path}?limit=2&after=8&actor=ann&definition=user`)
  assert.deepEqual(await second.json(), { facts: [shown(9)], next: 9, isLast: true })
  assert.deepEqual(http.gateway.factsAsked.at(-1), { actor: 'ann', definition: 'user', limit: 2, after: 8 })
  assert.deepEqual(await (await fetch(`${path}?after=9`)).json(), { facts: [], next: 9, isLast: true })
  assert.equal((await fetch(`${path}?after=0`)).status, 200)
})

test('takes HEAD and no other method, and refuses what it cannot mean', async () => {
  const path = `${http.url}/api/v1/system/my-system/facts`
  assert.equal((await fetch(path, { method: 'HEAD' })).status, 200)
  const put = await fetch(path, { method: 'PUT' })
  assert.equal(put.headers.get('allow'), 'GET, HEAD')
  await problem(put, 405, 'INVALID_ARGUMENT')
  for (const bad of [
    'limit=0',
    'limit=1001',
    'after=-1',
    'after=x',
    'follow=true',
    'after=1&after=2',
    'wait=-1',
    'wait=30001',
  ])
    await problem(await fetch(`${path}?${bad}`), 400, 'INVALID_ARGUMENT')
  await problem(await fetch(`${path}/7`), 404, 'INVALID_ARGUMENT')
})

test('a wait ends when the client goes, and when the listener stops, with a page that closes', async () => {
  const own = await listening()
  const path = `${own.url}/api/v1/system/my-system/facts?after=9&wait=20000`
  const client = new AbortController()
  const gone = fetch(path, { signal: client.signal })
  await until('it waits', () => own.gateway.factsAsked.length === 1)
  assert.deepEqual(own.gateway.factsAsked[0]?.waitMs, 20_000)
  client.abort()
  await assert.rejects(gone, { name: 'AbortError' })
  await until('nobody waits for it', () => own.gateway.factWaitsEnded === 1)
  const waiting = fetch(path)
  await until('the other one waits', () => own.gateway.factsAsked.length === 2)
  await own.listener.stop()
  const reply = await waiting
  assert.equal(reply.headers.get('connection'), 'close')
  assert.deepEqual(await reply.json(), { facts: [], next: 9, isLast: true })
  await own[Symbol.asyncDispose]()
})
