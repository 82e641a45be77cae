// An actor that can be asked for its total by a query, and a bench around it. For the tests of queries.

import type { Call, Definition } from '../../src/ports/index.ts'
import { type Bench, bench, counter, type CounterOptions, totalOf } from './fixture.ts'

export type Handlers = NonNullable<CounterOptions['handlers']>

/** A counter with the query `total`. */
export function queried(
  name: string,
  { handlers, queries = [], ...options }: CounterOptions = {},
): Definition {
  const total: Handlers[string] = (turn) => ({ response: totalOf(turn) })
  return counter(name, { handlers: { total, ...handlers }, queries: ['total', ...queries], ...options })
}

/** Calls the actor `a`, without letting time pass. */
export type Ask = (action: string, more?: Partial<Call>) => Promise<unknown>

export async function askable(options: CounterOptions = {}): Promise<Bench & { ask: Ask }> {
  const made = await bench({ definitions: [queried('counter', options)] })
  const ask: Ask = (action, call = {}) => made.runtime.invoke('a', { ref: 'counter', action, ...call })
  return { ...made, ask }
}
