// A call that goes on from one actor to another by a pipe, and is answered by the second; or, as the variant `two calls`,
// the same two turns as two calls, one after the other, by the same caller. Both commit both turns.

import { actorNames, drive, Picker, warmUp } from './drive.ts'
import { receiver, relaysIn, sender } from './relays.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const { relays } = await relaysIn(directory)
  const names = actorNames(actors)
  await Promise.all(names.map((name) => relays.ref(sender, name).add({ value: 1 })))
  await Promise.all(names.map((name) => relays.ref(receiver, name).add({ value: 1 })))
  const picker = new Picker(actors)

  const piped = async (): Promise<void> => {
    const name = names[picker.next()]!
    await relays.invoke(name, { ref: 'sender', action: 'pass', payload: { to: name, value: 1 } })
  }
  const called = async (): Promise<void> => {
    const name = names[picker.next()]!
    await relays.invoke(name, { ref: 'sender', action: 'add', payload: { value: 1 } })
    await relays.invoke(name, { ref: 'receiver', action: 'add', payload: { value: 1 } })
  }
  const call = variant === 'two calls' ? called : piped
  await warmUp(call)

  return {
    round: async (durationMs) => ({ rate: await drive({ callers, durationMs, lookEvery: callers }, call) }),
    stop: () => relays.stop(),
  }
}
