// Two systems of one NATS and one database, each with members of its own: what actors of the one get from those of the other,
// whichever member that lives on, while members come and go.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { actor, effect, isSpawnError, type System, system, Value } from '../../src/sdk/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { until } from '../../src/testing/index.ts'
import { endNats, natsServer } from '../servers/nats.ts'
import { endPostgres, postgresServer, type TestDatabase } from '../servers/postgres.ts'

const CRM = `crm-${process.pid}`
const SHOP = `shop-${process.pid}`

const customer = actor('customer', {
  kind: 'unnamed',
  state: { points: 0, callers: [] as string[] },
  actions: {
    add: (ctx, { points }: { points: number }) => {
      const { caller } = ctx
      const callers = [...ctx.state.callers, caller === null ? '' : `${caller.system}:${caller.name}`]
      const state = { points: ctx.state.points + points, callers: callers.slice(-3) }
      return Value.of(state, { points: state.points })
    },
    wait: async (ctx) => {
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
    },
    fail: () => {
      throw new Error('not today')
    },
    back: (ctx) =>
      ctx.invoke('till', { system: SHOP, action: 'ask', payload: { name: 'ann', action: 'add' } }),
  },
})

const till = actor('till', {
  state: { sales: 0 },
  actions: {
    ask: async (ctx, { action, name }: { action: string; name: string }) =>
      ctx.invoke(name, { system: CRM, ref: 'customer', action, payload: { points: 1 }, timeout: 2_000 }),
    sell: (ctx, { names }: { names: string[] }) =>
      Value.of({ sales: ctx.state.sales + 1 })
        .effects(names.map((name) => effect(name, 'add', { points: 1 }, { system: CRM, ref: 'customer' })))
        .response(ctx.state.sales + 1),
  },
})

let database: TestDatabase
const running: System[] = []

before(async () => {
  database = await (await postgresServer()).takeDatabase()
})

after(async () => {
  for (const each of running) await each.stop()
  await database.release()
  await endPostgres()
  await endNats()
})

async function member(name: string, node: string): Promise<System> {
  const { database: path, host, password, port, user } = database.options
  const started = await system(name, {
    actors: [name === CRM ? customer : till],
    store: `postgres://${user}:${password}@${host}:${port}/${path}`,
    cluster: { url: (await natsServer()).url, node, lease: 2_000 },
    logger: silentLogger,
  }).start()
  running.push(started)
  return started
}

async function pointsOf(crm: System, name: string): Promise<number> {
  const { points } = (await crm.ref(customer, name).get()) as { points: number }
  return points
}

test('actors of one system call those of another, whichever of its members they live on', async () => {
  const shop = await member(SHOP, 'shop-1')
  const crm = await member(CRM, 'crm-1')
  const second = await member(CRM, 'crm-2')
  const names = Array.from({ length: 32 }, (_, at) => `c${at}`)
  const to = (action: string, more = {}): object => ({
    system: CRM,
    ref: 'customer',
    action,
    payload: { points: 1 },
    ...more,
  })
  const answers = await Promise.all(names.map((name) => shop.invoke(name, to('add') as never)))
  assert.deepEqual(new Set(answers.map((answer) => JSON.stringify(answer))), new Set(['{"points":1}']))

  // From a turn, with its caller.
  assert.deepEqual(await shop.ref(till).ask({ name: 'c0', action: 'add' }), { points: 2 })
  assert.deepEqual(await crm.ref(customer, 'c0').get(), { points: 2, callers: ['', `${SHOP}:till`] })

  // As an effect, and for later.
  await shop.ref(till).sell({ names })
  const later = await shop.invoke('c0', to('add', { delay: 300 }) as never)
  assert.deepEqual(
    (await shop.schedules.list()).items.map(({ id, to: { name, system: of } }) => [id, of, name]),
    [[later, CRM, 'c0']],
  )
  await until(
    'all of it',
    async () => (await pointsOf(second, 'c0')) === 4 && (await pointsOf(crm, 'c31')) === 2,
  )

  // Its errors, with their codes.
  const failing = async (name: string, options: object): Promise<string> =>
    shop.invoke(name, options as never).then(
      () => 'no error',
      (error: unknown) => (isSpawnError(error) ? `${error.code} ${error.message}` : String(error)),
    )
  assert.match(await failing('c0', to('fail')), /^ACTION_FAILED .*not today/)
  assert.match(await failing('c0', to('nothing')), /^ACTION_NOT_FOUND "customer" has no action "nothing"/)
  assert.match(
    await failing('c0', { ...to('add'), ref: 'nobody' }),
    /^ACTOR_NOT_FOUND there is no definition "nobody"/,
  )
  assert.match(await failing('c0', to('wait', { timeout: 200 })), /^DEADLINE_EXCEEDED .*may have/)
  assert.match(
    await failing('c0', to('add', { system: 'nowhere' })),
    /^MEMBER_UNAVAILABLE "c0" action "add" of the system "nowhere" cannot be called: no member of that system/,
  )
  assert.match(await failing('c0', to('add', { idempotencyKey: 'k' })), /^INVALID_ARGUMENT .*idempotency key/)

  // A call that comes back to who waits for it is seen by nobody: its deadline ends it.
  assert.match(
    await failing('till', { action: 'ask', payload: { name: 'c0', action: 'back' } }),
    /^DEADLINE_EXCEEDED/,
  )
})

test('effects for another system are taken once each, while its members are replaced under load', async () => {
  const [shop] = running
  assert.ok(shop)
  const names = Array.from({ length: 8 }, (_, at) => `e${at}`)
  let going = true
  let sold = 0
  const seller = async (): Promise<void> => {
    for (; going; sold += 1) await shop.ref(till).sell({ names })
  }
  const asker = async (): Promise<number> => {
    let asked = 0
    for (; going; asked += 1)
      await shop.invoke('asked', { system: CRM, ref: 'customer', action: 'add', payload: { points: 1 } })
    return asked
  }
  const sellers = seller()
  const askers = Promise.all([asker(), asker()])
  for (let round = 0; round < 2; round += 1) {
    const before = sold
    await until('some sales', () => sold > before + 10, { timeoutMs: 60_000 })
    await member(CRM, `crm-${round + 3}`)
    // The oldest behind the shop.
    const [leaving] = running.splice(1, 1)
    await leaving?.stop()
  }
  going = false
  await sellers
  const asked = (await askers).reduce((sum, one) => sum + one, 0)
  const crm = running.at(-1)
  assert.ok(crm)
  for (const name of names)
    await until(`all of ${name}`, async () => (await pointsOf(crm, name)) === sold, { timeoutMs: 60_000 })
  assert.equal(await pointsOf(crm, 'asked'), asked)
  assert.deepEqual((await shop.deadLetters.list()).items, [])
})
