// Calls in this process by name, as an application makes them. The variant names the kind of counter; `sealed` is the
// durable one with its store encrypted.

import { countersIn } from './counters.ts'
import { actorNames, drive, Picker, warmUp } from './drive.ts'
import type { Prepare } from './subject.ts'

/** Callers that bring all actors into memory before anything is measured. */
const LOADERS = 256

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const isSealed = variant === 'sealed'
  const isDurable = isSealed || variant === 'durable' || variant === 'sourceable'
  const counters = await countersIn(directory, { sealed: isSealed }).start()
  const ref = isSealed ? 'durable' : variant
  const names = actorNames(actors)
  const add = (at: number): Promise<unknown> =>
    counters.invoke(names[at]!, { ref, action: 'add', payload: { value: 1 } })

  for (let from = 0; from < actors; from += LOADERS) {
    await Promise.all(names.slice(from, from + LOADERS).map((_, at) => add(from + at)))
  }
  const picker = new Picker(actors)
  const lookEvery = isDurable ? callers : 64
  if (isDurable) await warmUp(() => add(picker.next()))

  return {
    round: async (durationMs) => ({
      rate: await drive({ callers, durationMs, lookEvery }, () => add(picker.next())),
    }),
    stop: () => counters.stop(),
  }
}
