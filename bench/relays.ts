// The application that is measured where turns cause turns: counters that send effects, pipe, broadcast and subscribe,
// written as a user would. Every turn of them changes a state, like those of the counters that are called.

import { join } from 'node:path'

import { actor, effect, system, type System, Value } from 'spawn-mesh'

import { TakingStore } from './taking-store.ts'

interface Addition {
  readonly value: number
}

/** An addition that is passed on to the receiver of this name. */
interface Errand extends Addition {
  readonly to: string
}

const CHANNEL = 'additions'

const state = { total: 0 }

/** Takes what the others send. */
export const receiver = actor('receiver', {
  kind: 'unnamed',
  state,
  actions: {
    add: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

/** Counts, and has a receiver count, too. */
export const sender = actor('sender', {
  kind: 'unnamed',
  state,
  actions: {
    add: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
    send: (ctx, { to, value }: Errand) => {
      const total = ctx.state.total + value
      return Value.of()
        .state({ total })
        .response({ total })
        .effects([effect(receiver, to).add({ value })])
    },
    pass: (ctx, { to, value }: Errand) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ value }).pipe(receiver, 'add', to)
    },
  },
})

/** One that all subscribers hear. */
export const announcer = actor('announcer', {
  kind: 'named',
  state,
  actions: {
    announce: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).broadcast({ channel: CHANNEL, payload: { value } })
    },
  },
})

export const subscriber = actor('subscriber', {
  kind: 'unnamed',
  state,
  channels: [CHANNEL],
  actions: {
    receive: (ctx, { value }: Addition) => {
      ctx.state = { total: ctx.state.total + value }
    },
  },
})

/** Read by many while it changes. */
export const hot = actor('hot', {
  kind: 'unnamed',
  state,
  actions: {
    add: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
    read: { query: true, handler: (ctx) => ctx.state },
  },
})

export interface Relays {
  readonly relays: System
  /** Tells what was delivered. */
  readonly store: TakingStore
}

/** The system with all of them, started on an SQLite file in `directory`. */
export async function relaysIn(directory: string): Promise<Relays> {
  const store = new TakingStore({ file: join(directory, 'relays.sqlite') })
  const actors = [receiver, sender, announcer, subscriber, hot]
  return { relays: await system('bench', { actors, store }).start(), store }
}
