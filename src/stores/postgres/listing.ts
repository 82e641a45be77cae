// What the filters of listings mean in SQL; how stretches of the index become pages is sql/listing.ts's.
//
// Invariant: values are parameters; the text of a statement is made of parts that stand in this file.

import type { ActorFilter } from '../../ports/index.ts'
import type { PagePosition } from '../page-token.ts'
import { HIGHEST, LISTING_PAGE_BYTES, type ListingRows, PARENTS_AT_ONCE } from '../sql/listing.ts'
import type { Row } from '../sql/rows.ts'
import { tagBytes } from '../sql/tag-bytes.ts'
import { bytea, byteaArray } from './arrays.ts'
import { bytesOf } from './commit-values.ts'
import type { Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { ITS_ACTOR, oneByOne } from './one-by-one.ts'
import { REVISION, STATE } from './rows.ts'

/** Rows of some actors, to the page's limit of bytes; a state that does not fit is not read. */
const ROWS: Statement = {
  name: 'spawn_list',
  text: `SELECT ${REVISION}, ${STATE}, parent, name FROM (
      SELECT found.*, sum(coalesce(octet_length(state), 0))
        OVER (ORDER BY found.parent, found.name ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM unnest($2::bytea[], $3::bytea[]) AS u (parent, name)
      CROSS JOIN LATERAL ${oneByOne('actors', { ...ITS_ACTOR, system: '$1' })} AS found) AS page
    WHERE coalesce(before, 0) < ${LISTING_PAGE_BYTES} ORDER BY parent, name`,
}
const PARENTS: Statement = {
  name: 'spawn_parents',
  text: `WITH RECURSIVE each AS (
      (SELECT parent FROM spawn.actors WHERE system = $1 AND parent >= $2 ORDER BY parent LIMIT 1)
      UNION ALL SELECT (SELECT a.parent FROM spawn.actors a WHERE a.system = $1 AND a.parent > each.parent
        ORDER BY a.parent LIMIT 1) FROM each WHERE each.parent IS NOT NULL)
    SELECT parent FROM each WHERE parent IS NOT NULL LIMIT ${PARENTS_AT_ONCE}`,
}

/** As a table, found hop by hop in the index. */
export const systemsOf = (table: 'actors' | 'outbox'): string => `(WITH RECURSIVE each AS (
    (SELECT system FROM spawn.${table} ORDER BY system LIMIT 1)
    UNION ALL SELECT (SELECT t.system FROM spawn.${table} t WHERE t.system > each.system ORDER BY t.system LIMIT 1)
      FROM each WHERE each.system IS NOT NULL)
  SELECT system FROM each WHERE system IS NOT NULL)`
const SYSTEMS: Statement = {
  name: 'spawn_systems',
  text: `SELECT system FROM (${systemsOf('actors')} UNION ${systemsOf('outbox')}) AS all_of_them ORDER BY system`,
}

export function listingRows(database: Database): ListingRows {
  return {
    systems: () => database.read(SYSTEMS, []),
    actors(system, positions) {
      const columns = [bytesOf(positions, ({ parent }) => parent), bytesOf(positions, ({ name }) => name)]
      return database.read(ROWS, [bytea(system), ...columns])
    },
    async parents(system, from) {
      const rows = await database.read(PARENTS, [bytea(system), from])
      return rows.flatMap(([parent]) => (parent instanceof Buffer ? parent : []))
    },
    stretch: (filter, after, rows) => stretchRows(database, filter, after, rows),
  }
}

function stretchRows(
  database: Database,
  filter: ActorFilter,
  after: PagePosition | null,
  rows: number,
): Promise<readonly Row[]> {
  const parts = new Parts()
  const place = parts.place(filter, after)
  const matches = parts.matches(filter)
  const most = parts.add(rows)
  const statement = {
    name: '',
    text: `WITH stretch AS MATERIALIZED (
        SELECT parent, name, ${matches} AS matches FROM spawn.actors WHERE ${place} ORDER BY parent, name LIMIT ${most})
      SELECT parent, name, matches, at FROM (
        SELECT *, row_number() OVER (ORDER BY parent, name) AS at FROM stretch) AS numbered
      WHERE matches OR at = ${most} ORDER BY parent, name`,
  }
  return database.read(statement, parts.values)
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
