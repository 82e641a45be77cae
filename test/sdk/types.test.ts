// What the compiler knows of an actor that was written as in the guide. Nothing here is about run time: the file type-checks
// or it does not, and each @ts-expect-error is a mistake that an application must be told of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import * as z from 'zod'

import { actor } from '../../src/sdk/actor.ts'
import { Value, type ActorDefinition, type Context, type Ref } from '../../src/hosts/index.ts'
import {
  AddSchema,
  StateSchema,
  type Add,
  type State,
} from '../../examples/incrementor-protobuf/incrementor_pb.ts'

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the known way to compare two types exactly
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

type RefOf<D> = D extends ActorDefinition<infer S, infer A> ? Ref<S, A> : never
type Answered<F> = F extends (...args: never) => Promise<infer R> ? R : never
type First<F> = F extends (...args: infer Args) => unknown ? Args[0] : never

test('types flow from a definition with plain JSON', () => {
  const incrementor = actor('incrementor', {
    kind: 'named',
    state: { total: 0 },
    actions: {
      add: (ctx, { value }: { value: number }) => {
        same<typeof ctx.state, { readonly total: number }>(true)
        const total = ctx.state.total + value
        return Value.of().state({ total }).response({ total })
      },
      plain: (ctx) => ctx.state.total,
      later: async (ctx, value?: number) => {
        ctx.state = { total: ctx.state.total + (value ?? 1) }
        return Value.of().response('done')
      },
      nothing: (ctx) => {
        ctx.state = { total: 0 }
      },
      either: (_ctx, one: boolean) => (one ? Value.of().response(1) : 'two'),
      any: (_ctx, payload) => {
        same<typeof payload, unknown>(true)
        return null
      },
      passedOn: (ctx) => ctx.invoke('other', { action: 'x' }),
      // oxlint-disable-next-line typescript/no-unsafe-return -- what was parsed is any
      parsed: (_ctx, text: string) => JSON.parse(text),
      full: { handler: (ctx, payload: { by: number }) => ctx.state.total * payload.by, timeout: 1_000 },
    },
  })
  same<typeof incrementor.kind, 'named'>(true)
  type R = RefOf<typeof incrementor>
  same<First<R['add']>, { value: number }>(true)
  same<Answered<R['add']>, { total: number }>(true)
  same<Answered<R['plain']>, number>(true)
  same<Answered<R['later']>, string>(true)
  same<Answered<R['nothing']>, undefined>(true)
  same<Answered<R['either']>, number | 'two'>(true)
  same<Answered<R['full']>, number>(true)
  same<First<R['full']>, { by: number }>(true)
  same<Answered<R['get']>, { total: number }>(true)

  const calls = (ref: R) => {
    void ref.add({ value: 1 }, { timeout: 100, metadata: { a: 'b' } })
    void ref.plain()
    void ref.plain(undefined, { async: true })
    void ref.later()
    void ref.later(3)
    void ref.any('whatever')
    // @ts-expect-error a payload of the wrong type
    void ref.add({ value: 'x' })
    // @ts-expect-error a payload that is missing
    void ref.add()
    // @ts-expect-error a payload where there is none
    void ref.plain(1)
    // @ts-expect-error an option that does not exist
    void ref.add({ value: 1 }, { timeot: 100 })
    // @ts-expect-error an action that does not exist
    void ref['remove']
  }
  void calls
})

test('a state may be made by a function that says its type', () => {
  interface Cart {
    items: { sku: string; count: number }[]
    status: 'open' | 'closed'
  }
  const cart = actor('cart', {
    kind: 'unnamed',
    state: (): Cart => ({ items: [], status: 'open' }),
    actions: {
      put: (ctx, item: { sku: string; count: number }) =>
        Value.of().state({ ...ctx.state, items: [...ctx.state.items, item] }),
      close: (ctx) => Value.of().state({ items: ctx.state.items, status: 'closed' }).response(true),
      assign: (ctx) => {
        ctx.state = { ...ctx.state, status: 'closed' }
      },
      wrong: (ctx) => {
        // @ts-expect-error a state is not changed in place
        ctx.state.status = 'closed'
        // @ts-expect-error at any depth
        ctx.state.items[0] = { sku: 'a', count: 1 }
        // @ts-expect-error a new state has the state's type
        ctx.state = { status: 'closed' }
      },
    },
  })
  same<typeof cart.kind, 'unnamed'>(true)
  same<Answered<RefOf<typeof cart>['close']>, boolean>(true)

  actor('wrong', {
    state: (): Cart => ({ items: [], status: 'open' }),
    actions: {
      // @ts-expect-error a Value's state has the actor's type
      shut: () => Value.of().state({ items: [], status: 'shut' }),
      // @ts-expect-error also in an object, and when it comes later
      later: { handler: async () => Value.of({ items: 1 }) },
    },
  })
})

