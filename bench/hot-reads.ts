// Queries of one hot actor: how many reads per second there are, alone or, as the variant `beside writes`, while a writer
// changes the actor durably, one call after the other, so that there is always a commit under way.

import { actorNames, drive, WARM_UP_MS, warmUp } from './drive.ts'
import { hot, relaysIn } from './relays.ts'
import type { Prepare, Reading } from './subject.ts'

export const prepare: Prepare = async ({ callers, directory, variant }) => {
  const { relays } = await relaysIn(directory)
  const [name = ''] = actorNames(1)
  const actor = relays.ref(hot, name)
  const read = (): Promise<unknown> => actor.read()
  const write = (): Promise<unknown> => actor.add({ value: 1 })
  await warmUp(write)
  await warmUp(read)
  const writes = variant === 'beside writes'
  const round = async (durationMs: number): Promise<Reading> => {
    const reading = drive({ callers, durationMs, lookEvery: 64 }, read)
    if (!writes) return { rate: await reading }
    const writing = drive({ callers: 1, durationMs, lookEvery: 1 }, write)
    return { rate: await reading, writes: await writing }
  }
  // What both do to the code that they share is compiled by then.
  await round(WARM_UP_MS)

  return {
    round,
    stop: () => relays.stop(),
  }
}
