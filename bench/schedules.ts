// A hundred thousand calls for later. A round registers all of them for one moment, and waits from that moment on until the
// last one has had its turn, durably.
//
// What the process keeps of them while they are pending is a variant of its own. To find out, all that its threads hold is
// collected first, compiled code that is not in use with it; registering, right behind that, took twice as long.

import { join } from 'node:path'

import { system } from 'spawn-mesh'

import { durable } from './counters.ts'
import { actorNames, Picker, warmUp } from './drive.ts'
import type { Prepare, Reading } from './subject.ts'
import { TakingStore } from './taking-store.ts'
import { ThreadMemory } from './thread-memory.ts'

const COUNT = 100_000
const MEGABYTE = 1e6
/** How long registering may take at first, in milliseconds: then they become due. */
const FIRST_WINDOW_MS = 4_000

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const memory = new ThreadMemory()
  const store = new TakingStore({ file: join(directory, 'schedules.sqlite') })
  const counters = await system('bench', { actors: [durable], store }).start()
  const names = actorNames(actors)
  await Promise.all(names.map((name) => counters.ref(durable, name).add({ value: 1 })))
  const picker = new Picker(actors)
  const call = { ref: 'durable', action: 'add', payload: { value: 1 } }
  await warmUp(() => counters.invoke(names[picker.next()]!, call))
  let windowMs = FIRST_WINDOW_MS

  const register = async (scheduledTo: number): Promise<void> => {
    let left = COUNT
    const loop = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        await counters.invoke(names[picker.next()]!, { ...call, scheduledTo })
      }
    }
    await Promise.all(Array.from({ length: callers }, loop))
  }

  /** @param pending looks at them when all are registered, which has taken so long. */
  const all = async (pending: (registeredMs: number) => Promise<Reading>): Promise<Reading> => {
    const taken = store.taken + COUNT
    const dueAtMs = Date.now() + windowMs
    const from = performance.now()
    await register(dueAtMs)
    const reading = await pending(performance.now() - from)
    const isLate = Date.now() >= dueAtMs
    await store.reaches(taken)
    const fired = perSecond(Date.now() - dueAtMs)
    if (!isLate) return { ...reading, fired }
    // Some fired while others were still registered.
    windowMs *= 2
    return all(pending)
  }

  const rates = (): Promise<Reading> =>
    all((registeredMs) => Promise.resolve({ registered: perSecond(registeredMs) }))

  const held = async (): Promise<Reading> => {
    const before = await memory.bytes()
    return all(async () => ({ pendingMb: ((await memory.bytes()) - before) / MEGABYTE }))
  }

  return { round: variant === 'held' ? held : rates, stop: () => counters.stop() }
}

function perSecond(milliseconds: number): number {
  return COUNT / (milliseconds / 1_000)
}
