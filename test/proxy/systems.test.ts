// Several systems behind one proxy that is alone: their actors call each other here, within the turns that ask for it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { actor, effect, isSpawnError, type ServedSystem, system, Value } from '../../src/sdk/index.ts'
import { until } from '../../src/testing/until.ts'
import { WireClient } from '../wire/wire-client.ts'
import { type Proxy, startProxy } from './start-proxy.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const customer = actor('customer', {
  kind: 'unnamed',
  state: { points: 0, last: '' },
  actions: {
    add: (ctx, { points }: { points: number }) => {
      const { caller } = ctx
      const last = caller === null ? 'nobody' : `${caller.system}/${caller.name}`
      return Value.of({ points: ctx.state.points + points, last }, ctx.state.points + points)
    },
    hang: () => new Promise<never>(() => {}),
  },
})

const card = { system: 'crm', ref: 'customer' }

/** Whether the till is in the midst of a turn that does not end by itself. */
let holding = false

const till = actor('till', {
  state: { sales: 0 },
  actions: {
    ask: async (ctx, { to, action }: { to: string; action: string }) =>
      Value.of().response(await ctx.invoke(to, { ...card, action, payload: { points: 1 } })),
    hold: async (ctx) => {
      holding = true
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
    },
    sell: (ctx, { to, of = 'crm' }: { to: string; of?: string }) =>
      Value.of({ sales: ctx.state.sales + 1 })
        .effect(effect(to, 'add', { points: 10 }, { ...card, system: of }))
        .response(ctx.state.sales + 1),
  },
})

interface Town extends AsyncDisposable {
  readonly proxy: Proxy
  readonly crm: ServedSystem
  readonly shop: ServedSystem
}

async function town(): Promise<Town> {
  const proxy = await startProxy({ hostPort: 1 })
  const serve = (name: string): Promise<ServedSystem> =>
    system(name, { actors: [name === 'crm' ? customer : till], logger: silent }).serve({
      proxy: proxy.url,
      port: 0,
    })
  const [crm, shop] = [await serve('crm'), await serve('shop')]
  const end = async (): Promise<void> => {
    for (const each of [shop, crm, proxy]) await each.stop()
  }
  return { proxy, crm, shop, [Symbol.asyncDispose]: end }
}

async function customerOf({ proxy }: Town, name: string): Promise<{ points: number; last: string }> {
  const answer = await fetch(`${proxy.url}/api/v1/system/crm/actors/${name}?ref=customer`)
  return ((await answer.json()) as { state: { points: number; last: string } }).state
}

test('a host calls an actor of another system, from outside and from a turn', async () => {
  await using at = await town()
  assert.equal(await at.shop.invoke('ann', { ...card, action: 'add', payload: { points: 2 } }), 2)
  assert.equal((await customerOf(at, 'ann')).last, 'nobody')
  assert.equal(await at.shop.ref(till).ask({ to: 'ann', action: 'add' }), 3)
  assert.deepEqual(await customerOf(at, 'ann'), { points: 3, last: 'shop/till' })
  // It has no more time than the turn that asks: the next call need not wait for it.
  const late: unknown = await at.shop
    .ref(till)
    .ask({ to: 'ann', action: 'hang' }, { timeout: 300 })
    .catch((thrown: unknown) => thrown)
  assert.ok(isSpawnError(late))
  assert.equal(late.code, 'DEADLINE_EXCEEDED')
  const next = { ...card, action: 'add', payload: { points: 1 }, timeout: 5_000 }
  assert.equal(await at.shop.invoke('ann', next), 4)
})

test('what comes in the name of an actor of one system, for another, belongs to the turn that it is in', async () => {
  await using at = await town()
  const held = at.shop
    .ref(till)
    .hold(undefined, { timeout: 700 })
    .catch((thrown: unknown) => thrown)
  await until('its turn', () => holding)
  const crm = new WireClient(at.proxy.url, 'crm')
  let told: string | undefined
  // It names no time of its own.
  const caller = { name: 'till', system: 'shop' }
  const asked = crm.invoke({ name: 'ann' }, { registerRef: 'customer', actionName: 'hang', caller })
  void asked.then(({ status }) => (told = status?.message))
  await until('the end of both', () => told !== undefined, { timeoutMs: 10_000 })
  assert.match(told ?? '', /^\[DEADLINE_EXCEEDED\] /)
  assert.ok(isSpawnError(await held))
  crm.close()
})

test('an effect for another system is delivered there, once its turn is durable', async () => {
  await using at = await town()
  assert.equal(await at.shop.ref(till).sell({ to: 'bob' }), 1)
  await until('the effect', async () => (await customerOf(at, 'bob'))?.points === 10)
  assert.equal((await customerOf(at, 'bob')).last, 'shop/till')
})

test('a system that nobody has registered is not there, and a message for it waits a while for its hosts', async () => {
  await using at = await town()
  const error: unknown = await at.shop
    .invoke('x', { system: 'nowhere', action: 'add' })
    .catch((thrown: unknown) => thrown)
  assert.ok(isSpawnError(error))
  assert.deepEqual(
    [error.code, error.message],
    [
      'ACTOR_NOT_FOUND',
      'there is no system "nowhere" here; this listener serves "spawn-system", "crm", "shop"',
    ],
  )
  const called: unknown = await at.shop
    .invoke('till', { action: 'sell', payload: { to: 'eve', of: 'late' } })
    .catch((thrown: unknown) => thrown)
  assert.equal(called, 1)
  const late = await system('late', { actors: [customer], logger: silent }).serve({
    proxy: at.proxy.url,
    port: 0,
  })
  await until('the effect', async () => {
    const answer = await fetch(`${at.proxy.url}/api/v1/system/late/actors/eve?ref=customer`)
    return answer.ok && ((await answer.json()) as { state: { points: number } }).state.points === 10
  })
  await late.stop()
})
