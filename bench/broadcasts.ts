// Broadcasts: how many deliveries per second are durable when one actor broadcasts to all the others. It broadcasts again
// when all but a few of its broadcasts have reached everybody; a round ends when all have.

import { actorNames } from './drive.ts'
import { announcer, relaysIn, subscriber } from './relays.ts'
import type { Prepare } from './subject.ts'

/** Broadcasts under way at once: enough that there is always something to deliver. */
const UNDER_WAY = 2
const WARM_UP_BROADCASTS = 30

export const prepare: Prepare = async ({ actors, directory }) => {
  const { relays, store } = await relaysIn(directory)
  await Promise.all(actorNames(actors).map((name) => relays.ref(subscriber, name).receive({ value: 1 })))
  let sent = 0

  const announce = async (): Promise<void> => {
    await relays.ref(announcer).announce({ value: 1 })
    sent += actors
    await store.reaches(sent - actors * (UNDER_WAY - 1))
  }
  for (let count = 0; count < WARM_UP_BROADCASTS; count += 1) await announce()
  await store.reaches(sent)

  return {
    round: async (durationMs) => {
      const before = sent
      const from = performance.now()
      while (performance.now() - from < durationMs) await announce()
      await store.reaches(sent)
      return { rate: (sent - before) / ((performance.now() - from) / 1_000) }
    },
    stop: () => relays.stop(),
  }
}
