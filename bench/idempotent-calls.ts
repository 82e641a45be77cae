// Durable calls, each with an idempotency key that was never used before.

import { randomUUID } from 'node:crypto'

import { countersIn, durable } from './counters.ts'
import { actorNames, drive, Picker, warmUp } from './drive.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ actors, callers, directory }) => {
  const counters = await countersIn(directory).start()
  const names = actorNames(actors)
  await Promise.all(names.map((name) => counters.ref(durable, name).add({ value: 1 })))
  const picker = new Picker(actors)
  const add = (): Promise<unknown> =>
    counters.invoke(names[picker.next()]!, {
      ref: 'durable',
      action: 'add',
      payload: { value: 1 },
      idempotencyKey: randomUUID(),
    })
  await warmUp(add)

  return {
    round: async (durationMs) => ({ rate: await drive({ callers, durationMs, lookEvery: callers }, add) }),
    stop: () => counters.stop(),
  }
}