test('payloads and states take their types from a Standard Schema', () => {
  const account = actor('account', {
    schema: z.object({ balance: z.number(), open: z.boolean().default(true) }),
    state: { balance: 0 },
    actions: {
      deposit: {
        payload: v.object({ amount: v.pipe(v.number(), v.minValue(0)), note: v.optional(v.string(), '') }),
        response: z.object({ balance: z.number() }),
        handler: (ctx, payload) => {
          same<typeof ctx.state, { readonly balance: number; readonly open: boolean }>(true)
          same<typeof payload, { amount: number; note: string }>(true)
          const balance = ctx.state.balance + payload.amount
          return Value.of({ ...ctx.state, balance }, { balance })
        },
      },
      close: (ctx) => Value.of({ ...ctx.state, open: false }),
    },
  })
  type R = RefOf<typeof account>
  same<First<R['deposit']>, { amount: number; note?: string | undefined }>(true)
  same<Answered<R['deposit']>, { balance: number }>(true)

  actor('wrong', {
    schema: z.object({ balance: z.number() }),
    // @ts-expect-error the first state has the schema's type
    state: () => ({ balance: 'none' }),
    actions: {},
  })
  actor('wrong', {
    state: { n: 1 },
    actions: {
      // @ts-expect-error the handler takes another payload than the schema gives
      f: { payload: z.object({ a: z.number() }), handler: (_ctx, _payload: { b: number }) => 1 },
    },
  })
})

test('payloads, responses and states take their types from a descriptor', () => {
  const incrementor = actor('incrementor', {
    schema: StateSchema,
    actions: {
      add: {
        payload: AddSchema,
        response: StateSchema,
        handler: (ctx, payload) => {
          same<typeof payload, Add>(true)
          const total: number = ctx.state.total + payload.value
          return Value.of({ total }, { total })
        },
      },
      mixed: { payload: AddSchema, handler: (ctx, { value }) => ({ text: `${ctx.state.total + value}` }) },
      reset: (ctx) => {
        ctx.state = { ...ctx.state, total: 0 }
      },
    },
  })
  type R = RefOf<typeof incrementor>
  same<Answered<R['add']>, State>(true)
  same<Answered<R['mixed']>, { text: string }>(true)
  same<Answered<R['get']>, State>(true)
  const calls = (ref: R) => {
    void ref.add({ value: 1 })
    // @ts-expect-error no such field
    void ref.add({ valu: 1 })
  }
  void calls
})

test('actors call each other, typed', () => {
  const user = actor('user', {
    kind: 'abstract',
    state: { name: '' },
    actions: { rename: (_ctx, name: string) => Value.of({ name }, name) },
  })
  const one = actor('one', { actions: { ping: () => 'pong' } })
  same<typeof one, ActorDefinition<undefined, { ping: () => string }, 'named'>>(true)
  actor('caller', {
    actions: {
      call: async (ctx) => {
        same<typeof ctx, Context<undefined>>(true)
        // @ts-expect-error an instance of an unnamed definition has a name
        ctx.ref(user)
        // @ts-expect-error a named actor has no other
        ctx.ref(one, 'two')
        const pong: string = await ctx.ref(one).ping()
        // @ts-expect-error a call names its action
        void ctx.invoke('one', { payload: 1 })
        return `${pong} ${await ctx.ref(user, 'user-1').rename('Ada')}`
      },
    },
  })
  // @ts-expect-error a kind that does not exist
  assert.throws(() => actor('wrong', { kind: 'nameless', actions: {} }))
  // @ts-expect-error a setting that does not exist
  assert.throws(() => actor('wrong', { deactivateTimout: 1, actions: {} }))
})
