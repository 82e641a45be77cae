// The limit of an embedded call: a Map from names to actors, each with a mailbox of messages that one microtask drains,
// and a promise for every caller. No addresses, deadlines, limits, failures, cancellation, passivation or stores.

import { actorNames, drive, Picker } from './drive.ts'
import type { Prepare } from './subject.ts'

interface Message {
  readonly payload: { readonly value: number }
  readonly resolve: (response: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Its reactions are microtasks, and cheaper than queueMicrotask's. */
const NOW = Promise.resolve()

class Actor {
  state = { total: 0 }
  private mailbox: Message[] = []
  private readonly drain = (): void => {
    const messages = this.mailbox
    this.mailbox = []
    for (const message of messages) {
      try {
        message.resolve(this.add(message.payload))
      } catch (error) {
        message.reject(error)
      }
    }
  }

  push(message: Message): void {
    this.mailbox.push(message)
    if (this.mailbox.length === 1) void NOW.then(this.drain)
  }

  private add({ value }: { readonly value: number }): { total: number } {
    const total = this.state.total + value
    this.state = { total }
    return { total }
  }
}

export const prepare: Prepare = async ({ actors, callers }) => {
  const names = actorNames(actors)
  const byName = new Map(names.map((name) => [name, new Actor()]))
  const picker = new Picker(actors)

  const call = (name: string, payload: { value: number }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const actor = byName.get(name)
      if (actor === undefined) reject(new Error(`no actor ${name}`))
      else actor.push({ payload, resolve, reject })
    })

  return {
    round: async (durationMs) => {
      const options = { callers, durationMs, lookEvery: 64 }
      return { rate: await drive(options, () => call(names[picker.next()]!, { value: 1 })) }
    },
    stop: async () => {},
  }
}
