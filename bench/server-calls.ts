// Durable calls on a store in a database server, as an application makes them. The variant `large` has a state of a
// mebibyte, `sealed` an encrypted store.

import { randomBytes } from 'node:crypto'

import { type Statestore, system } from 'spawn-mesh'

import { durable, large } from './counters.ts'
import { actorNames, drive, Picker, warmUp } from './drive.ts'
import type { Prepare } from './subject.ts'

/** A store on a server that was started for it. */
export interface ServedStore {
  readonly store: Statestore
  /** Ends the server. */
  end(): Promise<void>
}

export function callsOn(open: (directory: string) => Promise<ServedStore>): Prepare {
  return async ({ actors, callers, directory, variant }) => {
    const { end, store } = await open(directory)
    const encryption = variant === 'sealed' && { keys: [{ id: '2026', secret: randomBytes(32) }] }
    const counters = await system('bench', { actors: [durable, large], store, encryption }).start()
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
        await end()
      },
    }
  }
}
