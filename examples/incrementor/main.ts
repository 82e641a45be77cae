// The smallest durable actor: it adds, and never forgets. `npm start` serves it; any program can start it by itself with
// `await using running = await mySystem.start()`.

import { actor, system, Value } from 'spawn-mesh'

export const incrementor = actor('incrementor', {
  kind: 'named',
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

export const mySystem = system('my-system', { actors: [incrementor] })
