// The module that the crash test serves: counters, one per name, durable at every add, each of which leaves a fact.

import { actor, Value } from '../../src/sdk/index.ts'

export const counter = actor('counter', {
  kind: 'unnamed',
  state: { total: 0 },
  sourceable: true,
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})
