// A hundred thousand calls for later. A round registers all of them for one moment, looks at what the process keeps of
// them while they are pending, and waits from that moment on until the last one has had its turn, durably.

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

export const prepare: Prepare = async ({ actors, callers, directory }) => {
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

  const round = async (): Promise<Reading> => {
    const all = store.taken + COUNT
    const before = await memory.bytes()
    const dueAtMs = Date.now() + windowMs
    const from = performance.now()
    await register(dueAtMs)
    const registered = COUNT / ((performance.now() - from) / 1_000)
    const pendingMb = ((await memory.bytes()) - before) / MEGABYTE
    const isLate = Date.now() >= dueAtMs
    await store.reaches(all)
    const fired = COUNT / ((Date.now() - dueAtMs) / 1_000)
    if (!isLate) return { registered, pendingMb, fired }
    // Some fired while others were still registered.
    windowMs *= 2
    return round()
  }
  return { round, stop: () => counters.stop() }
}
