// Stored actors in pages: all of them, or a sample. It decides which actors a sample has.

import { LIMITS, type Random } from '../../base/index.ts'
import type { ActorFilter, Statestore, StoredActor } from '../../ports/index.ts'
import { pageToken } from '../../stores/page-token.ts'
import { KnownNames } from './known-names.ts'

type Pages = AsyncGenerator<readonly StoredActor[]>

/** Every actor of a filter. */
export async function* allOf(store: Statestore, filter: ActorFilter, from?: string): Pages {
  let after = from
  do {
    const { actors, next } = await store.list(filter, request(LIMITS.pageSize, after))
    yield actors
    after = next ?? undefined
  } while (after !== undefined)
}

/** Rows that are read at each place of a sample. */
const AT_ONE_PLACE = 5
/** Places in a row at which nothing new was found, before a sample goes on in order. */
const IN_VAIN = 50

/**
 * Some of the actors of a filter, from all over their names: at random places, made from names that were found, a few
 * each.
 */
export async function* sampleOf(
  store: Statestore,
  filter: ActorFilter & { readonly parent: string },
  count: number,
  random: Random,
): Pages {
  const known = new KnownNames()
  const fresh = (actors: readonly StoredActor[]): readonly StoredActor[] => {
    const news = actors.filter(({ id }) => !known.has(id.name)).slice(0, count - known.size)
    for (const { id } of news) known.add(id.name)
    return news
  }
  const first = await store.list(filter, request(Math.min(AT_ONE_PLACE, count)))
  yield fresh(first.actors)
  if (first.next === null) return
  for (let vain = 0; known.size < count && vain < IN_VAIN;) {
    const at = pageToken({ parent: filter.parent, name: known.placeAmong(random) })
    const news = fresh((await store.list(filter, request(AT_ONE_PLACE, at))).actors)
    vain = news.length === 0 ? vain + 1 : 0
    yield news
  }
  for await (const page of allOf(store, filter, first.next)) {
    yield fresh(page)
    if (known.size === count) return
  }
}

function request(limit: number, after?: string) {
  return after === undefined ? { limit } : { limit, after }
}
