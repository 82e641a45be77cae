// A runtime with one named counter, and the next one over the same store.

import { type Bench, bench, counter, type CounterOptions } from './fixture.ts'

export const named = (name: string, more: CounterOptions = {}) => counter(name, { kind: 'named', ...more })

export async function restarted(at: Bench, more: CounterOptions = {}, awayMs = 0): Promise<Bench> {
  await at.clock.run(at.runtime.stop())
  await at.clock.advance(awayMs)
  return bench({ definitions: [named('a', more)], store: at.store, clock: at.clock })
}
