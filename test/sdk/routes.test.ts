// Pipes, forwards and receipts, as an application sees them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as z from 'zod'

import { actor, effect, Value } from '../../src/sdk/index.ts'
import { account, counter, start, strict } from './workflow-fixture.ts'

describe('pipes and forwards', () => {
  const price = actor('price', {
    actions: {
      sell: (_ctx, price: number) => Value.of().response({ amount: price }).pipe(account, 'deposit', 'till'),
      add: (_ctx, { value }: { value: number }) =>
        Value.of().forward(counter, 'add').effect(effect(strict).add({ value })),
      convert: (_ctx, value: number) => Value.of().response({ value }).pipe(counter, 'add'),
      named: (_ctx, value: number) => Value.of().response({ value }).pipe('strict', 'add'),
      nowhere: () => Value.of().response(1).pipe('nobody', 'x'),
      fails: () => Value.of().pipe(account, 'fail', 'a'),
      passesOn: {
        response: z.object({ sum: z.number() }),
        handler: (_ctx, _payload: { value: number }) => Value.of().forward(strict, 'add'),
      },
    },
  })

  test('a forward is not asked for a response of its own', async () => {
    await using bench = await start([price, account, counter, strict])
    const forwarded = bench.system.invoke('price', { action: 'passesOn', payload: { value: 2 } })
    assert.deepEqual(await bench.clock.run(forwarded), { sum: 2 })
  })

  test('answer with the response of their last hop, typed', async () => {
    await using bench = await start([price, account, counter, strict])
    const { clock, system: running } = bench
    const ref = running.ref(price)
    const sold: { balance: number } = await clock.run(ref.sell(5))
    assert.deepEqual(sold, { balance: 5 })
    const added = await clock.run(ref.add({ value: 2 }))
    assert.deepEqual([added.$typeName, added.total], ['examples.incrementor.State', 2])
    assert.equal((await clock.run(ref.convert(3))).total, 5)
    assert.deepEqual(await clock.run(ref.named(4)), { sum: 6 })
  })

  test('have a receipt of their last hop', async () => {
    await using bench = await start([price, account, counter, strict])
    const { clock, system: running } = bench
    await clock.run(running.ref(account, 'till').deposit({ amount: 1 }))
    const {
      actor: id,
      durability,
      response,
      revision,
    } = await clock.run(running.ref(price).sell(5, { receipt: true }))
    const balance: number = response.balance
    assert.deepEqual(
      { id, durability, balance, revision },
      {
        id: { system: 'test', parent: 'account', name: 'till' },
        durability: 'turn',
        balance: 6,
        revision: 2,
      },
    )
  })

  test('say at which hop they failed', async () => {
    await using bench = await start([price, account, counter, strict])
    const { clock, system: running } = bench
    await assert.rejects(clock.run(running.ref(price).fails()), {
      code: 'ACTION_FAILED',
      message: /hop 2 of price.fails → account.a.fail: .*closed/,
    })
    await assert.rejects(clock.run(running.ref(price).nowhere()), {
      code: 'ACTOR_NOT_FOUND',
      message: /hop 2 of price.nowhere → nobody.x: there is no actor "nobody"/,
    })
  })
})

describe('a receipt', () => {
  test('has the response as its type says, and what it rests on', async () => {
    await using bench = await start([counter, account])
    const { clock, system: running } = bench
    await clock.run(running.ref(counter).add({ value: 1 }))
    const receipt = await clock.run(running.ref(counter).add({ value: 1 }, { receipt: true }))
    assert.equal(receipt.response.total, 2)
    assert.deepEqual([receipt.actor.name, receipt.revision, receipt.durability], ['counter', 2, 'turn'])
    const byName = await clock.run(
      running.invoke('a', { ref: 'account', action: 'deposit', payload: { amount: 1 }, receipt: true }),
    )
    assert.deepEqual([byName.response, byName.actor.parent, byName.revision], [{ balance: 1 }, 'account', 1])
  })
})
