// How long one caller waits for a durable call when nobody else calls.

import { countersIn, durable } from './counters.ts'
import { actorNames, Picker, quantile, time, warmUp } from './drive.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ actors, directory }) => {
  const counters = await countersIn(directory).start()
  const refs = actorNames(actors).map((name) => counters.ref(durable, name))
  await Promise.all(refs.map((ref) => ref.add({ value: 1 })))
  const picker = new Picker(actors)
  const call = (): Promise<unknown> => refs[picker.next()]!.add({ value: 1 })
  await warmUp(call)
  return {
    round: async (durationMs) => ({ p50Us: quantile(await time(durationMs, call), 0.5) * 1_000 }),
    stop: () => counters.stop(),
  }
}
