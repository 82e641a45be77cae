// Pages over the outbox, of what the generations have and of what only the table has, without folding anything: what is
// due is asked often. The table is read by its index alone; only the rows that make the page are read in full.
//
// A row that is damaged keeps nobody from the others: what can still be read of it is answered, with a header that is
// empty, which nobody takes for one.
//
// Decides how long a stretch is. The asker puts stretches together to pages.

import type { Box, Envelope, EnvelopePosition, StandingEnvelope } from '../../ports/index.ts'
import { comparePositions } from '../envelope-token.ts'
import { boxNumber, boxOf, type EnvelopeStretch, FACT_BOX, LIVE_BOXES } from '../frames/envelope-bytes.ts'
import { isDamage } from './failures.ts'
import type { Outbox } from './outbox.ts'
import type { OutboxTable } from './outbox-table.ts'
import type { PendingEnvelope } from './pending-outbox.ts'

/** How many bytes of headers and payloads one stretch answers, about; the last envelope may exceed them. */
const STRETCH_BYTES = 4 * 1_024 * 1_024

const BEFORE_ALL: EnvelopePosition = { dueAtMs: -1, place: 0 }
const FOR_EVER = Number.MAX_SAFE_INTEGER

/** What is asked for: envelopes in these boxes that are due at `untilMs`, behind `after`. */
interface Range {
  readonly system: string
  readonly boxes: readonly number[]
  readonly after: EnvelopePosition
  readonly untilMs: number
}

interface Candidate {
  readonly place: number
  readonly box: number
  /** Where it stands; null: in the table only. */
  readonly pending: PendingEnvelope | null
}

export class OutboxPages {
  readonly #outbox: Outbox
  readonly #table: OutboxTable

  constructor(outbox: Outbox, table: OutboxTable) {
    this.#outbox = outbox
    this.#table = table
  }

  due(system: string, untilMs: number, limit: number, after: EnvelopePosition | null): EnvelopeStretch {
    const live = { system, boxes: LIVE_BOXES }
    const notYet = { ...live, after: { dueAtMs: untilMs, place: FOR_EVER }, untilMs: FOR_EVER }
    return {
      ...this.#stretch({ ...live, after: after ?? BEFORE_ALL, untilMs }, limit),
      nextDueMs: this.#first(notYet, 1)[0]?.dueAtMs ?? null,
    }
  }

  list(system: string, box: Box, after: EnvelopePosition | null, limit: number): EnvelopeStretch {
    const range = { system, boxes: [boxNumber(box)], after: after ?? BEFORE_ALL, untilMs: FOR_EVER }
    return { ...this.#stretch(range, limit), nextDueMs: null }
  }

  /** In the order of places, those behind `after`. */
  facts(system: string, after: number, limit: number): EnvelopeStretch {
    return { ...this.#stretchOf(system, this.#firstFacts(system, after, limit)), nextDueMs: null }
  }

  #stretch(range: Range, limit: number): Omit<EnvelopeStretch, 'nextDueMs'> {
    return this.#stretchOf(range.system, this.#first(range, limit))
  }

  #stretchOf(system: string, candidates: readonly Candidate[]): Omit<EnvelopeStretch, 'nextDueMs'> {
    const envelopes: StandingEnvelope[] = []
    let bytes = 0
    for (const candidate of candidates) {
      if (bytes >= STRETCH_BYTES) return { envelopes, isCut: true }
      const envelope = this.#standing(system, candidate)
      if (envelope === null) continue
      envelopes.push(envelope)
      bytes += envelope.header.length + (envelope.payload?.value.length ?? 0)
    }
    return { envelopes, isCut: false }
  }

  #standing(system: string, { box, pending, place }: Candidate): StandingEnvelope | null {
    if (pending !== null) return pending.standing
    try {
      return this.#table.at(place)
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown
      const head = this.#table.headAt(system, box, place)
      return head === null ? null : { ...head, box: boxOf(box), header: '', payload: null, place }
    }
  }

  #firstFacts(system: string, after: number, limit: number): Candidate[] {
    const candidates: Candidate[] = []
    for (const place of this.#table.facts(system, after)) {
      if (this.#outbox.isOutdated(place)) continue
      candidates.push({ place, box: FACT_BOX, pending: null })
      if (candidates.length === limit) break
    }
    // Mostly all of these are behind those: then a full page needs none of them.
    const to = candidates.length < limit ? FOR_EVER : (candidates.at(-1)?.place ?? 0)
    for (const pending of this.#outbox.pendingFacts(system, after)) {
      const { place } = pending
      if (place <= to) candidates.push({ place, box: FACT_BOX, pending })
    }
    return candidates.sort((left, right) => left.place - right.place).slice(0, limit)
  }

  /** The first ones of a range, in order. */
  #first(range: Range, limit: number): (Candidate & EnvelopePosition)[] {
    const candidates: (Candidate & EnvelopePosition)[] = []
    const ofFacts = range.boxes.includes(FACT_BOX)
    const { system } = range
    const pendings = ofFacts ? this.#outbox.pendingFacts(system, 0) : this.#outbox.pending(system)
    for (const pending of pendings) {
      const { envelope, place } = pending
      if (envelope !== null && isWithin(envelope, place, range))
        candidates.push({ dueAtMs: envelope.dueAtMs, place, box: boxNumber(envelope.box), pending })
    }
    for (const box of range.boxes) {
      let found = 0
      for (const { dueAtMs, place } of this.#table.positions(range.system, box, range.after, range.untilMs)) {
        if (this.#outbox.isOutdated(place)) continue
        candidates.push({ dueAtMs, place, box, pending: null })
        if ((found += 1) === limit) break
      }
    }
    return candidates.sort(comparePositions).slice(0, limit)
  }
}

function isWithin({ box, dueAtMs }: Envelope, place: number, { after, boxes, untilMs }: Range): boolean {
  if (dueAtMs > untilMs || !boxes.includes(boxNumber(box))) return false
  return dueAtMs > after.dueAtMs || (dueAtMs === after.dueAtMs && place > after.place)
}
