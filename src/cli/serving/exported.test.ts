import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actor, system } from '../../sdk/index.ts'
import { exportedBy, type Exported } from './exported.ts'
import type { Exports } from './module.ts'

const cart = actor('cart', { actions: { get: () => 1 } })
const till = actor('till', { actions: { get: () => 1 } })
const shop = system('shop', { actors: [cart], store: 'memory' })

const of = (exports: Exports): Exported => exportedBy(exports, 'shop.ts')

test('actors are found by name, as default and in arrays, each once', () => {
  assert.deepEqual(of({ cart }), { kind: 'actors', actors: [cart] })
  assert.deepEqual(of({ default: cart }), { kind: 'actors', actors: [cart] })
  assert.deepEqual(of({ default: [cart, till], cart, more: 5, none: null }), {
    kind: 'actors',
    actors: [cart, till],
  })
})

test('one system wins over the actors beside it', () => {
  const found = of({ cart, till, default: shop, shop })
  assert.ok(found.kind === 'system' && found.builder === shop)
})

test('several systems, a running one, and nothing at all are told apart', async () => {
  const other = system('other', { actors: [], store: 'memory' })
  assert.throws(() => of({ shop, other }), /shop\.ts exports 2 systems \(shop, other\)/)
  await using running = await other.start()
  assert.throws(() => of({ running }), /shop\.ts exports a system that is started already/)
  assert.throws(() => of({ add: () => 1, total: 0 }), /shop\.ts exports no actors and no system/)
})
