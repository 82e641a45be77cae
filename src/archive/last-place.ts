// The last place at which an envelope stands in a store. What waits is gone through, for that are few; of facts there may be
// millions, and their last one is searched for by halves: some fifty looks at a page of one fact, however many there are.
//
// Only exact while nothing is committed.

import type { Statestore } from '../ports/index.ts'
import { waitingIn } from './census.ts'

/** 0: none stands. */
export async function lastPlace(store: Statestore): Promise<number> {
  let last = 0
  for (const system of await store.systems()) {
    for await (const { place } of waitingIn(store, system)) last = Math.max(last, place)
    last = Math.max(last, await lastFact(store, system))
  }
  return last
}

/** The place of a system's last fact; 0: it has none. */
async function lastFact(store: Statestore, system: string): Promise<number> {
  const firstBehind = async (place: number): Promise<number | null> =>
    (await store.facts(system, place, 1)).facts.at(-1)?.place ?? null
  // At `last` stands one, at `bound` and behind it none.
  let last = 0
  let bound = Number.MAX_SAFE_INTEGER
  for (let step = 1; last + 1 < bound;) {
    const behind = Math.min(last + step, bound - 1) - 1
    const found = await firstBehind(behind)
    if (found === null) {
      bound = behind + 1
      step = Math.max(1, Math.floor((bound - last) / 2))
    } else {
      last = found
      step = bound === Number.MAX_SAFE_INTEGER ? step * 2 : Math.max(1, Math.floor((bound - last) / 2))
    }
  }
  return last
}
