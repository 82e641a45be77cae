// What the filters of listings mean in SQL; how stretches of the index become pages is sql/listing.ts's.
//
// Invariant: values are parameters; the text of a statement is made of parts that stand in this file.

import type { ActorFilter } from '../../ports/index.ts'
import type { PagePosition } from '../page-token.ts'
import { HIGHEST, LISTING_PAGE_BYTES, type ListingRows, PARENTS_AT_ONCE } from '../sql/listing.ts'
import type { Field, Row } from '../sql/rows.ts'
import { tagBytes } from '../sql/tag-bytes.ts'
import { CHECK_PRIMARY } from './block.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { ADDRESS, addressesOf, rowsOf, SAME_ACTOR } from './json-rows.ts'
import { REVISION, STATE } from './rows.ts'

const SEPARATOR = ','

/** Some actors, in order, to the page's limit of bytes. The others are not read. */
const ACTORS = `SELECT ${REVISION}, ${STATE}, a.parent, a.name FROM (
    SELECT u.system, u.parent, u.name, SUM(a.bytes) OVER (ORDER BY u.parent, u.name
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_it
    FROM ${rowsOf('?', ADDRESS)} STRAIGHT_JOIN spawn_actors AS a ON ${SAME_ACTOR}) AS u
  STRAIGHT_JOIN spawn_actors AS a ON ${SAME_ACTOR}
  WHERE IFNULL(u.before_it, 0) < ${LISTING_PAGE_BYTES} ORDER BY u.parent, u.name`

/** From one parent to the next: each is one search, however many actors it has. */
const PARENTS = `BEGIN NOT ATOMIC
  DECLARE its_system VARBINARY(512) DEFAULT ?;
  DECLARE its_parent VARBINARY(513) DEFAULT ?;
  DECLARE its_last VARBINARY(512);
  DECLARE parents INT DEFAULT 0;
  DECLARE found LONGTEXT CHARACTER SET utf8mb4;${CHECK_PRIMARY}
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

const SYSTEMS_AT_ONCE = 100

/** The first system of a table behind its_system. */
const nextIn = (table: string): string =>
  `(SELECT system FROM ${table} FORCE INDEX (PRIMARY) WHERE system > its_system ORDER BY system LIMIT 1)`

/** From one system to the next, too: with DISTINCT the server may go through all rows, when its statistics are old. */
const SYSTEMS = `BEGIN NOT ATOMIC
  DECLARE its_system VARBINARY(512) DEFAULT ?;
  DECLARE with_actors VARBINARY(512);
  DECLARE with_envelopes VARBINARY(512);
  DECLARE systems INT DEFAULT 0;
  DECLARE found LONGTEXT CHARACTER SET utf8mb4;${CHECK_PRIMARY}
  search: LOOP
    SET with_actors = ${nextIn('spawn_actors')}, with_envelopes = ${nextIn('spawn_outbox')};
    SET its_system = LEAST(IFNULL(with_actors, with_envelopes), IFNULL(with_envelopes, with_actors));
    IF its_system IS NULL THEN LEAVE search; END IF;
    SET found = CONCAT_WS('${SEPARATOR}', found, HEX(its_system)), systems = systems + 1;
    IF systems = ${SYSTEMS_AT_ONCE} THEN LEAVE search; END IF;
  END LOOP;
  SELECT found;
END`

export function listingRows(database: Database): ListingRows {
  return {
    async systems() {
      const systems: Buffer[] = []
      for (let isLast = false; !isLast;) {
        const values = [systems.at(-1) ?? Buffer.alloc(0)]
        const next = namesIn(await database.ask((connection) => connection.answer(SYSTEMS, values)))
        systems.push(...next)
        isLast = next.length < SYSTEMS_AT_ONCE
      }
      return systems.map((system) => [system])
    },
    actors(system, positions) {
      const ids = positions.map((position) => ({ system, ...position }))
      return database.read(ACTORS, [addressesOf(ids)])
    },
    async parents(system, from) {
      const values = [Buffer.from(system), from]
      return namesIn(await database.ask((connection) => connection.answer(PARENTS, values)))
    },
    stretch: (filter, after, rows) => stretchRows(database, filter, after, rows),
  }
}

/** An answer of the blocks above. */
function namesIn(found: Field | undefined): Buffer[] {
  if (found === null || found === undefined) return []
  return String(found)
    .split(SEPARATOR)
    .map((hex) => Buffer.from(hex, 'hex'))
}

function stretchRows(
  database: Database,
  filter: ActorFilter,
  after: PagePosition | null,
  rows: number,
): Promise<readonly Row[]> {
  const matches = matchesOf(filter)
  const place = placeOf(filter, after)
  const sql = `SELECT parent, name, matches, at FROM (
      SELECT parent, name, ${matches.sql} AS matches, ROW_NUMBER() OVER (ORDER BY parent, name) AS at FROM (
        SELECT ${matches.columns} FROM spawn_actors WHERE ${place.sql} ORDER BY parent, name LIMIT ?
      ) AS stretch) AS numbered
    WHERE matches OR at = ? ORDER BY parent, name`
  return database.read(sql, [...matches.values, ...place.values, rows, rows])
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
