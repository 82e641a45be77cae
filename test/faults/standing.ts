// What stands in a database of the actors under faults, seen by nobody but a store of its own.

import { jsonCodec } from '../../src/protocol/index.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import type { Ledger } from './actors.ts'
import { type Place, placeText } from './book.ts'
import type { FaultSubject } from './subject.ts'

/** By place, as text; null for an actor that is not stored. */
export type Standing = ReadonlyMap<string, Ledger | null>

export async function standingOf(
  subject: FaultSubject,
  options: DatabaseOptions,
  system: string,
  places: readonly Place[],
): Promise<Standing> {
  const store = subject.open(options)
  await store.start()
  try {
    const stored = await store.load(places.map(({ name, ref }) => ({ system, parent: ref, name })))
    return new Map(
      places.map((place, at) => {
        const state = stored[at]?.state ?? null
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of these actors have such a state
        return [placeText(place), state === null ? null : (jsonCodec.accept(state) as Ledger)]
      }),
    )
  } finally {
    await store.stop()
  }
}
