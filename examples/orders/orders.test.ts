// The shop's afternoon, on a clock that the test moves: a quarter of an hour takes no time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from 'spawn-mesh/testing'

import { desk, order, report, shop, stock, till } from './main.ts'

const tea = { article: 'tea', count: 2, price: 5 }
const silent = { debug() {}, info() {}, warn() {}, error() {} }

async function openShop() {
  const clock = new VirtualClock()
  const running = await clock.run(shop.with({ store: 'memory', clock, logger: silent }).start())
  return { clock, running, [Symbol.asyncDispose]: () => clock.run(running.stop()) }
}

test('who pays gets a receipt of the till, and the report knows', async () => {
  await using open = await openShop()
  const { clock, running } = open
  const placed = await clock.run(running.ref(desk).place({ customer: 'ada', lines: [tea] }))
  assert.deepEqual(placed, { order: 'o-1', total: 10 })
  const receipt = await clock.run(running.ref(order, 'o-1').pay(undefined, { receipt: true }))
  assert.deepEqual(receipt.response, { order: 'o-1', receipt: 1 })
  assert.equal(receipt.actor.name, 'till')
  await clock.settle()
  const today = await clock.run(running.ref(report).today())
  assert.deepEqual(today, { placed: 1, paid: 1, expired: 0, revenue: 10 })
  assert.deepEqual(await clock.run(running.ref(till).get()), { receipts: 1, sum: 10 })
})

test('the program hears what orders tell, and tells of what was sold over the counter', async () => {
  await using open = await openShop()
  const { clock, running } = open
  const heard: unknown[] = []
  const unsubscribe = running.subscribe('orders', (news) => void heard.push(news))
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [tea] }))
  await clock.run(running.publish('orders', { order: 'over the counter', status: 'paid', total: 5 }))
  await clock.settle()
  assert.deepEqual(heard, [
    { order: 'o-1', status: 'placed', total: 10 },
    { order: 'over the counter', status: 'paid', total: 5 },
  ])
  const today = await clock.run(running.ref(report).today())
  assert.deepEqual(today, { placed: 1, paid: 1, expired: 0, revenue: 5 })
  unsubscribe()
  await clock.run(running.ref(desk).place({ customer: 'eve', lines: [tea] }))
  await clock.settle()
  assert.equal(heard.length, 2)
})

test('what the supplier brings tomorrow is in stock tomorrow, unless he calls it off', async () => {
  await using open = await openShop()
  const { clock, running } = open
  const tomorrow = new Date(clock.now() + 24 * 3_600_000)
  await clock.run(running.ref(stock, 'tea').put(20, { scheduledTo: tomorrow }))
  const more = await clock.run(running.ref(stock, 'tea').put(500, { scheduledTo: tomorrow }))
  assert.equal(await clock.run(running.schedules.cancel(more)), true)
  await clock.advance(25 * 3_600_000)
  assert.equal((await clock.run(running.ref(stock, 'tea').get())).pieces, 120)
})

test('what is not paid within a quarter of an hour expires, and its articles are back', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [tea] }))
  await clock.run(running.ref(desk).place({ customer: 'eve', lines: [tea, tea] }))
  await clock.run(running.ref(order, 'o-1').pay())
  await clock.settle()
  assert.equal((await clock.run(running.ref(stock, 'tea').get())).pieces, 94)
  await clock.advance(16 * 60_000)
  assert.equal(await clock.run(running.ref(order, 'o-1').status()), 'paid')
  assert.equal(await clock.run(running.ref(order, 'o-2').status()), 'expired')
  assert.equal((await clock.run(running.ref(stock, 'tea').get())).pieces, 98)
})

test('an order that was expired cannot be paid, and no mail is sent', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [tea] }))
  await clock.advance(16 * 60_000)
  await assert.rejects(clock.run(running.ref(order, 'o-1').pay()), /o-1 is expired/)
  assert.equal((await clock.run(running.ref(till).get())).receipts, 0)
})

test('stock that runs low is filled within the hour', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [{ ...tea, count: 60 }] }))
  await clock.run(running.ref(order, 'o-1').pay())
  await clock.settle()
  assert.equal((await clock.run(running.ref(stock, 'tea').get())).pieces, 40)
  await clock.advance(60 * 60_000)
  assert.equal((await clock.run(running.ref(stock, 'tea').get())).pieces, 100)
})

test('what is worth a discount has one: the order is asked while it waits', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [tea] }))
  await clock.run(running.ref(desk).place({ customer: 'eve', lines: [{ ...tea, price: 300 }] }))
  assert.deepEqual(await clock.run(running.ref(order, 'o-1').offer()), { total: 10, percent: 0 })
  assert.deepEqual(await clock.run(running.ref(order, 'o-2').offer()), { total: 540, percent: 10 })
})

test('who pays twice with one key has paid once', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [tea] }))
  const pay = () => clock.run(running.ref(order, 'o-1').pay(undefined, { idempotencyKey: 'ada pays' }))
  assert.deepEqual(
    [await pay(), await pay()],
    [
      { order: 'o-1', receipt: 1 },
      { order: 'o-1', receipt: 1 },
    ],
  )
  assert.deepEqual(await clock.run(running.ref(till).get()), { receipts: 1, sum: 10 })
})

test('what is not in stock is a dead letter, and taken when there is enough and somebody says so', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [{ ...tea, count: 150 }] }))
  await clock.settle()
  const [letter] = (await clock.run(running.deadLetters.list())).items
  assert.ok(letter)
  assert.deepEqual([letter.from?.name, letter.to.name, letter.payloadJson], ['o-1', 'tea', 150])
  await clock.run(running.ref(stock, 'tea').put(100))
  assert.equal(await clock.run(running.deadLetters.retry(letter.id)), true)
  await clock.settle()
  assert.equal((await clock.run(running.ref(stock, 'tea').get())).pieces, 50)
})

test('the boss has mail on weekdays at six, summer and winter', async () => {
  const mailedAt: string[] = []
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 9, 22) })
  const logger = {
    ...silent,
    info: (text: string) => void (text === 'a mail' && mailedAt.push(new Date(clock.now()).toISOString())),
  }
  const running = await clock.run(shop.with({ store: 'memory', clock, logger }).start())
  await clock.run(running.ref(report).mail('boss', { cron: '0 18 * * 1-5', timeZone: 'Europe/Berlin' }))
  await clock.advance(6 * 24 * 3_600_000)
  // The clocks went back on Sunday, the 25th.
  assert.deepEqual(
    mailedAt.map((time) => time.slice(5, 16)),
    ['10-22T16:00', '10-23T16:00', '10-26T17:00', '10-27T17:00'],
  )
  await clock.run(running.stop())
})
