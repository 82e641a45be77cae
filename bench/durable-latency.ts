// How long one caller waits for a durable call when nobody else calls. One caller makes too few calls for Node to compile
// what they run through, so many warm the process up before.

import { countersIn, durable } from './counters.ts'
import { actorNames, drive, Picker, quantile, time } from './drive.ts'
import type { Prepare } from './subject.ts'

const WARM_UP_CALLERS = 64
const WARM_UP_MS = 1_500

export const prepare: Prepare = async ({ actors, directory }) => {
  const counters = await countersIn(directory).start()
  const refs = actorNames(actors).map((name) => counters.ref(durable, name))
  await Promise.all(refs.map((ref) => ref.add({ value: 1 })))
  const picker = new Picker(actors)
  const call = (): Promise<unknown> => refs[picker.next()]!.add({ value: 1 })
  await drive({ callers: WARM_UP_CALLERS, durationMs: WARM_UP_MS, lookEvery: WARM_UP_CALLERS }, call)
  return {
    round: async (durationMs) => ({ p50Us: quantile(await time(durationMs, call), 0.5) * 1_000 }),
    stop: () => counters.stop(),
  }
}
