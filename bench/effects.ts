// Effects: how many per second have had their turn, durably. Callers call senders, and each call's turn sends one effect to
// a receiver. A round ends when all of its effects are delivered, so what the calls are ahead of the deliveries counts
// against them.

import { actorNames, drive, Picker, warmUp } from './drive.ts'
import { receiver, relaysIn, sender } from './relays.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ actors, callers, directory }) => {
  const { relays, store } = await relaysIn(directory)
  const names = actorNames(actors)
  await Promise.all(names.map((name) => relays.ref(sender, name).add({ value: 1 })))
  await Promise.all(names.map((name) => relays.ref(receiver, name).add({ value: 1 })))
  const picker = new Picker(actors)
  let sent = 0

  const send = (): Promise<unknown> => {
    const from = picker.next()
    // Another receiver for each sender in each lap.
    const to = (from + Math.floor(sent / actors)) % actors
    sent += 1
    const payload = { to: names[to], value: 1 }
    return relays.invoke(names[from]!, { ref: 'sender', action: 'send', payload })
  }
  await warmUp(send)
  await store.reaches(sent)

  return {
    round: async (durationMs) => {
      const before = sent
      const from = performance.now()
      await drive({ callers, durationMs, lookEvery: callers }, send)
      const waiting = sent - store.taken
      await store.reaches(sent)
      return { rate: (sent - before) / ((performance.now() - from) / 1_000), waiting }
    },
    stop: () => relays.stop(),
  }
}
