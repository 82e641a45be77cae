// What `spawn dev` serves when its start is measured.

import { actor, system, Value } from 'spawn-mesh'

const first = actor('first', {
  kind: 'named',
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { readonly value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

export const started = system('bench', { actors: [first] })
