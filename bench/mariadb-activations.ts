// How fast actors come to life from MariaDB while others leave, as activations.ts has it for SQLite. The variant `stored N`
// begins with N actors in the table, of which the measured ones are some: that activations cost the same.

import { system } from 'spawn-mesh'
import { MariadbStore } from 'spawn-mesh/stores/mariadb'

import { BIRTH, STATE } from './bare-database.ts'
import { durable } from './counters.ts'
import { actorNames, drive, Picker } from './drive.ts'
import { DATABASE, startMariadb } from './private-mariadb.ts'
import type { Prepare } from './subject.ts'

class CountingStore extends MariadbStore {
  loaded = 0

  override load(...[ids]: Parameters<MariadbStore['load']>): ReturnType<MariadbStore['load']> {
    this.loaded += ids.length
    return super.load(ids)
  }
}

/** Actors at a time: one statement each. */
const FILLED_AT_ONCE = 250_000

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const server = await startMariadb(directory)
  const store = new CountingStore({ ...server.address, database: DATABASE, tls: null })
  await store.schema.migrate()
  const stored = Math.max(actors, Number(variant.replace('stored ', '')) || 0)
  for (let from = 0; from < stored; from += FILLED_AT_ONCE) {
    const to = Math.min(stored, from + FILLED_AT_ONCE) - 1
    await server.query(`INSERT INTO ${DATABASE}.spawn_actors
      (system, parent, name, revision, birth, epoch, committed_at_ms, state_type, state)
      SELECT 'bench', 'durable', CONCAT('actor-', seq), 1, ${BIRTH}, 1, 0, 'type.googleapis.com/spawn.JSONType',
        X'${STATE.toString('hex')}' FROM ${DATABASE}.seq_${from}_to_${to}`)
  }
  await server.query(`ANALYZE TABLE ${DATABASE}.spawn_actors`)
  const limits = { residentActors: actors / 4 }
  const counters = await system('bench', { actors: [durable], store, limits }).start()
  const names = stored === actors ? actorNames(actors) : spreadNames(actors, stored)
  const picker = new Picker(actors)

  return {
    round: async (durationMs) => {
      const before = store.loaded
      let calls = 0
      const rate = await drive({ callers, durationMs, lookEvery: 64 }, async () => {
        calls += 1
        const { total } = await counters.ref(durable, names[picker.next()]!).get()
        if (total !== 1234) throw new Error(`an actor came to life with a total of ${total}`)
      })
      const loads = store.loaded - before
      if (loads < calls / 2) throw new Error(`${calls} calls made only ${loads} loads`)
      return { rate: rate * (loads / calls) }
    },
    stop: async () => {
      await counters.stop()
      await server.end()
    },
  }
}

/** So many of those that are stored, evenly over all of them. */
function spreadNames(count: number, stored: number): string[] {
  const step = Math.floor(stored / count)
  return Array.from({ length: count }, (_none, at) => `actor-${at * step}`)
}
