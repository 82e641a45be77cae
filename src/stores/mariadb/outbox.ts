// The outbox, as it is read; what stands in it is decided where it is written, in commit-statement.ts. Decides how long a
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
import type { Row, Value } from './connection.ts'
import type { Database } from './database.ts'
import { ID, rowsOf } from './json-rows.ts'
import { ENVELOPE, ENVELOPE_COLUMNS, standingEnvelope } from './rows.ts'

/** Bytes of headers and payloads after which a page ends. */
const PAGE_BYTES = 4 * 1_024 * 1_024
const BEFORE_ALL: EnvelopePosition = { dueAtMs: -1, place: 0 }
const FOR_EVER = Number.MAX_SAFE_INTEGER
const LIVE = [0, 1, 2]

/** Positions in one box, first those that are due at the same time as the last, then those that are due later. */
const RANGES = ['due_at_ms = ? AND place > ?', 'due_at_ms > ? AND due_at_ms <= ?']
  .map(
    (range) => `(SELECT due_at_ms, place, bytes FROM spawn_outbox
    WHERE system = ? AND box = ? AND ${range} ORDER BY due_at_ms, place LIMIT ?)`,
  )
  .join(' UNION ALL ')

function rangeValues(
  system: Buffer,
  box: number,
  after: EnvelopePosition,
  untilMs: number,
  limit: number,
): Value[] {
  const { dueAtMs, place } = after
  // Nothing behind a position that is not due itself.
  const sameMs = dueAtMs <= untilMs ? dueAtMs : -1
  return [system, box, sameMs, place, limit, system, box, dueAtMs, untilMs, limit]
}

/** The first rows of some ranges, to the page's limit of bytes, each with how many were found. Others are not read. */
const page = (boxes: number): string => `SELECT ${ENVELOPE}, page.found FROM (
    SELECT due_at_ms, place, COUNT(*) OVER () AS found, SUM(bytes) OVER (ORDER BY due_at_ms, place
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_it
    FROM (${Array.from({ length: boxes }, () => RANGES).join(' UNION ALL ')}
      ORDER BY due_at_ms, place LIMIT ?) AS ranges) AS page
  STRAIGHT_JOIN spawn_outbox AS a ON a.system = ? AND a.place = page.place
  WHERE IFNULL(page.before_it, 0) < ${PAGE_BYTES} ORDER BY page.due_at_ms, page.place`

const DUE = page(LIVE.length)
const BOX = page(1)

const NEXT_DUE = LIVE.map(
  () => `(SELECT due_at_ms FROM spawn_outbox WHERE system = ? AND box = ? AND due_at_ms > ?
    ORDER BY due_at_ms LIMIT 1)`,
).join(' UNION ALL ')

const BY_ID = `SELECT ${ENVELOPE}, u.n FROM ${rowsOf('?', { id: ID }, { ordinal: true })}
  LEFT JOIN spawn_outbox AS a ON a.system = ? AND a.id = u.id`

export class Outbox {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async due(system: string, untilMs: number, limit: number, after = BEFORE_ALL): Promise<DuePage> {
    const name = Buffer.from(system)
    const ranges = LIVE.flatMap((box) => rangeValues(name, box, after, untilMs, limit + 1))
    const nexts = LIVE.flatMap((box) => [name, box, untilMs])
    // On one connection, one behind the other without waiting.
    const [rows, later] = await this.#database.ask((connection) =>
      Promise.all([connection.rows(DUE, [...ranges, limit + 1, name]), connection.rows(NEXT_DUE, nexts)]),
    )
    const nextDueMs = later.length === 0 ? null : Math.min(...later.map(([dueAtMs]) => Number(dueAtMs)))
    return { ...pageOf(rows, limit), nextDueMs }
  }

  /** In the order asked; null for one that does not stand. */
  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    const found = new Array<StandingEnvelope | null>(ids.length).fill(null)
    const values = [JSON.stringify(ids.map((id) => [id.toWellFormed()])), Buffer.from(system)]
    for (const row of await this.#database.readEach(BY_ID, values, ids.length))
      if (row[0] !== null) found[Number(row[ENVELOPE_COLUMNS]) - 1] = standingEnvelope(row)
    return found
  }

  async list(system: string, box: Box, { after, limit }: PageRequest): Promise<EnvelopePage> {
    const name = Buffer.from(system)
    const from = after === undefined ? BEFORE_ALL : envelopePosition(after)
    const values = [...rangeValues(name, boxNumber(box), from, FOR_EVER, limit + 1), limit + 1, name]
    const rows = await this.#database.read(BOX, values)
    const { envelopes, isLast } = pageOf(rows, limit)
    const last = envelopes.at(-1)
    return { envelopes, next: isLast || last === undefined ? null : envelopeToken(last) }
  }
}

/** One more than `limit` was looked for: it tells whether there is another page. */
function pageOf(rows: readonly Row[], limit: number): { envelopes: StandingEnvelope[]; isLast: boolean } {
  const found = Number(rows[0]?.[ENVELOPE_COLUMNS] ?? 0)
  const envelopes = rows.slice(0, limit).map((row) => standingEnvelope(row))
  return { envelopes, isLast: envelopes.length === found }
}
