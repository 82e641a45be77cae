// The module that the members of the cluster tests serve: lists that are added to and read, as ledger-model.ts has them.

import { actor, Value } from '../../src/sdk/index.ts'

export const ledger = actor('ledger', {
  kind: 'unnamed',
  state: { entries: [] as string[] },
  actions: {
    add: (ctx, { id }: { id: string }) => {
      const entries = [...ctx.state.entries, id]
      return Value.of().state({ entries }).response({ count: entries.length, last: id })
    },
    look: ({ state: { entries } }) =>
      Value.of().response({ count: entries.length, last: entries.at(-1) ?? '' }),
    all: ({ state: { entries } }) => Value.of().response({ entries }),
  },
})
