// The outbox, as it is read; what stands in it is decided where it is written, in commit-functions.ts. Decides how long a
// page is: as many as asked, or fewer where their payloads are large.

import type {
  Box,
  DuePage,
  EnvelopePage,
  EnvelopePosition,
  PageRequest,
  StandingEnvelope,
} from '../../ports/index.ts'
import { envelopePosition, envelopeToken } from '../envelope-token.ts'
import { boxNumber } from '../sql/box-number.ts'
import { bytea, byteaArray } from './arrays.ts'
import type { Row, Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { ENVELOPE, standingEnvelope } from './rows.ts'

/** Bytes of headers and payloads after which a page ends. */
const PAGE_BYTES = 4 * 1_024 * 1_024
const BEFORE_ALL: EnvelopePosition = { dueAtMs: -1, place: 0 }
const FOR_EVER = Number.MAX_SAFE_INTEGER

/** In one box, behind ($2, $3) and due at $4: a range of the index. */
const range = (box: string): string => `(SELECT ${ENVELOPE} FROM spawn.outbox
  WHERE system = $1 AND box = ${box} AND (due_at_ms, place) > ($2, $3) AND due_at_ms <= $4
  ORDER BY due_at_ms, place LIMIT $5)`

/** Rows to the page's limit of bytes, each with how many were found in all. A payload that does not fit is not read. */
const cut = (found: string): string => `SELECT ${ENVELOPE}, found FROM (
    SELECT ${ENVELOPE}, count(*) OVER () AS found,
      sum(octet_length(header) + coalesce(octet_length(payload), 0))
        OVER (ORDER BY due_at_ms, place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (SELECT * FROM (${found}) AS ranges ORDER BY due_at_ms, place LIMIT $5) AS first) AS page
  WHERE coalesce(before, 0) < ${PAGE_BYTES} ORDER BY due_at_ms, place`
const FOUND = 7

const firstBehind = (box: number): string =>
  `(SELECT due_at_ms FROM spawn.outbox WHERE system = $1 AND box = ${box} AND due_at_ms > $4
    ORDER BY due_at_ms LIMIT 1)`

/** There is a row even when nothing is due, for the time of the next. */
const DUE: Statement = {
  name: 'spawn_due',
  text: `SELECT page.*, least(${[0, 1, 2].map(firstBehind).join(', ')})
    FROM (SELECT) AS always LEFT JOIN (${cut([0, 1, 2].map((box) => range(String(box))).join(' UNION ALL '))}) AS page
      ON true ORDER BY page.due_at_ms, page.place`,
}
const NEXT_DUE = 8

const BOX: Statement = { name: 'spawn_box', text: cut(range('$6')) }

const BY_ID: Statement = {
  name: 'spawn_envelopes',
  text: `SELECT ${ENVELOPE}, n FROM unnest($2::bytea[]) WITH ORDINALITY AS u (id, n)
    JOIN spawn.outbox USING (id) WHERE system = $1`,
}
const ORDINAL = 7

export class Outbox {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async due(
    system: string,
    untilMs: number,
    limit: number,
    { dueAtMs, place }: EnvelopePosition = BEFORE_ALL,
  ): Promise<DuePage> {
    const rows = await this.#database.read(DUE, [bytea(system), dueAtMs, place, untilMs, limit + 1])
    const nextDueMs = rows[0]?.[NEXT_DUE] ?? null
    const { envelopes, isLast } = pageOf(rows, limit)
    return { envelopes, isLast, nextDueMs: nextDueMs === null ? null : Number(nextDueMs) }
  }

  /** In the order asked; null for one that does not stand. */
  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    const found = new Array<StandingEnvelope | null>(ids.length).fill(null)
    for (const row of await this.#database.read(BY_ID, [bytea(system), byteaArray(ids)]))
      found[Number(row[ORDINAL]) - 1] = standingEnvelope(row)
    return found
  }

  async list(system: string, box: Box, { after, limit }: PageRequest): Promise<EnvelopePage> {
    const { dueAtMs, place } = after === undefined ? BEFORE_ALL : envelopePosition(after)
    const values: Value[] = [bytea(system), dueAtMs, place, FOR_EVER, limit + 1, boxNumber(box)]
    const { envelopes, isLast } = pageOf(await this.#database.read(BOX, values), limit)
    const last = envelopes.at(-1)
    return { envelopes, next: isLast || last === undefined ? null : envelopeToken(last) }
  }
}

/** One more than `limit` was looked for: it tells whether there is another page. */
function pageOf(rows: readonly Row[], limit: number): { envelopes: StandingEnvelope[]; isLast: boolean } {
  const found = Number(rows[0]?.[FOUND] ?? 0)
  const page = found === 0 ? [] : rows.slice(0, limit)
  return { envelopes: page.map((row) => standingEnvelope(row)), isLast: page.length === found }
}
