// The outbox in memory: every envelope that stands, by system and id. Decides places, and what a page has in it; when a
// commit may send and take is memory-store.ts's. Simple before fast: a page sorts all that a system has.
//
// Invariant: places grow for ever; none is given twice.

import type {
  Box,
  Commit,
  DuePage,
  Envelope,
  EnvelopePage,
  EnvelopePosition,
  PageRequest,
  StandingEnvelope,
} from '../../ports/index.ts'
import { Packed } from '../../protocol/index.ts'
import { comparePositions, envelopePosition, envelopeToken } from '../envelope-token.ts'

export class MemoryOutbox {
  readonly #systems = new Map<string, Map<string, StandingEnvelope>>()
  #lastPlace = 0

  find(system: string, id: string): StandingEnvelope | null {
    return this.#systems.get(system)?.get(id) ?? null
  }

  /** Those with an envelope. */
  systems(): Iterable<string> {
    return this.#systems.keys()
  }

  counts(system: string): Record<Box, number> {
    const counts = { delivery: 0, schedule: 0, timer: 0, dead: 0, fact: 0 }
    for (const { box } of this.#systems.get(system)?.values() ?? []) counts[box] += 1
    return counts
  }

  /** Whether all that a commit takes stands, as it must. */
  accepts({ id: { system }, occasions, takes }: Commit): boolean {
    for (const [id, dueAtMs] of occasions ?? []) if (this.find(system, id)?.dueAtMs !== dueAtMs) return false
    return takes.every((id) => this.find(system, id) !== null)
  }

  /** Takes envelopes, all of which stand, then sends. */
  apply(system: string, takes: readonly string[], sends: readonly Envelope[]): void {
    if (takes.length === 0 && sends.length === 0) return
    const envelopes = this.#systems.get(system) ?? new Map<string, StandingEnvelope>()
    // What is taken and sent in one commit keeps its place, so the takes come last.
    const sent = new Set<string>()
    for (const envelope of sends) {
      const place = envelopes.get(envelope.id)?.place ?? (this.#lastPlace += 1)
      envelopes.set(envelope.id, copied(envelope, place))
      sent.add(envelope.id)
    }
    for (const id of takes) if (!sent.has(id)) envelopes.delete(id)
    if (envelopes.size === 0) this.#systems.delete(system)
    else this.#systems.set(system, envelopes)
  }

  /** All envelopes of a system, in no order. */
  all(system: string): StandingEnvelope[] {
    return [...(this.#systems.get(system)?.values() ?? [])]
  }

  /** Puts an envelope at a place of its own, where no other stands. */
  put(system: string, envelope: StandingEnvelope): void {
    const envelopes = this.#systems.get(system) ?? new Map<string, StandingEnvelope>()
    envelopes.set(envelope.id, copied(envelope, envelope.place))
    this.#systems.set(system, envelopes)
    this.#lastPlace = Math.max(this.#lastPlace, envelope.place)
  }

  due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): DuePage {
    const live = this.#sorted(system, ({ box }) => box !== 'dead' && box !== 'fact')
    const envelopes = live.filter(({ dueAtMs }) => dueAtMs <= untilMs).filter(isBehind(after))
    return {
      envelopes: envelopes.slice(0, limit),
      isLast: envelopes.length <= limit,
      nextDueMs: live.find(({ dueAtMs }) => dueAtMs > untilMs)?.dueAtMs ?? null,
    }
  }

  list(system: string, box: Box, { after, limit }: PageRequest): EnvelopePage {
    const position = after === undefined ? undefined : envelopePosition(after)
    const rest = this.#sorted(system, (envelope) => envelope.box === box).filter(isBehind(position))
    const envelopes = rest.slice(0, limit)
    const last = envelopes.at(-1)
    return { envelopes, next: last === undefined || rest.length <= limit ? null : envelopeToken(last) }
  }

  #sorted(system: string, isAsked: (envelope: StandingEnvelope) => boolean): StandingEnvelope[] {
    return this.all(system).filter(isAsked).sort(comparePositions)
  }
}

function isBehind(after: EnvelopePosition | undefined): (envelope: StandingEnvelope) => boolean {
  return (envelope) => after === undefined || comparePositions(envelope, after) > 0
}

/** The caller may use its bytes again. */
function copied({ id, box, dueAtMs, header, payload }: Envelope, place: number): StandingEnvelope {
  const copy = payload === null ? null : new Packed(payload.typeUrl, payload.value.slice())
  return { id, box, dueAtMs, header, payload: copy, place }
}
