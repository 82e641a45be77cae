// How the outbox is read: at most as many envelopes as asked, and no payload that does not fit into a page. Decides nothing but
// the statements; see sql/outbox.ts.

import { boxNumber } from '../sql/box-number.ts'
import { LIVE_BOXES, OUTBOX_PAGE_BYTES, type OutboxRange, type OutboxRows } from '../sql/outbox.ts'
import { ENVELOPE_COLUMNS } from '../sql/rows.ts'
import { bytea, byteaArray } from './arrays.ts'
import type { Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { envelopeOf } from './one-by-one.ts'
import { ENVELOPE } from './rows.ts'

/** In one box, behind ($2, $3) and due at $4: a range of the index. */
const range = (box: string): string => `(SELECT ${ENVELOPE} FROM spawn.outbox
  WHERE system = $1 AND box = ${box} AND (due_at_ms, place) > ($2, $3) AND due_at_ms <= $4
  ORDER BY due_at_ms, place LIMIT $5)`

/** Rows to the page's limit of bytes, each with how many were found in all. A payload that does not fit is not read. */
const inPage = (first: string, order: string): string => `SELECT ${ENVELOPE}, found FROM (
    SELECT ${ENVELOPE}, count(*) OVER () AS found,
      sum(octet_length(header) + coalesce(octet_length(payload), 0))
        OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (${first}) AS first) AS page
  WHERE coalesce(before, 0) < ${OUTBOX_PAGE_BYTES} ORDER BY ${order}`

const cut = (found: string): string =>
  inPage(`SELECT * FROM (${found}) AS ranges ORDER BY due_at_ms, place LIMIT $5`, 'due_at_ms, place')

const firstBehind = (box: number): string =>
  `(SELECT due_at_ms FROM spawn.outbox WHERE system = $1 AND box = ${box} AND due_at_ms > $4
    ORDER BY due_at_ms LIMIT 1)`

/** There is a row even when nothing is due, for the time of the next. */
const DUE: Statement = {
  name: 'spawn_due',
  text: `SELECT page.*, least(${LIVE_BOXES.map(firstBehind).join(', ')})
    FROM (SELECT) AS always LEFT JOIN (${cut(LIVE_BOXES.map((box) => range(String(box))).join(' UNION ALL '))}) AS page
      ON true ORDER BY page.due_at_ms, page.place`,
}
const NEXT_DUE = ENVELOPE_COLUMNS + 1

const BOX: Statement = { name: 'spawn_box', text: cut(range('$6')) }

/** Their box is a part of the text: so it is known to be that of their index. */
const FACTS: Statement = {
  name: 'spawn_facts',
  text: inPage(
    `SELECT ${ENVELOPE} FROM spawn.outbox WHERE system = $1 AND box = ${boxNumber('fact')} AND place > $2
      ORDER BY place LIMIT $3`,
    'place',
  ),
}

const BY_ID: Statement = {
  name: 'spawn_envelopes',
  text: `SELECT ${ENVELOPE}, n FROM unnest($2::bytea[]) WITH ORDINALITY AS u (wanted, n)
    CROSS JOIN LATERAL ${envelopeOf('$1', 'wanted')} AS found`,
}

export function outboxRows(database: Database): OutboxRows {
  return {
    async due(range) {
      const rows = await database.read(DUE, valuesOf(range))
      const nextDueMs = rows[0]?.[NEXT_DUE] ?? null
      return { rows, nextDueMs: nextDueMs === null ? null : Number(nextDueMs) }
    },
    box: (range, box) => database.read(BOX, [...valuesOf(range), box]),
    facts: ({ after, limit, system }) => database.read(FACTS, [bytea(system), after, limit]),
    byId: (system, ids) => database.read(BY_ID, [bytea(system), byteaArray(ids)]),
  }
}

function valuesOf({ after, limit, system, untilMs }: OutboxRange): Value[] {
  return [bytea(system), after.dueAtMs, after.place, untilMs, limit]
}
