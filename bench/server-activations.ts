// How fast actors come to life from a database server while others leave, as activations.ts has it for SQLite. The variant
// `stored N` begins with N actors in the table, of which the measured ones are some: that activations cost the same.

import { system } from 'spawn-mesh'

import { durable } from './counters.ts'
import { drive, Picker, quantile, spreadNames, storedOf, time } from './drive.ts'
import type { ServedStore } from './server-calls.ts'
import type { Prepare } from './subject.ts'

/** A store with its tables, and how actors come into them without it. */
export interface FilledStore extends ServedStore {
  /** Puts `actor-<from>` to `actor-<to>` into the table, as `durable` with a total of 1,234. */
  fill(from: number, to: number): Promise<void>
  /** The server has done what it does after so much was written. */
  settle(): Promise<void>
}

/** Actors at a time: one statement each. */
const FILLED_AT_ONCE = 250_000
const WARM_UP_MS = 6_000
/** Until each session of the pool has touched nearly all pages on which they lie, where these are two for each actor. */
const TOUCHED_MS = 30_000

export function activationsFrom(open: (directory: string) => Promise<FilledStore>): Prepare {
  return async ({ actors, callers, directory, variant }) => {
    const { end, fill, settle, store } = await open(directory)
    const stored = storedOf(actors, variant)
    for (let from = 0; from < stored; from += FILLED_AT_ONCE)
      await fill(from, Math.min(stored, from + FILLED_AT_ONCE) - 1)
    await settle()
    let loaded = 0
    const load = store.load.bind(store)
    store.load = (ids) => {
      loaded += ids.length
      return load(ids)
    }
    const limits = { residentActors: actors / 4 }
    const counters = await system('bench', { actors: [durable], store, limits }).start()
    const names = spreadNames(actors, stored)
    const picker = new Picker(actors)
    // Every session of the pool touches pages for the first time, and that costs it more than reading them.
    const durationMs = stored > actors ? TOUCHED_MS : WARM_UP_MS
    await drive({ callers, durationMs, lookEvery: callers }, () =>
      counters.ref(durable, names[picker.next()]!).get(),
    )

    return {
      round: async (durationMs) => {
        const before = loaded
        let calls = 0
        const next = async (): Promise<void> => {
          calls += 1
          const { total } = await counters.ref(durable, names[picker.next()]!).get()
          if (total !== 1234) throw new Error(`an actor came to life with a total of ${total}`)
        }
        const rate = await drive({ callers, durationMs, lookEvery: 64 }, next)
        const tookMs = await time(durationMs / 2, next)
        const loads = loaded - before
        if (loads < calls / 2) throw new Error(`${calls} calls made only ${loads} loads`)
        return { rate: rate * (loads / calls), p50Ms: quantile(tookMs, 0.5) }
      },
      stop: async () => {
        await counters.stop()
        await end()
      },
    }
  }
}
