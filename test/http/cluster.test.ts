// The routes of the cluster: what comes back over real sockets, what of a request reaches the view, and what is refused.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import { type Fixture, listening, problem } from './fixture.ts'
import { hosted, member, ScriptedCluster, USER } from './scripted-cluster.ts'

const cluster = new ScriptedCluster()
let http: Fixture
before(async () => {
  http = await listening({ cluster })
})
after(() => http[Symbol.asyncDispose]())
beforeEach(() => {
  cluster.epoch = 1
  cluster.members = [member('a'), member('b')]
  cluster.lives = () => ({})
  cluster.refusal = null
  cluster.asked.length = 0
})

const get = (path: string): Promise<Response> => fetch(`${http.url}/api/v1/cluster${path}`)
const post = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${http.url}/api/v1/cluster${path}`, { method: 'POST', ...init })

async function json(response: Response): Promise<unknown> {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text)
}

describe('the status', () => {
  test('has the members, whole numbers, and times as ISO 8601', async () => {
    cluster.members = [
      member('a', { zone: 'z1', labels: { disk: 'ssd' } }),
      member('b', { phase: 'draining', acked: null, seenMsAgo: null, systems: [] }),
    ]
    const response = await get('')
    assert.equal(response.headers.get('cache-control'), 'no-cache')
    const placement = { by: 'hash' }
    const definitions = [
      { name: 'till', kind: 'named', placement },
      { name: 'user', kind: 'unnamed', placement },
    ]
    const common = { labels: {}, capacity: 1, version: '0.1.0', startedAt: '2023-11-14T22:13:20.000Z' }
    assert.deepEqual(await json(response), {
      self: 'a',
      epoch: 1,
      holdsLease: true,
      leaseAgeMs: 813,
      leaseMs: 6_000,
      members: [
        {
          ...common,
          id: 'a',
          node: 'node-a',
          zone: 'z1',
          labels: { disk: 'ssd' },
          phase: 'up',
          acked: 1,
          seenMsAgo: 400,
          systems: [{ name: 'my-system', definitions }],
        },
        {
          ...common,
          id: 'b',
          node: 'node-b',
          zone: null,
          phase: 'draining',
          acked: null,
          seenMsAgo: null,
          systems: [],
        },
      ],
      counts: cluster.status().counts,
    })
    assert.equal((await fetch(`${http.url}/api/v1/cluster`, { method: 'HEAD' })).status, 200)
  })

  test('is shown by the root', async () => {
    const root = (await json(await fetch(http.url))) as { cluster: string }
    assert.equal(root.cluster, 'GET /api/v1/cluster')
  })
})

describe('where an actor lives', () => {
  const found = { name: 'till', parent: '', system: 'my-system', placement: { by: 'hash' }, member: 'a' }
  const rest = { node: 'node-a', served: true, reason: null, hosts: ['a', 'b'], epoch: 1 }

  test('a named one, by its name', async () => {
    assert.deepEqual(await json(await get('/where?actor=till')), { ...found, ...rest })
    assert.deepEqual(cluster.asked, [{ system: 'my-system', definition: 'till', name: 'till' }])
    assert.deepEqual(await json(await get('/where?actor=till&ref=till')), { ...found, ...rest })
  })

  test('an instance, by its definition', async () => {
    cluster.lives = () => ({ member: 'b', isServed: false })
    const answer = await json(await get('/where?actor=a%2F1+%C3%BC&ref=user'))
    const moving = { ...rest, node: 'node-b', served: false }
    assert.deepEqual(answer, { ...found, name: 'a/1 ü', parent: 'user', member: 'b', ...moving })
    assert.deepEqual(cluster.asked, [{ system: 'my-system', definition: 'user', name: 'a/1 ü' }])
  })

  test('an instance, as the one that is stored; one that somebody hosts before others', async () => {
    http.gateway.stored = [
      { parent: 'old', name: 'ada' },
      { parent: 'user', name: 'ada' },
      { parent: 'old', name: 'joe' },
    ]
    await json(await get('/where?actor=ada'))
    await json(await get('/where?actor=joe'))
    assert.deepEqual(
      cluster.asked.map((one) => (one as { definition: string }).definition),
      ['user', 'old'],
    )
  })

  test('nowhere, and why', async () => {
    cluster.members = [member('a', { systems: [] })]
    cluster.lives = () => ({ member: null, isServed: false, reason: 'no member hosts "x"' })
    const {
      hosts,
      member: where,
      node,
      placement,
      reason,
      served,
    } = (await json(await get('/where?actor=x-1&ref=x&system=my-system'))) as Record<string, unknown>
    assert.deepEqual([where, node, placement, served, hosts], [null, null, null, false, []])
    assert.equal(reason, 'no member hosts "x"')
    assert.deepEqual(cluster.asked, [{ system: 'my-system', definition: 'x', name: 'x-1' }])
  })

  test('in a system that others host, and this process does not', async () => {
    const x = hosted('x', { kind: 'unnamed' })
    cluster.members = [member('a'), member('b', { systems: [{ name: 'other', definitions: [x] }] })]
    const { hosts } = (await json(await get('/where?actor=x-1&ref=x&system=other'))) as { hosts: string[] }
    assert.deepEqual(hosts, ['b'])
    assert.deepEqual(cluster.asked, [{ system: 'other', definition: 'x', name: 'x-1' }])
    // By its name alone it is looked up in the store of a system that runs here.
    await problem(await get('/where?actor=x-1&system=other'), 404, 'ACTOR_NOT_FOUND')
  })

  test('hosts are those that are up, of this system', async () => {
    const elsewhere = [{ name: 'other', definitions: [hosted('till')] }]
    cluster.members = [
      member('a', { phase: 'draining' }),
      member('b'),
      member('c', { systems: elsewhere }),
      member('d', { systems: [{ name: 'my-system', definitions: [USER] }] }),
    ]
    const { hosts } = (await json(await get('/where?actor=till'))) as { hosts: string[] }
    assert.deepEqual(hosts, ['b'])
  })

  test('is refused when it is not said who, or when that may be several', async () => {
    http.gateway.stored = [
      { parent: 'user', name: 'ada' },
      { parent: 'guest', name: 'ada' },
    ]
    const guest = hosted('guest', { kind: 'unnamed' })
    cluster.members = [
      member('a', { systems: [{ name: 'my-system', definitions: [hosted('till'), USER, guest] }] }),
    ]
    for (const [path, says] of [
      ['/where', /"actor"/],
      ['/where?actor=', /actor/],
      ['/where?actor=user', /unnamed definition; say which instance/],
      ['/where?actor=ada', /each of "guest", "user"; say which with ref/],
      ['/where?actor=ada&ref=till', /"till" is a named actor/],
      ['/where?actor=a&definition=b', /unknown query parameter "definition"/],
    ] as const) {
      assert.match((await problem(await get(path), 400, 'INVALID_ARGUMENT')).detail, says, path)
    }
    const nobody = await problem(await get('/where?actor=nobody'), 404, 'ACTOR_NOT_FOUND')
    assert.match(nobody.detail, /no actor "nobody" is stored in the system "my-system".* with ref/)
    for (const path of ['/where?actor=nobody&system=none', '/where?actor=a&ref=b&system=none'])
      assert.match(
        (await problem(await get(path), 404, 'ACTOR_NOT_FOUND')).detail,
        /no member of the cluster hosts anything of the system "none"/,
      )
    assert.deepEqual(cluster.asked, [])
  })
})

describe('the phase of a member', () => {
  test('goes to draining, and back', async () => {
    assert.deepEqual(await json(await post('/members/b/drain')), {
      member: 'b',
      phase: 'draining',
      epoch: 2,
    })
    assert.deepEqual(await json(await post('/members/b/undrain')), { member: 'b', phase: 'up', epoch: 3 })
    assert.deepEqual(cluster.asked, [
      { id: 'b', phase: 'draining' },
      { id: 'b', phase: 'up' },
    ])
  })

  test('of a member that there is not is 404, with those there are', async () => {
    const { detail, details } = await problem(await post('/members/c%2Fd/drain'), 404, 'INVALID_ARGUMENT')
    assert.equal(detail, 'the cluster has no member "c/d"; it has a, b')
    assert.deepEqual(details, { id: 'c/d' })
    assert.deepEqual(cluster.asked, [])
  })

  test('that could not be agreed is told as it is', async () => {
    cluster.refusal = new SpawnError('MEMBER_UNAVAILABLE', 'it could not be agreed')
    await problem(await post('/members/b/drain'), 503, 'MEMBER_UNAVAILABLE')
  })

  test('takes neither body, nor query, nor another method', async () => {
    await problem(await post('/members/b/drain', { body: '{}' }), 400, 'INVALID_ARGUMENT')
    await problem(await post('/members/b/drain?now'), 400, 'INVALID_ARGUMENT')
    const response = await get('/members/b/drain')
    assert.equal(response.headers.get('allow'), 'POST')
    await problem(response, 405, 'INVALID_ARGUMENT')
    await problem(await post(''), 405, 'INVALID_ARGUMENT')
    await problem(await post('/members//drain/'), 400, 'INVALID_ARGUMENT')
    for (const path of ['/members', '/members/b', '/members/b/drain/x', '/x'])
      await problem(await post(path), 404, 'INVALID_ARGUMENT')
    assert.deepEqual(cluster.asked, [])
  })
})

test('a process that is alone says so', async () => {
  await using alone = await listening()
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/where?actor=till'],
    ['POST', '/members/a/drain'],
  ] as const) {
    const response = await fetch(`${alone.url}/api/v1/cluster${path}`, { method })
    const { detail } = await problem(response, 404, 'INVALID_ARGUMENT')
    assert.equal(
      detail,
      'the process that answers here is a member of no cluster; start it with --cluster <url>',
    )
  }
  assert.equal(Object.hasOwn((await json(await fetch(alone.url))) as object, 'cluster'), false)
})
