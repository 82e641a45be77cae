// A program that does nothing but wait for the end of a pipe, as soon as its system has started: run by pending-hop.test.ts.

import { actor, system, Value } from '../../src/sdk/index.ts'

const last = actor('last', { actions: { take: (_ctx, count: number) => count + 1 } })
const first = actor('first', {
  actions: { go: (_ctx, count: number) => Value.of().response(count).pipe('last', 'take') },
})

// Again and again, so that code is warm, and the hop is committed sooner than the system first looks into its store.
for (let count = 0; count < 50; count += 1) {
  const running = await system('waiting', { actors: [first, last], store: 'memory' }).start()
  await running.invoke('first', { action: 'go', payload: count })
  await running.stop()
}
console.log('all were answered')
