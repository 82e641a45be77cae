// The same counters, acknowledged before they are written: what the crash test must find out.

import { actor, Value } from '../../src/sdk/index.ts'

export const counter = actor('counter', {
  kind: 'unnamed',
  durability: 'snapshot',
  snapshotTimeout: 3_600_000,
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})
