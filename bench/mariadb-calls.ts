// Durable calls on a MariaDB store, as an application makes them. The variant `large` has a state of a mebibyte.

import { system } from 'spawn-mesh'
import { MariadbStore } from 'spawn-mesh/stores/mariadb'

import { durable, large } from './counters.ts'
import { actorNames, drive, Picker, warmUp } from './drive.ts'
import { DATABASE, startMariadb } from './private-mariadb.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const server = await startMariadb(directory)
  const store = new MariadbStore({ ...server.address, database: DATABASE, tls: null })
  const counters = await system('bench', { actors: [durable, large], store }).start()
  const names = actorNames(actors)
  const ref = variant === 'large' ? 'large' : 'durable'
  const add = (at: number): Promise<unknown> =>
    counters.invoke(names[at]!, { ref, action: 'add', payload: { value: 1 } })
  for (let from = 0; from < actors; from += callers)
    await Promise.all(names.slice(from, from + callers).map((_, at) => add(from + at)))
  const picker = new Picker(actors)
  if (variant !== 'large') await warmUp(() => add(picker.next()))

  return {
    round: async (durationMs) => ({
      rate: await drive({ callers, durationMs, lookEvery: callers }, () => add(picker.next())),
    }),
    stop: async () => {
      await counters.stop()
      await server.end()
    },
  }
}
