// What the compiler knows of the steps of an upgrade. Nothing here is about run time: each @ts-expect-error is a mistake that
// an application must be told of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'

import { type Add, AddSchema, StateSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { actor, upgradeFrom, Value } from '../../src/sdk/index.ts'

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the known way to compare two types exactly
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

interface Cart {
  readonly items: readonly { readonly sku: string; readonly count: number }[]
}

const empty = (): Cart => ({ items: [] })

test('steps over JSON say what they get, and the last one answers the state', () => {
  const cart = actor('cart', {
    version: 2,
    state: empty,
    upgrade: {
      1: (before: { skus: string[] }) => ({ rows: before.skus }),
      2: (before: { rows: string[] }) => ({ items: before.rows.map((sku) => ({ sku, count: 1 })) }),
    },
    actions: {
      count: (ctx) => {
        same<(typeof ctx.state)['items'][number]['count'], number>(true)
        return ctx.state.items.length
      },
      clear: () => Value.of().state({ items: [] }),
    },
  })
  assert.equal(cart.name, 'cart')
  actor('unannotated', {
    version: 1,
    state: empty,
    upgrade: {
      1: (before) => {
        same<typeof before, unknown>(true)
        return { items: [] }
      },
    },
    actions: {},
  })
  actor('wrong', {
    version: 2,
    state: empty,
    upgrade: {
      1: () => ({ anything: true }),
      // @ts-expect-error the last step answers something else than the state
      2: () => ({ items: 5 }),
    },
    actions: {},
  })
})

test('steps with a schema get what it reads', () => {
  const Old = z.object({ total: z.number() })
  actor('counter', {
    version: 1,
    schema: z.object({ count: z.number() }),
    state: { count: 0 },
    upgrade: {
      1: upgradeFrom(Old, (before) => {
        same<typeof before, { total: number }>(true)
        return { count: before.total }
      }),
    },
    actions: { get: (ctx) => ctx.state.count },
  })
  actor('message', {
    version: 2,
    schema: StateSchema,
    upgrade: {
      2: upgradeFrom(AddSchema, (before) => {
        same<typeof before, Add>(true)
        return { total: before.value }
      }),
    },
    actions: { get: (ctx) => ctx.state.total },
  })
  actor('wrong', {
    version: 1,
    schema: StateSchema,
    // @ts-expect-error the last step answers something else than the message
    upgrade: { 1: upgradeFrom(AddSchema, () => ({ total: 'x' })) },
    actions: {},
  })
})

test('without a version nothing changes', () => {
  const plain = actor('plain', { state: { total: 0 }, actions: { get: (ctx) => ctx.state.total } })
  assert.equal(plain.state?.stored.name, 'JSON')
})
