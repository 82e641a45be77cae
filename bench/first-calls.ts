// How long the first call after passivation takes: actors with a short idle time are left alone until they have gone from
// memory, then called once, one after the other. Their init action tells that each call did begin a new life.

import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { actor, system } from 'spawn-mesh'

import { actorNames, quantile } from './drive.ts'
import type { Prepare } from './subject.ts'

const IDLE_MS = 50
/** Until all that were called last are gone. */
const GONE_MS = IDLE_MS * 3

let lives = 0

const sleeper = actor('sleeper', {
  kind: 'unnamed',
  state: { total: 0 },
  deactivateTimeout: IDLE_MS,
  actions: {
    init: () => {
      lives += 1
    },
    add: (ctx, { value }: { readonly value: number }) => {
      ctx.state = { total: ctx.state.total + value }
    },
  },
})

export const prepare: Prepare = async ({ actors, directory }) => {
  const store = `sqlite:${join(directory, 'sleepers.sqlite')}` as const
  const sleepers = await system('bench', { actors: [sleeper], store }).start()
  const refs = actorNames(actors).map((name) => sleepers.ref(sleeper, name))
  await Promise.all(refs.map((ref) => ref.add({ value: 1 })))

  return {
    round: async () => {
      await setTimeout(GONE_MS)
      const before = lives
      const tookMs: number[] = []
      for (const ref of refs) {
        const from = performance.now()
        await ref.get()
        tookMs.push(performance.now() - from)
      }
      if (lives - before !== actors)
        throw new Error(`${lives - before} of ${actors} actors had been passivated`)
      return { p50Ms: quantile(tookMs, 0.5), p99Ms: quantile(tookMs, 0.99) }
    },
    stop: () => sleepers.stop(),
  }
}
