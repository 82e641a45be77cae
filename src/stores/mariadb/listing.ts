// Listings and counts, a stretch of the index at a time, so that a filter that finds little among millions of actors takes
// many short statements and not one that never ends. Decides what a filter means in SQL and how far a stretch goes; only of
// the actors that make the page a state is read.
//
// Invariant: values are parameters; the text of a statement is made of parts that stand in this file.

import type { ActorFilter, ActorPage, PageRequest, StoredActor } from '../../ports/index.ts'
import { type PagePosition, pagePosition, pageToken } from '../page-token.ts'
import { tagBytes } from '../sql/tag-bytes.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { ADDRESS, addressesOf, rowsOf, SAME_ACTOR } from './json-rows.ts'
import { ACTOR_COLUMNS, REVISION, STATE, storedActor, text } from './rows.ts'

const STRETCH_ROWS = 10_000
/** Bytes of states after which a page ends, though it has fewer rows than asked. */
const PAGE_BYTES = 16 * 1_024 * 1_024
const PARENTS_AT_ONCE = 100
/** Behind all UTF-8. */
const HIGHEST = Buffer.of(0xff)
const SEPARATOR = ','

/** Some actors, in order, to the page's limit of bytes. The others are not read. */
const ACTORS = `SELECT ${REVISION}, ${STATE}, a.parent, a.name FROM (
    SELECT u.system, u.parent, u.name, SUM(a.bytes) OVER (ORDER BY u.parent, u.name
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_it
    FROM ${rowsOf('?', ADDRESS)} STRAIGHT_JOIN spawn_actors AS a ON ${SAME_ACTOR}) AS u
  STRAIGHT_JOIN spawn_actors AS a ON ${SAME_ACTOR}
  WHERE IFNULL(u.before_it, 0) < ${PAGE_BYTES} ORDER BY u.parent, u.name`

/** From one parent to the next: each is one search, however many actors it has. */
const PARENTS = `BEGIN NOT ATOMIC
  DECLARE its_system VARBINARY(512) DEFAULT ?;
  DECLARE its_parent VARBINARY(513) DEFAULT ?;
  DECLARE its_last VARBINARY(512);
  DECLARE parents INT DEFAULT 0;
  DECLARE found LONGTEXT CHARACTER SET utf8mb4;
  search: LOOP
    SET its_last = (SELECT parent FROM spawn_actors WHERE system = its_system AND parent >= its_parent
      ORDER BY parent LIMIT 1);
    IF its_last IS NULL THEN LEAVE search; END IF;
    SET found = CONCAT_WS('${SEPARATOR}', found, HEX(its_last)), its_parent = CONCAT(its_last, X'00'),
      parents = parents + 1;
    IF parents = ${PARENTS_AT_ONCE} THEN LEAVE search; END IF;
  END LOOP;
  SELECT found;
END`

const SYSTEMS = `SELECT DISTINCT system FROM spawn_actors UNION SELECT DISTINCT system FROM spawn_outbox
  ORDER BY system`

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
    const rows = await this.#database.read(SYSTEMS, [])
    return rows.map(([system]) => text(system))
  }

  async #actors(system: string, positions: readonly PagePosition[]): Promise<StoredActor[]> {
    if (positions.length === 0) return []
    const rows = await this.#database.read(ACTORS, [
      addressesOf(positions.map((position) => ({ system, ...position }))),
    ])
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
      const values: Value[] = [Buffer.from(system), first]
      const found = await this.#database.ask((connection) => connection.answer(PARENTS, values))
      const parents =
        found === null
          ? []
          : String(found)
              .split(SEPARATOR)
              .map((hex) => Buffer.from(hex, 'hex'))
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

  async #stretch(filter: ActorFilter, after: PagePosition | null, wanted: number): Promise<Stretch> {
    const matches = matchesOf(filter)
    const place = placeOf(filter, after)
    const rows = matches.sql === '1' ? Math.min(STRETCH_ROWS, wanted) : STRETCH_ROWS
    const sql = `SELECT parent, name, matches, at FROM (
        SELECT parent, name, ${matches.sql} AS matches, ROW_NUMBER() OVER (ORDER BY parent, name) AS at FROM (
          SELECT ${matches.columns} FROM spawn_actors WHERE ${place.sql} ORDER BY parent, name LIMIT ?
        ) AS stretch) AS numbered
      WHERE matches OR at = ? ORDER BY parent, name`
    const values = [...matches.values, ...place.values, rows, rows]
    const found: PagePosition[] = []
    let end: PagePosition | null = null
    for (const [parent, name, isMatch, at] of await this.#database.read(sql, values)) {
      const position = { parent: text(parent), name: text(name) }
      if (isMatch === 1) found.push(position)
      if (at === rows) end = position
    }
    return { found, after: end }
  }
}

interface Condition {
  readonly sql: string
  readonly values: readonly Value[]
}

/** A range of the index. */
function placeOf({ name, parent, prefix = '', system }: ActorFilter, after: PagePosition | null): Condition {
  const parts = ['system = ?']
  const values: Value[] = [Buffer.from(system)]
  const add = (part: string, ...more: Buffer[]): void => {
    parts.push(part)
    values.push(...more)
  }
  if (parent !== undefined) add('parent = ?', Buffer.from(parent))
  if (name !== undefined) add('name = ?', Buffer.from(name))
  if (prefix !== '')
    add('name >= ? AND name < ?', Buffer.from(prefix), Buffer.concat([Buffer.from(prefix), HIGHEST]))
  if (after !== null) {
    const [behindParent, behindName] = [Buffer.from(after.parent), Buffer.from(after.name)]
    if (parent !== undefined) add('name > ?', behindName)
    else add('(parent > ? OR (parent = ? AND name > ?))', behindParent, behindParent, behindName)
  }
  return { sql: parts.join(' AND '), values }
}

/** What has to be looked at row by row, and the columns for it. */
function matchesOf({
  committedBeforeMs,
  committedFromMs,
  tags = {},
}: ActorFilter): Condition & { columns: string } {
  const parts: string[] = []
  const values: Value[] = []
  const columns = ['parent', 'name']
  if (committedFromMs !== undefined) {
    parts.push('committed_at_ms >= ?')
    values.push(committedFromMs)
  }
  if (committedBeforeMs !== undefined) {
    parts.push('committed_at_ms < ?')
    values.push(committedBeforeMs)
  }
  if (parts.length > 0) columns.push('committed_at_ms')
  const asked = Object.entries(tags)
  if (asked.length > 0) columns.push('tags')
  for (const [key, value] of asked) {
    parts.push("LOCATE(?, IFNULL(tags, '')) > 0")
    values.push(tagBytes(key, value))
  }
  return { sql: parts.length === 0 ? '1' : parts.join(' AND '), values, columns: columns.join(', ') }
}
