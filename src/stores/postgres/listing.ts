// Listings and counts, a stretch of the index at a time, so that a filter that finds little among millions of actors takes
// many short statements and not one that never ends. Decides what a filter means in SQL and how far a stretch goes; only of
// the actors that make the page a state is read.
//
// Invariant: values are parameters; the text of a statement is made of parts that stand in this file.

import type { ActorFilter, ActorPage, PageRequest, StoredActor } from '../../ports/index.ts'
import { type PagePosition, pagePosition, pageToken } from '../page-token.ts'
import { tagBytes } from '../sql/tag-bytes.ts'
import { bytea, byteaArray } from './arrays.ts'
import { bytesOf } from './commit-values.ts'
import type { Row, Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { REVISION, STATE, storedActor, text } from './rows.ts'

const STRETCH_ROWS = 10_000
/** Bytes of states after which a page ends, though it has fewer rows than asked. */
const PAGE_BYTES = 16 * 1_024 * 1_024
const PARENTS_AT_ONCE = 100
/** Behind all UTF-8. */
const HIGHEST = Buffer.of(0xff)

/** Rows of some actors, to the page's limit of bytes; a state that does not fit is not read. */
const ROWS: Statement = {
  name: 'spawn_list',
  text: `SELECT ${REVISION}, ${STATE}, parent, name FROM (
      SELECT *, sum(coalesce(octet_length(state), 0))
        OVER (ORDER BY parent, name ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM unnest($2::bytea[], $3::bytea[]) AS u (parent, name)
      JOIN spawn.actors USING (parent, name) WHERE system = $1) AS page
    WHERE coalesce(before, 0) < ${PAGE_BYTES} ORDER BY parent, name`,
}
const PARENT = 7

const PARENTS: Statement = {
  name: 'spawn_parents',
  text: `WITH RECURSIVE each AS (
      (SELECT parent FROM spawn.actors WHERE system = $1 AND parent >= $2 ORDER BY parent LIMIT 1)
      UNION ALL SELECT (SELECT a.parent FROM spawn.actors a WHERE a.system = $1 AND a.parent > each.parent
        ORDER BY a.parent LIMIT 1) FROM each WHERE each.parent IS NOT NULL)
    SELECT parent FROM each WHERE parent IS NOT NULL LIMIT ${PARENTS_AT_ONCE}`,
}

const distinct = (table: string): string => `(WITH RECURSIVE each AS (
    (SELECT system FROM spawn.${table} ORDER BY system LIMIT 1)
    UNION ALL SELECT (SELECT t.system FROM spawn.${table} t WHERE t.system > each.system ORDER BY t.system LIMIT 1)
      FROM each WHERE each.system IS NOT NULL)
  SELECT system FROM each WHERE system IS NOT NULL)`
const SYSTEMS: Statement = {
  name: 'spawn_systems',
  text: `SELECT system FROM (${distinct('actors')} UNION ${distinct('outbox')}) AS all_of_them ORDER BY system`,
}

/** Some of those that match, and where the next stretch begins; null: the listing has ended. */
interface Stretch {
  readonly found: readonly PagePosition[]
  readonly after: PagePosition | null
}

export class Listing {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
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
      const actors = await this.#rows(filter.system, asked)
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
    return (await this.#database.read(SYSTEMS, [])).map(([system]) => text(system))
  }

  async #rows(system: string, positions: readonly PagePosition[]): Promise<StoredActor[]> {
    if (positions.length === 0) return []
    const columns = [bytesOf(positions, ({ parent }) => parent), bytesOf(positions, ({ name }) => name)]
    const rows = await this.#database.read(ROWS, [bytea(system), ...columns])
    return rows.map((row) =>
      storedActor({ system, parent: text(row[PARENT]), name: text(row[PARENT + 1]) }, row),
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
    for (let first: Buffer | null = bytea(from); first !== null;) {
      const rows: readonly Row[] = await this.#database.read(PARENTS, [bytea(system), first])
      for (const [parent] of rows) yield text(parent)
      const last = rows.at(-1)?.[0]
      // The least that is above it.
      first =
        rows.length < PARENTS_AT_ONCE || !(last instanceof Buffer)
          ? null
          : Buffer.concat([last, Buffer.of(0)])
    }
  }

  async *#range(filter: ActorFilter, from: PagePosition | null, wanted: number): AsyncGenerator<Stretch> {
    for (let after = from, isFirst = true; isFirst || after !== null; isFirst = false) {
      const stretch = await this.#stretch(filter, after, wanted)
      yield stretch
      after = stretch.after
    }
  }

  async #stretch(filter: ActorFilter, after: PagePosition | null, wanted: number): Promise<Stretch> {
    const parts = new Parts()
    const place = parts.place(filter, after)
    const matches = parts.matches(filter)
    const rows = matches === 'true' ? Math.min(STRETCH_ROWS, wanted) : STRETCH_ROWS
    const most = parts.add(rows)
    const statement = {
      name: '',
      text: `WITH stretch AS MATERIALIZED (
          SELECT parent, name, ${matches} AS matches FROM spawn.actors WHERE ${place} ORDER BY parent, name LIMIT ${most})
        SELECT parent, name, matches, at FROM (
          SELECT *, row_number() OVER (ORDER BY parent, name) AS at FROM stretch) AS numbered
        WHERE matches OR at = ${most} ORDER BY parent, name`,
    }
    const found: PagePosition[] = []
    let end: PagePosition | null = null
    for (const [parent, name, isMatch, at] of await this.#database.read(statement, parts.values)) {
      const position = { parent: text(parent), name: text(name) }
      if (isMatch === true) found.push(position)
      if (at === rows) end = position
    }
    return { found, after: end }
  }
}

/** Conditions, and the values that they speak of. */
class Parts {
  readonly values: Value[] = []

  add(value: Value): string {
    return `$${this.values.push(value)}`
  }

  /** A range of the index. */
  place({ name, parent, prefix = '', system }: ActorFilter, after: PagePosition | null): string {
    const parts = [`system = ${this.add(bytea(system))}`]
    if (parent !== undefined) parts.push(`parent = ${this.add(bytea(parent))}`)
    if (name !== undefined) parts.push(`name = ${this.add(bytea(name))}`)
    if (prefix !== '') {
      const first = bytea(prefix)
      parts.push(`name >= ${this.add(first)}`, `name < ${this.add(Buffer.concat([first, HIGHEST]))}`)
    }
    if (after !== null)
      parts.push(`(parent, name) > (${this.add(bytea(after.parent))}, ${this.add(bytea(after.name))})`)
    return parts.join(' AND ')
  }

  /** What has to be looked at row by row. */
  matches({ committedBeforeMs, committedFromMs, tags = {} }: ActorFilter): string {
    const parts: string[] = []
    if (committedFromMs !== undefined) parts.push(`committed_at_ms >= ${this.add(committedFromMs)}`)
    if (committedBeforeMs !== undefined) parts.push(`committed_at_ms < ${this.add(committedBeforeMs)}`)
    const asked = Object.entries(tags).map(([key, value]) => tagBytes(key, value))
    if (asked.length > 0) {
      parts.push(`NOT EXISTS (SELECT FROM unnest(${this.add(byteaArray(asked))}::bytea[]) AS asked
        WHERE position(asked IN coalesce(tags, ''::bytea)) = 0)`)
    }
    return parts.length === 0 ? 'true' : parts.join(' AND ')
  }
}
