// How fast actors come to life from SQLite while others leave: the system may keep a quarter of its actors in memory, and
// they are called in turns, so that a call meets an actor that has been passivated. What counts is what the store loaded.

import { join } from 'node:path'

import { system } from 'spawn-mesh'
import { SqliteStore } from 'spawn-mesh/stores/sqlite'

import { durable } from './counters.ts'
import { actorNames, drive, Picker } from './drive.ts'
import type { Prepare } from './subject.ts'

class CountingStore extends SqliteStore {
  loaded = 0

  override load(...[ids]: Parameters<SqliteStore['load']>): ReturnType<SqliteStore['load']> {
    this.loaded += ids.length
    return super.load(ids)
  }
}

export const prepare: Prepare = async ({ actors, callers, directory }) => {
  const store = new CountingStore({ file: join(directory, 'counters.sqlite') })
  const limits = { residentActors: actors / 4 }
  const counters = await system('bench', { actors: [durable], store, limits }).start()
  const names = actorNames(actors)
  for (let from = 0; from < actors; from += callers) {
    await Promise.all(
      names.slice(from, from + callers).map((name) => counters.ref(durable, name).add({ value: 1 })),
    )
  }
  const picker = new Picker(actors)

  return {
    round: async (durationMs) => {
      const before = store.loaded
      let calls = 0
      const rate = await drive({ callers, durationMs, lookEvery: 64 }, async () => {
        calls += 1
        const { total } = await counters.ref(durable, names[picker.next()]!).get()
        if (total !== 1) throw new Error(`an actor came back with a total of ${total}, not 1`)
      })
      // A few that the rounds before brought in may still be there.
      const loads = store.loaded - before
      if (loads < calls / 2) throw new Error(`${calls} calls made only ${loads} loads`)
      return { rate: rate * (loads / calls) }
    },
    stop: () => counters.stop(),
  }
}
