// Releases of a served program whose state changes its shape, behind our own proxy: the version travels with the state, the
// proxy looks at neither, and a program that is older than the state fails its actions without touching it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type ActorDefinition, actor, system, Value } from '../../src/sdk/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { composeProxy } from '../../src/proxy/compose.ts'
import { DEFAULTS } from '../../src/proxy/config/proxy-config.ts'
import { seededRandom, systemClock } from '../../src/base/index.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const JSON_URL = 'type.googleapis.com/spawn.JSONType'

const first = actor('counter', {
  state: { total: 0 },
  actions: {
    add: (ctx) => Value.of({ total: ctx.state.total + 1 }, ctx.state.total + 1),
    peek: (ctx) => ctx.state,
  },
})

const second = actor('counter', {
  version: 2,
  state: { count: 100 },
  upgrade: {
    1: (before: { total: number }) => ({ amount: before.total }),
    2: (before: { amount: number }) => ({ count: before.amount }),
  },
  actions: {
    add: (ctx) => Value.of({ count: ctx.state.count + 1 }, ctx.state.count + 1),
    peek: (ctx) => ctx.state,
  },
})

async function world() {
  const store = new MemoryStore()
  const config = { ...DEFAULTS, listen: { host: '127.0.0.1', port: 0, allowedHosts: [] } }
  const proxy = await composeProxy(config, {
    clock: systemClock,
    random: seededRandom(1),
    logger: silent,
    version: '0.0.0-test',
    store,
  })
  const during = async <T>(definition: ActorDefinition, work: (call: Call) => Promise<T>): Promise<T> => {
    await using host = await system('shop', { actors: [definition], logger: silent }).serve({
      proxy: proxy.url,
      port: 0,
    })
    // Awaited here, or the host would be gone before.
    return await work((action) => host.invoke('counter', { action }))
  }
  const stored = async () => {
    const [found] = await store.load([{ system: 'shop', parent: '', name: 'counter' }])
    return found ?? assert.fail('nothing is stored')
  }
  const shown = async (path: string) =>
    (
      await fetch(
        `${proxy.url}/api/v1/system/shop/actors/counter${path}`,
        path === '' ? {} : { method: 'POST' },
      )
    ).json()
  return { during, stored, shown, [Symbol.asyncDispose]: () => proxy.stop() }
}

type Call = (action: string) => Promise<unknown>

test('the version of a state travels through the proxy, and comes back with each new state', async () => {
  await using proxy = await world()
  await proxy.during(first, (call) => call('add'))
  const old = await proxy.stored()
  assert.equal(old.state?.typeUrl, JSON_URL)
  await proxy.during(second, async (call) => {
    assert.deepEqual(await call('peek'), { count: 1 })
    assert.deepEqual(await proxy.stored(), old)
    assert.equal(await call('add'), 2)
    assert.equal((await proxy.stored()).state?.typeUrl, `spawn.v2/${JSON_URL}`)
    assert.deepEqual(await call('get'), { count: 2 }, 'what the proxy answers itself is without the version')
    assert.deepEqual(await proxy.shown('/actions/get'), { count: 2 })
    assert.deepEqual(((await proxy.shown('')) as { state: unknown }).state, { count: 2 })
  })
  await proxy.during(second, async (call) => assert.equal(await call('add'), 3))
})

test('the first state has the version of the program that registers it', async () => {
  await using proxy = await world()
  await proxy.during(second, async (call) => {
    assert.deepEqual(await call('get'), { count: 100 })
    assert.equal(await call('add'), 101)
    assert.equal((await proxy.stored()).state?.typeUrl, `spawn.v2/${JSON_URL}`)
  })
})

test('a program that is older than the state fails, and the state stays', async () => {
  await using proxy = await world()
  await proxy.during(second, (call) => call('add'))
  const newer = await proxy.stored()
  await proxy.during(first, async (call) => {
    for (const action of ['add', 'peek'])
      await assert.rejects(call(action), /version 2, and the definition here knows up to 0: a newer release/)
  })
  assert.deepEqual(await proxy.stored(), newer)
  await proxy.during(second, async (call) => assert.equal(await call('add'), 102))
})
