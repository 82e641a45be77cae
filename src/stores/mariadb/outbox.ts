// How the outbox is read: at most as many envelopes as asked, and no payload that does not fit into a page. Decides nothing but
// the statements; see sql/outbox.ts.

import { boxNumber } from '../sql/box-number.ts'
import { LIVE_BOXES, OUTBOX_PAGE_BYTES, type OutboxRange, type OutboxRows } from '../sql/outbox.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { ASKED, ID, rowsOf } from './json-rows.ts'
import { ENVELOPE } from './rows.ts'

/** Positions in one box, first those that are due at the same time as the last, then those that are due later. */
const RANGES = ['due_at_ms = ? AND place > ?', 'due_at_ms > ? AND due_at_ms <= ?']
  .map(
    (range) => `(SELECT due_at_ms, place, bytes FROM spawn_outbox
    WHERE system = ? AND box = ? AND ${range} ORDER BY due_at_ms, place LIMIT ?)`,
  )
  .join(' UNION ALL ')

/** @param boxes by their numbers. */
function rangeValues(
  { after: { dueAtMs, place }, limit, system, untilMs }: OutboxRange,
  boxes: readonly number[],
): Value[] {
  const name = Buffer.from(system)
  // Nothing behind a position that is not due itself.
  const sameMs = dueAtMs <= untilMs ? dueAtMs : -1
  const ranges = boxes.flatMap((box) => {
    const same = [name, box, sameMs, place, limit]
    return [...same, name, box, dueAtMs, untilMs, limit]
  })
  return [...ranges, limit, name]
}

/** Rows to the page's limit of bytes, each with how many were found. Others are not read. */
const inPage = (first: string, order: readonly string[]): string => `SELECT ${ENVELOPE}, page.found FROM (
    SELECT ${order.join()}, COUNT(*) OVER () AS found, SUM(bytes) OVER (ORDER BY ${order.join()}
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_it
    FROM (${first}) AS ranges) AS page
  STRAIGHT_JOIN spawn_outbox AS a ON a.system = ? AND a.place = page.place
  WHERE IFNULL(page.before_it, 0) < ${OUTBOX_PAGE_BYTES} ORDER BY ${order.map((by) => `page.${by}`).join()}`

/** The first rows of some ranges. */
const page = (boxes: number): string =>
  inPage(
    `${Array.from({ length: boxes }, () => RANGES).join(' UNION ALL ')} ORDER BY due_at_ms, place LIMIT ?`,
    ['due_at_ms', 'place'],
  )

const DUE = page(LIVE_BOXES.length)
const BOX = page(1)

/** No further than they reach: who has read all of them, and asks for more, does not look through what else is pending. */
const FACTS = inPage(
  `SELECT place, bytes FROM spawn_outbox FORCE INDEX (PRIMARY) WHERE system = ? AND place > ?
    AND place <= (SELECT last_fact_place FROM spawn_places WHERE system = ?) AND box = ${boxNumber('fact')}
    ORDER BY place LIMIT ?`,
  ['place'],
)

const NEXT_DUE = LIVE_BOXES.map(
  () => `(SELECT due_at_ms FROM spawn_outbox WHERE system = ? AND box = ? AND due_at_ms > ?
    ORDER BY due_at_ms LIMIT 1)`,
).join(' UNION ALL ')

const BY_ID = `SELECT ${ENVELOPE}, u.n FROM ${rowsOf(ASKED, { id: ID }, { ordinal: true })}
  LEFT JOIN spawn_outbox AS a ON a.system = ? AND a.id = u.id`

export function outboxRows(database: Database): OutboxRows {
  return {
    async due(range) {
      const nexts = LIVE_BOXES.flatMap((box) => [Buffer.from(range.system), box, range.untilMs])
      // On one connection, one behind the other without waiting.
      const [rows, later] = await database.ask((connection) =>
        Promise.all([connection.read(DUE, rangeValues(range, LIVE_BOXES)), connection.rows(NEXT_DUE, nexts)]),
      )
      const nextDueMs = later.length === 0 ? null : Math.min(...later.map(([dueAtMs]) => Number(dueAtMs)))
      return { rows, nextDueMs }
    },
    box: (range, box) => database.read(BOX, rangeValues(range, [box])),
    facts({ after, limit, system }) {
      const name = Buffer.from(system)
      return database.read(FACTS, [name, after, name, limit, name])
    },
    byId(system, ids) {
      const values = [JSON.stringify(ids.map((id) => [id.toWellFormed()])), Buffer.from(system)]
      return database.readEach(BY_ID, values, ids.length)
    },
  }
}
