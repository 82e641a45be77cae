// Actors that keep their past, for tests of it.

import assert from 'node:assert/strict'
import type { Commit } from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'
import { type Bench, bench, counter, type CounterOptions, type GatedStore } from './fixture.ts'

export const HISTORY = { revisions: 10, durationMs: 0 }
export const id = (name: string, parent = 'counter') => ({ system: 'test', parent, name })
export const of = { ref: 'counter' }

export async function kept(options: CounterOptions = {}): Promise<Bench> {
  return bench({ definitions: [counter('counter', { history: HISTORY, ...options })] })
}

/** Adds 1, so many times, a second apart: revision n has the total n, and stands from n seconds on. */
export async function grow({ call, clock }: Bench, times: number, name = 'a'): Promise<void> {
  for (let at = 0; at < times; at += 1) {
    await clock.advance(1_000)
    await call(name, 'counter', 'add')
  }
}

/** What another owner would commit. */
export function foreign(follows: number, birth: number, total: number): Commit {
  return commitOf(id('a'), follows, { birth, state: jsonCodec.pack({ total }), history: HISTORY })
}

export async function birthOf(store: GatedStore): Promise<number> {
  return (await store.load([id('a')]))[0]?.birth ?? assert.fail('it is not stored')
}
