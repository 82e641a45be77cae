// The shop in Protobuf on a clock that the test moves: what its README shows over HTTP, here with typed refs, and what takes
// longer than anybody reads.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, isMessage } from '@bufbuild/protobuf'
import { sagaSettled } from 'spawn-mesh'
import { VirtualClock } from 'spawn-mesh/testing'

import { delivery, desk, order, packing, report, shop, stock, till } from './main.ts'
import { type OrderNews, OrderNewsSchema, ReceiptSchema, Status } from './orders_pb.ts'

const tea = { article: 'tea', count: 2, price: 5 }

async function openShop(startMs?: number) {
  const mails: unknown[] = []
  const info = (text: string, fields?: object) => void (text === 'a mail' && mails.push({ ...fields }))
  const logger = { debug() {}, info, warn() {}, error() {} }
  const clock = new VirtualClock(startMs === undefined ? {} : { startMs })
  const running = await clock.run(shop.with({ store: 'memory', clock, logger }).start())
  return { clock, mails, running, [Symbol.asyncDispose]: () => clock.run(running.stop()) }
}

test('a forward, a pipe, an effect and a broadcast hand on messages; a receipt names who answered', async () => {
  await using open = await openShop()
  const { clock, mails, running } = open
  const heard: unknown[] = []
  running.subscribe('orders', (news) => void heard.push(news))
  const placed: OrderNews = await clock.run(running.ref(desk).place({ customer: 'ada', lines: [tea] }))
  assert.deepEqual([placed.order, placed.status, placed.total], ['o-1', Status.PLACED, 10])
  const receipt = await clock.run(running.ref(order, 'o-1').pay(undefined, { receipt: true }))
  assert.ok(isMessage(receipt.response, ReceiptSchema))
  assert.deepEqual([receipt.response.number, receipt.actor.name, receipt.revision], [1, 'till', 1])
  await clock.settle()
  const { paid, placed: orders, revenue } = await clock.run(running.ref(report).today())
  assert.deepEqual([orders, paid, revenue], [1, 1, 10])
  assert.partialDeepStrictEqual(mails, [{ to: 'ada', text: 'Thank you for o-1' }])
  assert.deepEqual(
    heard.map((news) => isMessage(news, OrderNewsSchema) && news.status),
    [Status.PLACED, Status.PAID],
  )
})

test('what was sold over the counter is told by the program, and the report knows', async () => {
  await using open = await openShop()
  const { clock, running } = open
  const news = create(OrderNewsSchema, { order: 'over the counter', status: Status.PAID, total: 5 })
  await clock.run(running.publish('orders', news))
  await clock.settle()
  const { paid, revenue } = await clock.run(running.ref(report).today())
  assert.deepEqual([paid, revenue], [1, 5])
})

test('who pays twice with one key has paid once', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [tea] }))
  for (let time = 0; time < 2; time += 1) {
    const paid = await clock.run(running.ref(order, 'o-1').pay(undefined, { idempotencyKey: 'ada pays' }))
    assert.deepEqual([isMessage(paid, ReceiptSchema), paid.number], [true, 1])
  }
  assert.equal((await clock.run(running.ref(till).get())).receipts, 1)
})

test('what is worth a discount has one: the order is asked while it waits', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [{ ...tea, price: 300 }] }))
  const { percent, total } = await clock.run(running.ref(order, 'o-1').offer())
  assert.deepEqual([total, percent], [540, 10])
})

test('what is not paid within a quarter of an hour expires, and what runs low is filled within the hour', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [{ ...tea, count: 60 }] }))
  await clock.run(running.ref(desk).place({ customer: 'eve', lines: [tea] }))
  await clock.run(running.ref(order, 'o-1').pay())
  await clock.settle()
  const pieces = async () => (await clock.run(running.ref(stock, 'tea').get())).pieces
  assert.equal(await pieces(), 38)
  await clock.advance(16 * 60_000)
  assert.equal((await clock.run(running.ref(order, 'o-2').status())).status, Status.EXPIRED)
  assert.equal(await pieces(), 40)
  await clock.advance(60 * 60_000)
  assert.equal(await pieces(), 100)
})

test('a call for later and one by the calendar carry messages, and can be taken back', async () => {
  await using open = await openShop(Date.UTC(2026, 2, 27))
  const { clock, running } = open
  const twice = await clock.run(running.ref(stock, 'tea').put({ count: 1 }, { delay: 60_000 }))
  await clock.run(
    running.ref(stock, 'tea').put({ count: 5 }, { scheduledTo: new Date(clock.now() + 60_000) }),
  )
  assert.equal(await clock.run(running.schedules.cancel(twice)), true)
  await clock.run(
    running.ref(stock, 'tea').put({ count: 100 }, { cron: '0 18 * * 1-5', timeZone: 'Europe/Berlin' }),
  )
  const next = async () => {
    const { items } = await clock.run(running.schedules.list())
    return new Date(items.at(-1)?.dueAtMs ?? 0).toISOString()
  }
  assert.equal(await next(), '2026-03-27T17:00:00.000Z')
  await clock.advance(24 * 3_600_000)
  assert.equal((await clock.run(running.ref(stock, 'tea').get())).pieces, 205)
  // On Sunday, the 29th, summer begins.
  assert.equal(await next(), '2026-03-30T16:00:00.000Z')
})

test('what is not in stock is a dead letter with its message, and taken when somebody says so', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(desk).place({ customer: 'ada', lines: [{ ...tea, count: 150 }] }))
  await clock.settle()
  const [letter] = (await clock.run(running.deadLetters.list())).items
  assert.ok(letter)
  assert.deepEqual([letter.from?.name, letter.to.name, letter.payloadJson], ['o-1', 'tea', { count: 150 }])
  await clock.run(running.ref(stock, 'tea').put({ count: 100 }))
  assert.equal(await clock.run(running.deadLetters.retry(letter.id)), true)
  await clock.settle()
  assert.equal((await clock.run(running.ref(stock, 'tea').get())).pieces, 50)
})

test('a delivery ends packed and carried, or unpacked again', async () => {
  await using open = await openShop()
  const { clock, running } = open
  await clock.run(running.ref(delivery, 'd-1').start({ order: 'o-1', address: '1 High Street' }))
  const done = await clock.run(sagaSettled(running, delivery, 'd-1', { clock }))
  assert.deepEqual([done.status, done.results], ['done', { pack: { order: 'o-1', number: 1 } }])
  await clock.run(running.ref(delivery, 'd-2').start({ order: 'o-2' }))
  const undone = await clock.run(sagaSettled(running, delivery, 'd-2', { clock }))
  assert.deepEqual([undone.status, undone.error?.step], ['compensated', 'carry'])
  assert.equal((await clock.run(running.ref(packing).get())).packed, 1)
})
