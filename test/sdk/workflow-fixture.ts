// A system on a virtual clock, and the actors that the tests of effects, pipes and schedules send to: one with plain JSON,
// one with Protobuf, one with Standard Schema.

import * as z from 'zod'

import { AddSchema, StateSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { actor, type ActorDefinition, type System, system, Value } from '../../src/sdk/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'

/** A system on a clock that stands until the test moves it. */
export interface Bench extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly system: System
}

export async function start(
  actors: ActorDefinition[],
  clock = new VirtualClock(),
  store = new MemoryStore(),
): Promise<Bench> {
  const running = await system('test', { actors, store, clock, logger: silentLogger }).start()
  return { clock, system: running, [Symbol.asyncDispose]: () => clock.run(running.stop()) }
}

export const account = actor('account', {
  kind: 'unnamed',
  state: { balance: 0, seen: '' },
  actions: {
    deposit: (ctx, { amount }: { amount: number }) => {
      const seen = `${ctx.caller?.name} ${JSON.stringify(ctx.metadata)}`
      const balance = ctx.state.balance + amount
      return Value.of({ balance, seen }, { balance })
    },
    fail: () => {
      throw new Error('closed')
    },
  },
})

export const counter = actor('counter', {
  schema: StateSchema,
  actions: {
    add: {
      payload: AddSchema,
      response: StateSchema,
      handler: (ctx, { value }) => {
        const total = ctx.state.total + value
        return Value.of({ total }, { total })
      },
    },
  },
})

export const strict = actor('strict', {
  schema: z.object({ sum: z.number() }),
  state: { sum: 0 },
  actions: {
    add: {
      payload: z.object({ value: z.number().default(1) }),
      response: z.object({ sum: z.number() }),
      handler: (ctx, { value }) => Value.of({ sum: ctx.state.sum + value }, { sum: ctx.state.sum + value }),
    },
  },
})
