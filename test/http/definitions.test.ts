// What a system tells of its definitions, and a listener of its systems: all that was said in code, from code and over HTTP; in
// a cluster, who hosts what.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { actor, system, Value } from '../../src/sdk/index.ts'
import { listening, Log, problem } from './fixture.ts'
import { hosted, member, ScriptedCluster } from './scripted-cluster.ts'

const till = actor('till', {
  kind: 'named',
  state: { sum: 0 },
  version: 2,
  upgrade: { 1: (old) => old, 2: () => ({ sum: 0 }) },
  history: { revisions: 10, duration: 86_400_000 },
  tags: { team: 'blue' },
  channels: ['orders', { topic: 'prices', action: 'reprice' }],
  reentrancy: 'call-chain',
  deactivateTimeout: 5_000,
  mailbox: 7,
  actions: {
    init: () => Value.of(),
    receive: () => Value.of(),
    reprice: { handler: () => Value.of(), timeout: 2_000 },
    close: { handler: () => Value.of(), timer: 60_000 },
    total: { handler: (ctx) => Value.of().response(ctx.state.sum), query: true },
  },
})
const renderer = actor('renderer', {
  kind: 'pooled',
  pool: { min: 2, max: 4 },
  actions: { render: () => Value.of() },
})

const plain = { query: false, timeoutMs: null, timerMs: null }
const TOLD = [
  {
    name: 'till',
    kind: 'named',
    actions: [
      { ...plain, name: 'init' },
      { ...plain, name: 'receive' },
      { ...plain, name: 'reprice', timeoutMs: 2_000 },
      { ...plain, name: 'close', timerMs: 60_000 },
      { ...plain, name: 'total', query: true },
    ],
    initAction: 'init',
    channels: [
      { channel: 'orders', action: 'receive' },
      { channel: 'prices', action: 'reprice' },
    ],
    stateful: true,
    durability: 'turn',
    version: 2,
    history: { revisions: 10, durationMs: 86_400_000 },
    facts: null,
    erasable: false,
    tags: { team: 'blue' },
    idleTimeoutMs: 5_000,
    mailboxLimit: 7,
    reentrancy: 'call-chain',
    pool: null,
    placement: { by: 'hash' },
  },
  {
    name: 'renderer',
    kind: 'pooled',
    actions: [{ ...plain, name: 'render' }],
    initAction: null,
    channels: [],
    stateful: false,
    durability: 'turn',
    version: null,
    history: { revisions: 0, durationMs: 0 },
    facts: null,
    erasable: false,
    tags: {},
    idleTimeoutMs: 600_000,
    mailboxLimit: 10_000,
    reentrancy: 'none',
    pool: { min: 2, max: 4 },
    placement: { by: 'local' },
  },
]

test('a program and its HTTP interface tell the same of what it defines', async () => {
  const options = { store: 'memory', http: 0, logger: new Log() } as const
  await using shop = await system('shop', { actors: [till, renderer], ...options }).start()
  assert.deepEqual(shop.definitions, TOLD)
  const answer = await fetch(`${shop.url}/api/v1/system/shop/definitions`)
  assert.equal(answer.headers.get('cache-control'), 'no-cache')
  assert.deepEqual(await answer.json(), { definitions: TOLD })
  const systems = await fetch(`${shop.url}/api/v1/system`)
  assert.deepEqual(await systems.json(), { main: 'shop', systems: [{ name: 'shop', definitions: 2 }] })
})

describe('the routes', () => {
  test('take HEAD, no other method, no query, and a system that is served', async () => {
    await using http = await listening()
    const path = `${http.url}/api/v1/system/my-system/definitions`
    assert.deepEqual(await (await fetch(path)).json(), { definitions: [] })
    for (const each of [path, `${http.url}/api/v1/system`]) {
      const head = await fetch(each, { method: 'HEAD' })
      assert.deepEqual([head.status, await head.text()], [200, ''])
      const put = await fetch(each, { method: 'PUT' })
      assert.equal(put.headers.get('allow'), 'GET, HEAD')
      await problem(put, 405, 'INVALID_ARGUMENT')
      await problem(await fetch(`${each}?limit=1`), 400, 'INVALID_ARGUMENT')
    }
    const unknown = await problem(
      await fetch(`${http.url}/api/v1/system/shop/definitions`),
      404,
      'ACTOR_NOT_FOUND',
    )
    assert.equal(unknown.detail, 'there is no system "shop" here; this listener serves "my-system"')
    await problem(await fetch(`${path}/till`), 404, 'INVALID_ARGUMENT')
  })

  test('say in a cluster who hosts a definition, and what is known of those that others host', async () => {
    const others = { systems: [{ name: 'other', definitions: [hosted('clerk')] }] }
    const cluster = new ScriptedCluster(member('a'), member('b'), member('c', others))
    await using http = await listening({ cluster })
    const [, own] = TOLD
    assert.ok(own !== undefined)
    http.gateway.definitions = [
      { ...own, name: 'user' },
      { ...own, name: 'late' },
    ] as typeof http.gateway.definitions
    const answer = await fetch(`${http.url}/api/v1/system/my-system/definitions`)
    assert.deepEqual(await answer.json(), {
      definitions: [
        { ...own, name: 'user', members: ['a', 'b'] },
        // Not in the view yet.
        { ...own, name: 'late', members: ['a'] },
        {
          name: 'till',
          kind: 'named',
          channels: [],
          stateful: true,
          placement: { by: 'hash' },
          members: ['a', 'b'],
        },
      ],
    })
  })
})
