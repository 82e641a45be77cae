// The outbox, as it is read; what stands in it is decided where it is written. Decides how a page goes on: as many
// envelopes as asked, or fewer where their payloads are large, which the vendor measures.

import type {
  Box,
  DuePage,
  EnvelopePage,
  EnvelopePosition,
  FactPage,
  PageRequest,
  StandingEnvelope,
} from '../../ports/index.ts'
import { envelopePosition, envelopeToken } from '../envelope-token.ts'
import { boxNumber } from './box-number.ts'
import { ENVELOPE_COLUMNS, type Row, standingEnvelope } from './rows.ts'

/** Bytes of headers and payloads after which a page ends. */
export const OUTBOX_PAGE_BYTES = 4 * 1_024 * 1_024

/** The numbers of the boxes whose envelopes fall due. */
export const LIVE_BOXES: readonly number[] = [0, 1, 2]

const BEFORE_ALL: EnvelopePosition = { dueAtMs: -1, place: 0 }
const FOR_EVER = Number.MAX_SAFE_INTEGER

/** A range of envelopes, in the order of `EnvelopePosition`. */
export interface OutboxRange {
  readonly system: string
  readonly after: EnvelopePosition
  readonly untilMs: number
  readonly limit: number
}

/** Facts behind a place, in the order of places. */
export interface FactRange {
  readonly system: string
  readonly after: number
  readonly limit: number
}

export interface DueRows {
  readonly rows: readonly Row[]
  /** When the next one behind the range is due; null: there is none. */
  readonly nextDueMs: number | null
}

/** What a vendor answers: envelopes as `standingEnvelope` has them, and one column more. */
export interface OutboxRows {
  /** Of all live boxes. The column more: how many were found, to the limit; rows behind the page's limit of bytes are left out. */
  due(range: OutboxRange): Promise<DueRows>
  /** The same of one box. */
  box(range: OutboxRange, box: number): Promise<readonly Row[]>
  /** As `box`, in the order of places. */
  facts(range: FactRange): Promise<readonly Row[]>
  /** The column more: the id's ordinal, from 1. No row, or one without an id, for one that does not stand. */
  byId(system: string, ids: readonly string[]): Promise<readonly Row[]>
}

export class Outbox {
  readonly #rows: OutboxRows

  constructor(rows: OutboxRows) {
    this.#rows = rows
  }

  async due(system: string, untilMs: number, limit: number, after = BEFORE_ALL): Promise<DuePage> {
    const { nextDueMs, rows } = await this.#rows.due({ system, after, untilMs, limit: limit + 1 })
    return { ...pageOf(rows, limit), nextDueMs }
  }

  /** In the order asked; null for one that does not stand. */
  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    const found = new Array<StandingEnvelope | null>(ids.length).fill(null)
    for (const row of await this.#rows.byId(system, ids))
      if (row[0] !== null) found[Number(row[ENVELOPE_COLUMNS]) - 1] = standingEnvelope(row)
    return found
  }

  async list(system: string, box: Box, { after, limit }: PageRequest): Promise<EnvelopePage> {
    const from = after === undefined ? BEFORE_ALL : envelopePosition(after)
    const range = { system, after: from, untilMs: FOR_EVER, limit: limit + 1 }
    const { envelopes, isLast } = pageOf(await this.#rows.box(range, boxNumber(box)), limit)
    const last = envelopes.at(-1)
    return { envelopes, next: isLast || last === undefined ? null : envelopeToken(last) }
  }

  async facts(system: string, after: number, limit: number): Promise<FactPage> {
    const rows = await this.#rows.facts({ system, after, limit: limit + 1 })
    const { envelopes, isLast } = pageOf(rows, limit)
    return { facts: envelopes, isLast }
  }
}

/** One more than `limit` was looked for: it tells whether there is another page. */
function pageOf(rows: readonly Row[], limit: number): { envelopes: StandingEnvelope[]; isLast: boolean } {
  const found = Number(rows[0]?.[ENVELOPE_COLUMNS] ?? 0)
  const page = found === 0 ? [] : rows.slice(0, limit)
  return { envelopes: page.map((row) => standingEnvelope(row)), isLast: page.length === found }
}
