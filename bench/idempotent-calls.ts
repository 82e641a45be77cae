// Durable calls, each with an idempotency key that was never used before. Callers have their keys, from a header or the id of a
// message, before they call: so they are made before each round.

import { randomBytes } from 'node:crypto'

import { countersIn, durable } from './counters.ts'
import { actorNames, drive, Picker, WARM_UP_MS, warmUp } from './drive.ts'
import type { Prepare } from './subject.ts'

const KEY_BYTES = 16
/** More than are used: no disk has taken half of that yet. */
const KEYS_PER_MS = 250

function freshKeys(count: number): string[] {
  const bytes = randomBytes(KEY_BYTES * count)
  return Array.from({ length: count }, (_none, at) =>
    bytes.toString('hex', KEY_BYTES * at, KEY_BYTES * (at + 1)),
  )
}

/**
 * So many young strings would be copied in the middle of the round, twice, and 15 ms of 400 go to that. Callers have a few at a
 * time.
 */
function makeOld(): void {
  if (globalThis.gc === undefined) throw new Error('this process needs --expose-gc')
  globalThis.gc({ type: 'minor' })
  globalThis.gc({ type: 'minor' })
}

export const prepare: Prepare = async ({ actors, callers, directory }) => {
  const counters = await countersIn(directory).start()
  const names = actorNames(actors)
  await Promise.all(names.map((name) => counters.ref(durable, name).add({ value: 1 })))
  const picker = new Picker(actors)
  let keys = freshKeys(KEYS_PER_MS * WARM_UP_MS)
  const add = (): Promise<unknown> => {
    const idempotencyKey = keys.pop()
    if (idempotencyKey === undefined) throw new Error('there are not enough keys')
    const payload = { value: 1 }
    return counters.invoke(names[picker.next()]!, { ref: 'durable', action: 'add', payload, idempotencyKey })
  }
  await warmUp(add)

  return {
    round: async (durationMs) => {
      keys = freshKeys(KEYS_PER_MS * durationMs)
      makeOld()
      return { rate: await drive({ callers, durationMs, lookEvery: callers }, add) }
    },
    stop: () => counters.stop(),
  }
}
