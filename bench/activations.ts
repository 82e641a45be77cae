// How fast actors come to life from SQLite: every round starts a new system on the same file, with nothing in memory, and
// reads each actor once; starting and stopping it are not counted.

import { countersIn, durable } from './counters.ts'
import { actorNames, Picker } from './drive.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ actors, callers, directory }) => {
  const names = actorNames(actors)

  /** Calls each actor once, and answers with the actors per second. */
  const each = async (action: 'add' | 'get'): Promise<number> => {
    const counters = await countersIn(directory).start()
    const picker = new Picker(actors)
    let left = actors
    const caller = async (): Promise<void> => {
      for (; left > 0;) {
        left -= 1
        const ref = counters.ref(durable, names[picker.next()]!)
        const { total } = action === 'add' ? await ref.add({ value: 1 }) : await ref.get()
        if (total !== 1) throw new Error(`an actor came back with a total of ${total}, not 1`)
      }
    }
    const from = performance.now()
    await Promise.all(Array.from({ length: callers }, caller))
    const rate = actors / ((performance.now() - from) / 1_000)
    await counters.stop()
    return rate
  }

  await each('add')
  return { round: async () => ({ rate: await each('get') }), stop: async () => {} }
}
