// The module that the members of the cluster tests serve: lists that are added to and read, as ledger-model.ts has them, and
// singers, who keep what was broadcast while they were in memory.

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

export const singer = actor('singer', {
  kind: 'unnamed',
  channels: [{ topic: 'songs', action: 'hear' }],
  state: { heard: [] as string[] },
  actions: {
    wake: ({ state }) => Value.of(state),
    hear: ({ state }, { id }: { id: string }) => Value.of({ heard: [...state.heard, id] }),
    all: ({ state }) => Value.of().response(state),
  },
})
