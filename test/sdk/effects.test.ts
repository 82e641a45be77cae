// Effects and broadcasts, as an application sees them: typed and by name, JSON, Standard Schema and Protobuf.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as z from 'zod'

import { StateSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { actor, type BroadcastEvent, effect, isSpawnError, Value } from '../../src/sdk/index.ts'
import { account, counter, start, strict } from './workflow-fixture.ts'

describe('effects', () => {
  const payday = actor('payday', {
    state: { paid: 0 },
    actions: {
      pay: (ctx, names: string[]) =>
        Value.of({ paid: ctx.state.paid + names.length })
          .effects(
            names.map((name, at) =>
              effect(account, name).deposit({ amount: at + 1 }, { metadata: { at: `${at}` } }),
            ),
          )
          .effect('counter', 'add', { value: names.length })
          .effect(effect(counter).add({ value: 100 }))
          .effect(effect(strict).add({}))
          .response('paid'),
      failing: () => {
        void Value.of().effect(effect(counter).add({ value: 1 }))
        throw new Error('no')
      },
      later: () => Value.of().effect(effect(counter).add({ value: 7 }, { delay: 5_000 })),
      wrong: () => Value.of({ paid: 99 }).effect('strict', 'add', { value: 'many' }),
    },
  })

  test('leave with their turn, typed and by name, JSON and Protobuf', async () => {
    await using bench = await start([payday, account, counter, strict])
    const { clock, system: running } = bench
    const paid = running.ref(payday).pay(['a', 'b', 'a'], { metadata: { trace: 'x' } })
    assert.equal(await clock.run(paid), 'paid')
    await clock.settle()
    assert.deepEqual(await clock.run(running.ref(account, 'a').get()), {
      balance: 4,
      seen: 'payday {"trace":"x","at":"2"}',
    })
    assert.equal((await clock.run(running.ref(account, 'b').get())).balance, 2)
    assert.equal((await clock.run(running.ref(counter).get())).total, 103)
    assert.deepEqual(await clock.run(running.ref(strict).get()), { sum: 1 })
  })

  test('of a turn that fails do not leave, and one that its target refuses fails the turn', async () => {
    await using bench = await start([payday, account, counter, strict])
    const { clock, system: running } = bench
    await assert.rejects(clock.run(running.ref(payday).failing()), { code: 'ACTION_FAILED' })
    await assert.rejects(clock.run(running.ref(payday).wrong()), (error) => {
      assert.ok(isSpawnError(error))
      assert.equal(error.code, 'ACTION_FAILED')
      assert.match(error.message, /"strict" action "add" refuses the payload: value: /)
      return true
    })
    await clock.settle()
    assert.equal((await clock.run(running.ref(counter).get())).total, 0)
    assert.deepEqual(await clock.run(running.ref(payday).get()), { paid: 0 })
  })

  test('with a delay are schedules until then', async () => {
    await using bench = await start([payday, counter, account, strict])
    const { clock, system: running } = bench
    await clock.run(running.ref(payday).later())
    const { items } = await clock.run(running.schedules.list())
    assert.deepEqual(
      items.map(({ action, dueAtMs, from, to }) => [from?.name, to.name, action, dueAtMs - clock.now()]),
      [['payday', 'counter', 'add', 5_000]],
    )
    await clock.advance(5_001)
    assert.equal((await clock.run(running.ref(counter).get())).total, 7)
    assert.deepEqual((await clock.run(running.schedules.list())).items, [])
  })

  test('that fail for good are dead letters, which can be tried again', async () => {
    const sender = actor('sender', {
      actions: {
        send: () => Value.of().effect(effect(account, 'a').fail(undefined, { metadata: { k: 'v' } })),
      },
    })
    await using bench = await start([sender, account])
    const { clock, system: running } = bench
    await clock.run(running.ref(sender).send())
    await clock.advance(600_000)
    const { items } = await clock.run(running.deadLetters.list({ limit: 10 }))
    const [letter] = items
    assert.ok(letter)
    assert.deepEqual([letter.from?.name, letter.to.name, letter.action], ['sender', 'a', 'fail'])
    assert.match(letter.error.message, /closed/)
    assert.deepEqual((await clock.run(running.deadLetters.get(letter.id)))?.metadata, { k: 'v' })
    assert.equal(await clock.run(running.deadLetters.retry(letter.id)), true)
    await clock.advance(600_000)
    assert.equal(await clock.run(running.deadLetters.discard(letter.id)), true)
    assert.equal(await clock.run(running.deadLetters.discard(letter.id)), false)
    // @ts-expect-error misspelt
    await assert.rejects(running.deadLetters.list({ limt: 1 }), /unknown setting "limt"; did you mean limit/)
  })
})

describe('broadcasts', () => {
  const heard = { heard: [] as readonly string[] }
  const listener = actor('listener', {
    kind: 'unnamed',
    state: heard,
    channels: ['orders'],
    actions: {
      receive: (ctx, { id }: { id: string }) =>
        Value.of({ heard: [...ctx.state.heard, `${ctx.caller?.name ?? 'outside'} ${id}`] }),
    },
  })
  const totals = actor('totals', {
    schema: StateSchema,
    channels: [{ topic: 'orders', action: 'count' }],
    actions: {
      count: {
        payload: z.object({ id: z.string() }),
        handler: (ctx) => Value.of({ total: ctx.state.total + 1 }),
      },
    },
  })
  const shop = actor('shop', {
    actions: {
      order: (_ctx, id: string) => Value.of().broadcast({ channel: 'orders', payload: { id } }).response(id),
    },
  })

  test('reach every named subscriber, instances that are in memory, and listeners of the application', async () => {
    await using bench = await start([listener, totals, shop])
    const { clock, system: running } = bench
    const events: [unknown, BroadcastEvent][] = []
    const unsubscribe = running.subscribe('orders', (payload, event) => void events.push([payload, event]))
    await clock.run(running.ref(listener, 'l-1').get())
    assert.equal(await clock.run(running.ref(shop).order('o-1')), 'o-1')
    await clock.run(running.publish('orders', { id: 'o-2' }, { metadata: { m: '1' } }))
    await clock.settle()
    assert.deepEqual(await clock.run(running.ref(listener, 'l-1').get()), {
      heard: ['shop o-1', 'outside o-2'],
    })
    assert.equal((await clock.run(running.ref(totals).get())).total, 2)
    assert.deepEqual(events, [
      [
        { id: 'o-1' },
        { channel: 'orders', from: { system: 'test', parent: '', name: 'shop' }, metadata: {} },
      ],
      [{ id: 'o-2' }, { channel: 'orders', from: null, metadata: { m: '1' } }],
    ])
    unsubscribe()
    await clock.run(running.publish('orders', { id: 'o-3' }))
    await clock.settle()
    assert.equal(events.length, 2)
    assert.equal((await clock.run(running.ref(totals).get())).total, 3)
  })

  test('are heard until a listener is ended, and ending it twice does nothing', async () => {
    await using bench = await start([shop])
    const { clock, system: running } = bench
    const heardBy: string[] = []
    const end = running.subscribe('orders', () => void heardBy.push('first'))
    end()
    running.subscribe('orders', () => void heardBy.push('second'))
    end()
    await clock.run(running.publish('orders'))
    await clock.settle()
    assert.deepEqual(heardBy, ['second'])
  })

  test('need a channel and a listener', async () => {
    await using bench = await start([shop])
    const { system: running } = bench
    await assert.rejects(running.publish('', 1), { code: 'INVALID_ARGUMENT' })
    // @ts-expect-error misspelt
    await assert.rejects(running.publish('a', 1, { metdata: {} }), /unknown setting "metdata"/)
    // @ts-expect-error no listener
    assert.throws(() => running.subscribe('orders'), /the subscription to "orders" needs a listener/)
  })
})
