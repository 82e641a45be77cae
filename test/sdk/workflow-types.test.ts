// What the compiler knows of effects, pipes, receipts and calls for later. As in types.test.ts, the file type-checks or it
// does not; each @ts-expect-error is a mistake that an application must be told of.
import { test } from 'node:test'
import * as v from 'valibot'
import * as z from 'zod'

import {
  actor,
  type ActorDefinition,
  type Context,
  effect,
  type Effect,
  type Receipt,
  type Ref,
  type System,
  Value,
} from '../../src/sdk/index.ts'
import { AddSchema, type State, StateSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the known way to compare two types exactly
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

type RefOf<D> = D extends ActorDefinition<infer S, infer A> ? Ref<S, A> : never

const account = actor('account', {
  kind: 'unnamed',
  state: { balance: 0 },
  actions: {
    deposit: (ctx, { amount }: { amount: number }) => {
      const balance = ctx.state.balance + amount
      return Value.of({ balance }, { balance })
    },
    close: (ctx) => ctx.state.balance,
    note: (_ctx, text?: string) => text ?? '',
  },
})

const checked = actor('checked', {
  actions: {
    pay: {
      payload: v.object({ amount: v.number(), note: v.optional(v.string(), '') }),
      response: z.object({ paid: z.boolean() }),
      handler: () => ({ paid: true }),
    },
  },
})

const counter = actor('counter', {
  schema: StateSchema,
  actions: {
    add: {
      payload: AddSchema,
      response: StateSchema,
      handler: (ctx, { value }) => ({ total: ctx.state.total + value }),
    },
  },
})

const workers = actor('workers', {
  kind: 'pooled',
  pool: { max: 4 },
  actions: { work: (_ctx, n: number) => n * 2 },
})

test('an effect takes what its action takes', () => {
  same<typeof workers.kind, 'pooled'>(true)
  const made = () => {
    same<Effect<{ balance: number }>, ReturnType<typeof deposit>>(true)
    const list: readonly Effect[] = [
      effect(account, 'a').deposit({ amount: 5 }, { delay: 1_000, metadata: { a: 'b' } }),
      effect(account, 'a').close(),
      effect(account, 'a').close(undefined, { scheduledTo: new Date(0) }),
      effect(account, 'a').note(),
      effect(account, 'a').note('text', { cron: '0 9 * * *', timeZone: 'Europe/Berlin' }),
      effect(checked).pay({ amount: 5 }),
      effect(counter).add({ value: 5 }),
      effect(workers).work(5),
      effect('account', 'deposit', { whatever: true }, { ref: 'account' }),
    ]
    return Value.of().effects(list)
  }
  const deposit = (amount: number) => effect(account, 'a').deposit({ amount })
  const mistakes = () => {
    // @ts-expect-error a payload of the wrong type
    effect(account, 'a').deposit({ amount: 'x' })
    // @ts-expect-error a payload that is missing
    effect(account, 'a').deposit()
    // @ts-expect-error a payload where there is none
    effect(account, 'a').close(1)
    // @ts-expect-error an action that does not exist
    void effect(account, 'a')['withdraw']
    // @ts-expect-error an option that does not exist
    effect(account, 'a').deposit({ amount: 5 }, { dealy: 1 })
    // @ts-expect-error the schema's input
    effect(checked).pay({ amount: '5' })
    // @ts-expect-error no such field
    effect(counter).add({ valu: 5 })
    // @ts-expect-error an instance has a name
    effect(account)
    // @ts-expect-error a named actor has no other
    effect(counter, 'other')
    // @ts-expect-error nor has a pool
    effect(workers, 'w-1')
    // @ts-expect-error an effect is made with effect(...)
    Value.of().effect({ to: 'account', action: 'deposit' })
  }
  void [made, mistakes]
})

test('a pipe takes the response, and answers with that of its last hop', () => {
  const till = actor('till', {
    state: { sales: 0 },
    actions: {
      sell: (ctx, price: number) =>
        Value.of()
          .state({ sales: ctx.state.sales + 1 })
          .response({ amount: price })
          .pipe(account, 'deposit', 'till'),
      before: (_ctx, n: number) => Value.of().forward(workers, 'work').effect('log', 'write', n),
      named: () => Value.of().response(1).pipe('somewhere', 'else', { ref: 'other' }),
      either: (_ctx, free: boolean) =>
        free ? Value.of().response('free') : Value.of().response({ value: 1 }).pipe(counter, 'add'),
      withSchema: {
        response: z.object({ amount: z.number() }),
        handler: (_ctx, free: boolean) => {
          const value = Value.of().response({ amount: 1 })
          return free ? value : value.pipe(account, 'deposit', 'a')
        },
      },
      anything: () => Value.of().response({ any: 'thing' }).pipe(account, 'close', 'a'),
      async: async (_ctx, amount: number) => Value.of().response({ amount }).pipe(checked, 'pay'),
    },
  })
  const calls = async (ref: RefOf<typeof till>) => {
    same<{ balance: number }, Awaited<ReturnType<typeof sell>>>(true)
    const sell = () => ref.sell(5)
    const worked: number = await ref.before(2)
    const named: unknown = await ref.named()
    const either: string | State = await ref.either(true)
    const own: { amount: number } | { balance: number } = await ref.withSchema(true)
    const closed: number = await ref.anything()
    const paid: { paid: boolean } = await ref.async(1)
    return [worked, named, either, own, closed, paid]
  }
  const mistakes = () => {
    const priced = Value.of().response({ price: 5 })
    // @ts-expect-error the next action takes another payload than this response
    priced.pipe(account, 'deposit', 'a')
    // @ts-expect-error it takes one, and there is none
    Value.of().pipe(account, 'deposit', 'a')
    // @ts-expect-error an action that does not exist
    priced.pipe(account, 'withdraw', 'a')
    // @ts-expect-error an instance has a name
    priced.pipe(account, 'close')
    // @ts-expect-error a named actor has no other
    Value.of().forward(counter, 'add', 'other')
    // @ts-expect-error one way only
    priced.pipe('a', 'b').forward('c', 'd')
    // @ts-expect-error one way only
    priced.pipe(account, 'close', 'a').pipe(account, 'close', 'b')
    actor('wrong', {
      state: { n: 0 },
      actions: {
        // @ts-expect-error the state of a Value that goes on is still the actor's
        go: () => Value.of({ m: 1 }).pipe('a', 'b'),
      },
    })
  }
  void [calls, mistakes]
})

test('a call for later answers with an id, one for a receipt with that', () => {
  const calls = async (ref: RefOf<typeof account>, system: System, ctx: Context) => {
    const id: string = await ref.deposit({ amount: 1 }, { delay: 5 })
    const at: string = await ref.close(undefined, { scheduledTo: new Date(0), idempotencyKey: 'k' })
    const again: string = await ref.note('text', { cron: '* * * * *', timeZone: 'UTC' })
    const receipt = await ref.deposit({ amount: 1 }, { receipt: true, timeout: 5 })
    same<Receipt<{ balance: number }>, typeof receipt>(true)
    const got = await ref.get(undefined, { receipt: true })
    same<Receipt<{ balance: number }>, typeof got>(true)
    const plain: { balance: number } = await ref.deposit({ amount: 1 }, { receipt: false })
    const byName: string = await system.invoke('a', { action: 'b', delay: 5 })
    const nested: string = await ctx.invoke('a', { action: 'b', cron: '* * * * *' })
    const rests: Receipt = await system.invoke('a', { action: 'b', receipt: true })
    const within: Receipt = await ctx.invoke('a', { action: 'b', receipt: true })
    const said = system.invoke('a', { action: 'b' })
    same<Promise<unknown>, typeof said>(true)

    // @ts-expect-error a payload of the wrong type, later too
    void ref.deposit({ amount: 'x' }, { delay: 5 })
    // @ts-expect-error one time only
    void ref.deposit({ amount: 1 }, { delay: 5, scheduledTo: 6 })
    // @ts-expect-error a call for later has no receipt yet
    void ref.deposit({ amount: 1 }, { delay: 5, receipt: true })
    // @ts-expect-error nor has one that is not waited for
    void ref.deposit({ amount: 1 }, { async: true, receipt: true })
    return [id, at, again, plain, byName, nested, rests, within]
  }
  void calls
})

test('the settings of an actor know its actions', () => {
  const made = () => {
    actor('listener', {
      channels: ['orders', { topic: 'prices', action: 'reprice' }],
      reentrancy: 'call-chain',
      actions: {
        receive: (_ctx, order: { id: string }) => order.id,
        reprice: (_ctx, price: number) => price,
        tick: { timer: 1_000, handler: (ctx) => ctx.self.name },
        peek: { query: true, payload: z.object({ n: z.number() }), handler: (_ctx, { n }) => n },
      },
    })
    actor('counting', {
      channels: ['orders', { topic: 'returns', action: 'returned' }],
      state: { sold: 0 },
      actions: {
        receive: (ctx, _order: { id: string }) => Value.of({ sold: ctx.state.sold + 1 }),
        returned: (ctx, _order: { id: string }) => Value.of({ sold: ctx.state.sold - 1 }),
      },
    })
    actor('wrong', {
      channels: [{ topic: 'prices', action: 'repprice' }],
      // @ts-expect-error an action that does not exist
      actions: { reprice: () => 1 },
    })
    // @ts-expect-error a topic alone is for the action `receive`
    actor('wrong', { channels: ['prices'], actions: { reprice: () => 1 } })
    // @ts-expect-error a word that does not exist
    actor('wrong', { reentrancy: 'all', actions: {} })
    // @ts-expect-error a period is a number
    actor('wrong', { actions: { tick: { timer: '1s', handler: () => 1 } } })
    // @ts-expect-error an option of a pool that does not exist
    actor('wrong', { kind: 'pooled', pool: { maximum: 1 }, actions: {} })
  }
  void made
})
