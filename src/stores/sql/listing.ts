// Listings and counts, a stretch of the index at a time, so that a filter that finds little among millions of actors takes
// many short statements and not one that never ends. Decides how stretches become pages; only of the actors that make the
// page a state is read. What a filter means in SQL is the vendor's.

import type { ActorFilter, ActorPage, PageRequest, StoredActor } from '../../ports/index.ts'
import { type PagePosition, pagePosition, pageToken } from '../page-token.ts'
import { ACTOR_COLUMNS, type Row, storedActor, text } from './rows.ts'

/** How many rows a statement looks at. */
export const STRETCH_ROWS = 10_000
/** Bytes of states after which a page ends, though it has fewer rows than asked. */
export const LISTING_PAGE_BYTES = 16 * 1_024 * 1_024
/** How many parents are asked for in one statement. */
export const PARENTS_AT_ONCE = 100
/** Behind all UTF-8. */
export const HIGHEST: Buffer = Buffer.of(0xff)

/** What a vendor answers. */
export interface ListingRows {
  /** Names, in order. */
  systems(): Promise<readonly Row[]>
  /** Actors as `storedActor` has them, then parent and name, in order, to the page's limit of bytes. */
  actors(system: string, positions: readonly PagePosition[]): Promise<readonly Row[]>
  /** The first parents from one on, in order, at most `PARENTS_AT_ONCE`. */
  parents(system: string, from: Buffer): Promise<readonly Buffer[]>
  /** The first rows behind a position: parent, name, whether it matches, its ordinal. Those that do not match may be left out,
   *  but for the last of `rows`. */
  stretch(filter: ActorFilter, after: PagePosition | null, rows: number): Promise<readonly Row[]>
}

/** Some of those that match, and where the next stretch begins; null: the listing has ended. */
interface Stretch {
  readonly found: readonly PagePosition[]
  readonly after: PagePosition | null
}

export class Listing {
  readonly #rows: ListingRows

  constructor(rows: ListingRows) {
    this.#rows = rows
  }

  async list(filter: ActorFilter, page: PageRequest): Promise<ActorPage> {
    let after = page.after === undefined ? null : pagePosition(page.after)
    for (;;) {
      const found: PagePosition[] = []
      let isLast = true
      // One more than asked tells whether there is another page.
      for await (const stretch of this.#stretches(filter, after, page.limit + 1)) {
        found.push(...stretch.found)
        if (found.length <= page.limit) continue
        isLast = false
        break
      }
      const asked = found.slice(0, page.limit)
      const actors = await this.#actors(filter.system, asked)
      const last = actors.at(-1)
      if (last === undefined && !isLast) {
        // All of them were deleted meanwhile.
        after = asked.at(-1) ?? after
        continue
      }
      const isWhole = isLast && actors.length === asked.length
      return { actors, next: last === undefined || isWhole ? null : pageToken(last.id) }
    }
  }

  async count(filter: ActorFilter): Promise<number> {
    let count = 0
    for await (const { found } of this.#stretches(filter, null, STRETCH_ROWS)) count += found.length
    return count
  }

  async systems(): Promise<string[]> {
    return (await this.#rows.systems()).map(([system]) => text(system))
  }

  async #actors(system: string, positions: readonly PagePosition[]): Promise<StoredActor[]> {
    if (positions.length === 0) return []
    const rows = await this.#rows.actors(system, positions)
    return rows.map((row) =>
      storedActor({ system, parent: text(row[ACTOR_COLUMNS]), name: text(row[ACTOR_COLUMNS + 1]) }, row),
    )
  }

  async *#stretches(filter: ActorFilter, from: PagePosition | null, wanted: number): AsyncGenerator<Stretch> {
    // Names stand together within a parent only: without one, each parent is looked at by itself.
    const byParent = filter.parent === undefined && (filter.name !== undefined || filter.prefix !== undefined)
    if (!byParent) {
      yield* this.#range(filter, from, wanted)
      return
    }
    for await (const parent of this.#parents(filter.system, from?.parent ?? '')) {
      const behind = from?.parent === parent ? from : null
      yield* this.#range({ ...filter, parent }, behind, wanted)
    }
  }

  async *#parents(system: string, from: string): AsyncGenerator<string> {
    for (let first: Buffer | null = Buffer.from(from); first !== null;) {
      const parents: readonly Buffer[] = await this.#rows.parents(system, first)
      for (const parent of parents) yield parent.toString()
      const last = parents.at(-1)
      // The least that is above it.
      first =
        last === undefined || parents.length < PARENTS_AT_ONCE ? null : Buffer.concat([last, Buffer.of(0)])
    }
  }

  async *#range(filter: ActorFilter, from: PagePosition | null, wanted: number): AsyncGenerator<Stretch> {
    for (let after = from, isFirst = true; isFirst || after !== null; isFirst = false) {
      const stretch = await this.#stretch(filter, after, wanted)
      yield stretch
      after = stretch.after
    }
  }

  async #stretch(filter: ActorFilter, from: PagePosition | null, wanted: number): Promise<Stretch> {
    const rows = isSelective(filter) ? STRETCH_ROWS : Math.min(STRETCH_ROWS, wanted)
    const found: PagePosition[] = []
    let after: PagePosition | null = null
    for (const [parent, name, matches, at] of await this.#rows.stretch(filter, from, rows)) {
      const position = { parent: text(parent), name: text(name) }
      // MariaDB's truth is a number.
      if (matches === true || matches === 1) found.push(position)
      if (at === rows) after = position
    }
    return { found, after }
  }
}

/** Whether rows of the range may not match. */
function isSelective({ committedBeforeMs, committedFromMs, tags = {} }: ActorFilter): boolean {
  return committedBeforeMs !== undefined || committedFromMs !== undefined || Object.keys(tags).length > 0
}
