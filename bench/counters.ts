// The application that is measured: counters of every kind, and their system, written as a user would. Instances are
// called by name (`actor-7`) with the variant's name as `ref`.

import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { join } from 'node:path'

import { actor, system, type SystemBuilder, Value } from 'spawn-mesh'

import type { Statestore } from '../src/ports/index.ts'

interface Addition {
  readonly value: number
}

const state = { total: 0 }
const DIGESTS = 250

/** Committed before its reply, the default. */
export const durable = actor('durable', {
  kind: 'unnamed',
  state,
  actions: {
    add: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

/** The same, and each turn leaves a fact. */
export const sourceable = actor('sourceable', {
  kind: 'unnamed',
  state,
  sourceable: true,
  actions: {
    add: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

/** JSON takes each of its characters for one byte. */
export const MEBIBYTE = 'state of an actor. '.repeat(55_189)

/** The same with a state of a mebibyte. */
export const large = actor('large', {
  kind: 'unnamed',
  state: { total: 0, text: MEBIBYTE },
  actions: {
    add: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      return Value.of().state({ total, text: ctx.state.text }).response({ total })
    },
  },
})

/** Its state lives and ends with it. */
export const volatile = actor('volatile', {
  kind: 'unnamed',
  stateful: false,
  state,
  actions: {
    add: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

/** As `volatile`, and computes for a quarter of a millisecond or so. */
export const busy = actor('busy', {
  kind: 'unnamed',
  stateful: false,
  state: { total: 0, digest: '' },
  actions: {
    add: (ctx, { value }: Addition) => {
      const total = ctx.state.total + value
      const digest = pbkdf2Sync(ctx.state.digest, 'bench', DIGESTS, 16, 'sha256').toString('hex')
      return Value.of().state({ total, digest }).response({ total })
    },
  },
})

/** Computes, and keeps nothing. */
export const stateless = actor('stateless', {
  kind: 'unnamed',
  stateful: false,
  actions: { add: (_ctx, { value }: Addition) => ({ total: value + 1 }) },
})

export interface SystemOptions {
  /** Absent: it opens no port. */
  readonly http?: number
  /** Whether its store is encrypted. Absent: it is not. */
  readonly sealed?: boolean
  /** Absent: an SQLite file in the directory. */
  readonly store?: Statestore
  /** Processes that serve it. Absent: one. */
  readonly workers?: number
}

/** The system with all of them. */
export function countersIn(directory: string, options: SystemOptions = {}): SystemBuilder {
  const { http, sealed, workers, store = `sqlite:${join(directory, 'counters.sqlite')}` as const } = options
  const encryption = sealed === true && { keys: [{ id: '2026', secret: randomBytes(32) }] }
  const actors = [durable, sourceable, volatile, busy, stateless]
  return system('bench', { actors, store, encryption, http: http ?? false, workers })
}
