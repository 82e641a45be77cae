// The routes of an actor's past over real sockets: what of a request reaches the gateway, and how its answers are written.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'

import { type Fixture, listening, problem } from './fixture.ts'

let http: Fixture
before(async () => {
  http = await listening()
})
after(() => http[Symbol.asyncDispose]())
beforeEach(() => {
  http.gateway.pasts.length = 0
})

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`${http.actors}/${path}`, init)
const restore = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  ask(path, { method: 'POST', headers })
const asked = (): unknown => http.gateway.pasts.at(-1)

const address = { name: 'ann', parent: 'user', system: 'my-system' }
const view = (revision: number): object => ({
  revision,
  committedAt: `2023-11-14T22:13:20.00${revision}Z`,
  tags: { team: 'blue' },
})

test('the history of an actor, by pages', async () => {
  const response = await ask('ann/history?ref=user&limit=5&after=9')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('cache-control'), 'no-cache')
  assert.deepEqual(await response.json(), {
    ...address,
    keeps: { revisions: 10, durationMs: 0 },
    revisions: [view(3), view(2), view(1)],
    next: null,
  })
  assert.deepEqual(asked(), { name: 'ann', ref: 'user', page: { limit: 5, after: '9' } })
  await problem(await ask('joe/history'), 404, 'ACTOR_NOT_FOUND')
  for (const query of ['limit=0', 'revision=1', 'ref=a&ref=b'])
    await problem(await ask(`ann/history?${query}`), 400, 'INVALID_ARGUMENT')
})

test('an actor as it was, by revision and by time', async () => {
  const response = await ask('ann?ref=user&revision=2')
  assert.equal(response.headers.get('etag'), null, 'it is not what stands')
  const { revision, ...rest } = view(2) as { revision: number }
  assert.deepEqual(await response.json(), {
    ...address,
    kind: 'named',
    revision,
    ...rest,
    state: { total: 2 },
  })
  assert.deepEqual(asked(), { name: 'ann', ref: 'user', query: { revision: 2 } })
  await ask('ann?at=2026-12-01T10:00:00+01:00')
  assert.deepEqual(asked(), { name: 'ann', ref: undefined, query: { atMs: Date.UTC(2026, 11, 1, 9) } })
  const beforeMs = Date.now()
  await ask('ann?at=1h')
  const { query } = asked() as { query: { atMs: number } }
  assert.ok(query.atMs + 3_600_000 >= beforeMs && query.atMs + 3_600_000 <= Date.now(), 'an hour ago')
  for (const bad of ['revision=0', 'revision=x', 'at=soon', 'at=500', 'revision=1&at=1h', 'revision=']) {
    await problem(await ask(`ann?${bad}`), 400, 'INVALID_ARGUMENT')
  }
})

test('what changed between two revisions', async () => {
  const response = await ask('ann/diff?ref=user&from=2&to=3')
  assert.deepEqual(await response.json(), {
    ...address,
    from: view(2),
    to: view(3),
    state: [{ path: ['total'], kind: 'changed', before: 2, after: 3 }],
    tags: [],
  })
  const between = { from: { revision: 2 }, to: { revision: 3 } }
  assert.deepEqual(asked(), { name: 'ann', options: { ref: 'user', ...between } })
  await ask('ann/diff')
  assert.deepEqual(asked(), { name: 'ann', options: { ref: undefined, from: undefined, to: undefined } })
  await ask('ann/diff?from=1796115600000&to=2026-12-01T10:00:00+01:00')
  const atMs = Date.UTC(2026, 11, 1, 9)
  assert.deepEqual(asked(), { name: 'ann', options: { ref: undefined, from: { atMs }, to: { atMs } } })
  for (const bad of ['from=0', 'to=soon', 'from=', 'from=1.5', 'at=1h'])
    await problem(await ask(`ann/diff?${bad}`), 400, 'INVALID_ARGUMENT')
})

test('a restore says which revision stands then, and may name which must stand before', async () => {
  const response = await restore('ann/restore?ref=user&revision=2')
  assert.deepEqual([response.status, await response.json()], [200, { ...address, revision: 4, from: 2 }])
  const query = { revision: 2 }
  assert.deepEqual(asked(), { name: 'ann', query, options: { ref: 'user', follows: undefined } })
  await restore('ann/restore?revision=2', { 'if-match': '"3"' })
  assert.deepEqual(asked(), { name: 'ann', query, options: { ref: undefined, follows: 3 } })
  await restore('ann/restore?at=2026-12-01T09:00:00Z', { 'if-match': '*' })
  assert.deepEqual(asked(), {
    name: 'ann',
    query: { atMs: Date.UTC(2026, 11, 1, 9) },
    options: { ref: undefined, follows: undefined },
  })
  const count = http.gateway.pasts.length
  for (const bad of ['restore', 'restore?revision=1&at=1h', 'restore?at=soon', 'restore?revision=1&to=2'])
    await problem(await restore(`ann/${bad}`), 400, 'INVALID_ARGUMENT')
  for (const tag of ['3', '"x"', 'W/"3"', '"1", "2"'])
    await problem(await restore('ann/restore?revision=1', { 'if-match': tag }), 400, 'INVALID_ARGUMENT')
  const body = await ask('ann/restore?revision=1', { method: 'POST', body: '{}' })
  await problem(body, 400, 'INVALID_ARGUMENT')
  assert.equal(http.gateway.pasts.length, count, 'nothing of it reached the gateway')
  await problem(await restore('joe/restore?revision=1'), 404, 'ACTOR_NOT_FOUND')
})

test('each takes its own methods only, and nothing lies beyond', async () => {
  for (const [path, method, allowed] of [
    ['ann/history', 'POST', 'GET, HEAD'],
    ['ann/diff', 'DELETE', 'GET, HEAD'],
    ['ann/restore', 'GET', 'POST'],
  ] as const) {
    const response = await ask(path, { method })
    assert.deepEqual([response.status, response.headers.get('allow')], [405, allowed])
  }
  for (const path of ['ann/history/1', 'ann/restores', 'ann/diff/1/2'])
    await problem(await ask(path), 404, 'INVALID_ARGUMENT')
})
