// Durable calls, each with an idempotency key that was never used before. Callers have a few keys at a time, from a header or the id of
// a message: so each is made from bytes of the round right before its call, and that is in what is measured. A hundred thousand
// texts that are made before a round grow old there, and collecting them went into the calls.

import { randomBytes } from 'node:crypto'

import { countersIn, durable } from './counters.ts'
import { actorNames, drive, Picker, WARM_UP_MS, warmUp } from './drive.ts'
import type { Prepare } from './subject.ts'

const KEY_BYTES = 16
/** More than are used: no disk has taken half of that yet. */
const KEYS_PER_MS = 250

/** Keys by which nothing was called yet. */
class Keys {
  readonly #bytes: Buffer
  #at = 0

  constructor(count: number) {
    this.#bytes = randomBytes(KEY_BYTES * count)
  }

  next(): string {
    if (this.#at === this.#bytes.length) throw new Error('there are not enough keys')
    return this.#bytes.toString('hex', this.#at, (this.#at += KEY_BYTES))
  }
}

export const prepare: Prepare = async ({ actors, callers, directory }) => {
  const counters = await countersIn(directory).start()
  const names = actorNames(actors)
  await Promise.all(names.map((name) => counters.ref(durable, name).add({ value: 1 })))
  const picker = new Picker(actors)
  let keys = new Keys(KEYS_PER_MS * WARM_UP_MS)
  const add = (): Promise<unknown> => {
    const idempotencyKey = keys.next()
    const payload = { value: 1 }
    return counters.invoke(names[picker.next()]!, { ref: 'durable', action: 'add', payload, idempotencyKey })
  }
  await warmUp(add)

  return {
    round: async (durationMs) => {
      keys = new Keys(KEYS_PER_MS * durationMs)
      return { rate: await drive({ callers, durationMs, lookEvery: callers }, add) }
    },
    stop: () => counters.stop(),
  }
}
