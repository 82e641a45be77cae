// Stored actors in pages: all of them, or a sample. It decides which actors a sample has.

import { LIMITS, type Random } from '../../base/index.ts'
import type { ActorFilter, Statestore, StoredActor } from '../../ports/index.ts'
import { pageToken } from '../../stores/page-token.ts'

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
const AT_ONE_PLACE = 10
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
  const seen = new Set<string>()
  const fresh = (actors: readonly StoredActor[]): readonly StoredActor[] => {
    const news = actors.filter(({ id }) => !seen.has(id.name)).slice(0, count - seen.size)
    for (const { id } of news) seen.add(id.name)
    return news
  }
  const first = await store.list(filter, request(Math.min(AT_ONE_PLACE, count)))
  yield fresh(first.actors)
  if (first.next === null) return
  for (let vain = 0; seen.size < count && vain < IN_VAIN;) {
    const at = pageToken({ parent: filter.parent, name: placeAmong([...seen], random) })
    const news = fresh((await store.list(filter, request(AT_ONE_PLACE, at))).actors)
    vain = news.length === 0 ? vain + 1 : 0
    yield news
  }
  for await (const page of allOf(store, filter, first.next)) {
    yield fresh(page)
    if (seen.size === count) return
  }
}

/** What names are made of more often than not, beside what they are made of here. */
const USUAL_UNITS = '0123456789abcdefghijklmnopqrstuvwxyz'
/** How far behind what all names begin with a place differs from the names that are known. */
const DEPTH = 3

/** A name that may be: as one that is known begins, and then otherwise. */
function placeAmong(names: readonly string[], random: Random): string {
  const common = commonLength(names)
  const length = common + Math.floor(random.next() * DEPTH)
  const units = Array.from(pick(names, random).slice(common) + USUAL_UNITS)
  return (pick(names, random).slice(0, length) + pick(units, random)).toWellFormed()
}

/** Of what all of them begin with. */
function commonLength([first = '', ...others]: readonly string[]): number {
  let length = first.length
  for (const name of others) while (!name.startsWith(first.slice(0, length))) length -= 1
  // One name alone begins like itself.
  return others.length === 0 ? 0 : length
}

function pick(choices: readonly string[], random: Random): string {
  return choices[Math.floor(random.next() * choices.length)] ?? ''
}

function request(limit: number, after?: string) {
  return after === undefined ? { limit } : { limit, after }
}
