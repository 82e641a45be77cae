// Listings over the tables, a bounded stretch at a time, so that a filter that finds little among a million actors does
// not keep commits waiting. The asker puts the stretches together to pages.

import type { ActorFilter } from '../../ports/index.ts'
import { compareCodePoints } from '../code-points.ts'
import { isCommittedWithin } from '../last-commit.ts'
import type { PagePosition } from '../page-token.ts'
import { carriesAll } from '../tags.ts'
import type { ActorTable, ListedRow, NamedRow } from './actor-table.ts'
import type { Dictionary, Family } from './dictionary.ts'
import { parsedTags } from '../frames/rows.ts'

/** What one stretch looks at, and how many bytes of states it answers, at most; the last row may exceed them. */
const STRETCH_ROWS = 2_000
const STRETCH_BYTES = 4 * 1_024 * 1_024

export interface Stretch {
  readonly rows: readonly NamedRow[]
  /** Where the next stretch begins; null: the listing has ended. */
  readonly after: PagePosition | null
}

export interface CountedStretch {
  readonly count: number
  /** Likewise. */
  readonly after: PagePosition | null
}

export class Listing {
  readonly #actors: ActorTable
  readonly #dictionary: Dictionary

  constructor(actors: ActorTable, dictionary: Dictionary) {
    this.#actors = actors
    this.#dictionary = dictionary
  }

  /** At most `limit` actors that match, in order of (parent, name), beginning behind `after`. */
  stretch(filter: ActorFilter, after: PagePosition | null, limit: number): Stretch {
    const rows: NamedRow[] = []
    let bytes = 0
    const end = this.#walk(filter, after, (family, name) => {
      const row = this.#actors.read(family, name)
      if (row !== null) rows.push({ parent: family.parent, name, ...row })
      bytes += row?.state?.value.length ?? 0
      return rows.length < limit && bytes < STRETCH_BYTES
    })
    return { rows, after: end }
  }

  /** Counts some of those that match, beginning behind `after`. */
  count(filter: ActorFilter, after: PagePosition | null): CountedStretch {
    let count = 0
    const end = this.#walk(filter, after, () => {
      count += 1
      return true
    })
    return { count, after: end }
  }

  /** Those with an actor, in no order. */
  systems(): string[] {
    return this.#dictionary
      .systems()
      .filter((system) => this.#dictionary.ofSystem(system).some((family) => this.#actors.has(family)))
  }

  /**
   * Calls `visit` with those that match, until it answers false or enough was looked at.
   *
   * @returns where to go on; null: that was all.
   */
  #walk(
    filter: ActorFilter,
    after: PagePosition | null,
    visit: (family: Family, name: string) => boolean,
  ): PagePosition | null {
    let looked = 0
    for (const family of this.#families(filter, after)) {
      const { parent } = family
      const behind = after !== null && after.parent === parent ? after.name : null
      for (const { committedAtMs, name, tags } of this.#named(family, filter, behind)) {
        looked += 1
        const isAsked = isCommittedWithin(committedAtMs, filter) && carriesAll(parsedTags(tags), filter.tags)
        const goesOn = !isAsked || visit(family, name)
        if (!goesOn || looked >= STRETCH_ROWS) return { parent, name }
      }
    }
    return null
  }

  #families(filter: ActorFilter, after: PagePosition | null): Family[] {
    return this.#dictionary
      .ofSystem(filter.system)
      .filter(({ parent }) => filter.parent === undefined || parent === filter.parent)
      .filter(({ parent }) => after === null || compareCodePoints(parent, after.parent) >= 0)
      .sort((left, right) => compareCodePoints(left.parent, right.parent))
  }

  *#named(
    family: Family,
    { name: exactly, prefix = '' }: ActorFilter,
    behind: string | null,
  ): Generator<ListedRow> {
    let from = exactly ?? prefix
    if (behind !== null && compareCodePoints(behind, from) > 0) from = behind
    for (const row of this.#actors.from(family, from)) {
      const { name } = row
      // Names with the same beginning stand together.
      if (!name.startsWith(prefix) || (exactly !== undefined && name !== exactly)) return
      if (name !== behind) yield row
    }
  }
}
