import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Orders, ordersText, readOrders } from './orders.ts'

const orders: Orders = {
  worker: 2,
  first: 4711,
  system: 'shop',
  folder: '/tmp/spawn-x',
  hub: '/tmp/spawn-x/hub',
  store: null,
}

test('orders are read as they were written', () => {
  assert.deepEqual(readOrders(ordersText(orders)), orders)
})

test('what is no order is none', () => {
  const { hub: _hub, ...some } = orders
  for (const text of [undefined, '', '2', 'yes', 'null', '{', JSON.stringify(some)]) {
    assert.equal(readOrders(text), null, text)
  }
})
