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
  FactPage,
  PageRequest,
  StandingEnvelope,
} from '../../ports/index.ts'
import { Packed } from '../../protocol/index.ts'
import { comparePositions, envelopePosition, envelopeToken } from '../envelope-token.ts'

type BySystem = Map<string, Map<string, StandingEnvelope>>

export class MemoryOutbox {
  /** All but facts, of which there may be many: who looks for others does not look through them. */
  readonly #others: BySystem = new Map()
  readonly #facts: BySystem = new Map()
  #lastPlace = 0

  find(system: string, id: string): StandingEnvelope | null {
    return this.#others.get(system)?.get(id) ?? this.#facts.get(system)?.get(id) ?? null
  }

  /** Those with an envelope. */
  systems(): Iterable<string> {
    return new Set([...this.#others.keys(), ...this.#facts.keys()])
  }

  counts(system: string): Record<Box, number> {
    const counts = { delivery: 0, schedule: 0, timer: 0, dead: 0, fact: this.#facts.get(system)?.size ?? 0 }
    for (const { box } of valuesOf(this.#others, system)) counts[box] += 1
    return counts
  }

  /** Whether all that a commit takes stands, as it must. */
  accepts({ id: { system }, occasions, takes }: Commit): boolean {
    for (const [id, dueAtMs] of occasions ?? []) if (this.find(system, id)?.dueAtMs !== dueAtMs) return false
    return takes.every((id) => this.find(system, id) !== null)
  }

  /** Takes envelopes, all of which stand, then sends. */
  apply(system: string, takes: readonly string[], sends: readonly Envelope[]): void {
    // What is taken and sent in one commit keeps its place, so the takes come last.
    const sent = new Set<string>()
    for (const envelope of sends) {
      const place = this.find(system, envelope.id)?.place ?? (this.#lastPlace += 1)
      this.#set(system, copied(envelope, place))
      sent.add(envelope.id)
    }
    for (const id of takes) if (!sent.has(id)) this.#delete(system, id)
  }

  /** All envelopes of a system, in no order. */
  all(system: string): StandingEnvelope[] {
    return [...valuesOf(this.#others, system), ...valuesOf(this.#facts, system)]
  }

  /** Puts an envelope at a place of its own, where no other stands. */
  put(system: string, envelope: StandingEnvelope): void {
    this.#set(system, copied(envelope, envelope.place))
    this.#lastPlace = Math.max(this.#lastPlace, envelope.place)
  }

  due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): DuePage {
    const live = valuesOf(this.#others, system)
      .filter(({ box }) => box !== 'dead')
      .sort(comparePositions)
    const envelopes = live.filter(({ dueAtMs }) => dueAtMs <= untilMs).filter(isBehind(after))
    return {
      envelopes: envelopes.slice(0, limit),
      isLast: envelopes.length <= limit,
      nextDueMs: live.find(({ dueAtMs }) => dueAtMs > untilMs)?.dueAtMs ?? null,
    }
  }

  list(system: string, box: Box, { after, limit }: PageRequest): EnvelopePage {
    const position = after === undefined ? undefined : envelopePosition(after)
    const rest = valuesOf(box === 'fact' ? this.#facts : this.#others, system)
      .filter((envelope) => envelope.box === box)
      .filter(isBehind(position))
      .sort(comparePositions)
    const envelopes = rest.slice(0, limit)
    const last = envelopes.at(-1)
    return { envelopes, next: last === undefined || rest.length <= limit ? null : envelopeToken(last) }
  }

  facts(system: string, after: number, limit: number): FactPage {
    const rest = valuesOf(this.#facts, system)
      .filter(({ place }) => place > after)
      .sort((left, right) => left.place - right.place)
    return { facts: rest.slice(0, limit), isLast: rest.length <= limit }
  }

  /** Drops at most `limit` facts that are over; answers how many went. */
  prune(nowMs: number, limit: number): number {
    let dropped = 0
    for (const system of this.#facts.keys()) {
      for (const { dueAtMs, id } of valuesOf(this.#facts, system)) {
        if (dropped === limit) return dropped
        if (dueAtMs > nowMs) continue
        this.#delete(system, id)
        dropped += 1
      }
    }
    return dropped
  }

  #set(system: string, envelope: StandingEnvelope): void {
    this.#delete(system, envelope.id)
    const systems = envelope.box === 'fact' ? this.#facts : this.#others
    const envelopes = systems.get(system)
    if (envelopes === undefined) systems.set(system, new Map([[envelope.id, envelope]]))
    else envelopes.set(envelope.id, envelope)
  }

  #delete(system: string, id: string): void {
    for (const systems of [this.#others, this.#facts]) {
      const envelopes = systems.get(system)
      if (envelopes?.delete(id) === true && envelopes.size === 0) systems.delete(system)
    }
  }
}

function valuesOf(systems: BySystem, system: string): StandingEnvelope[] {
  return [...(systems.get(system)?.values() ?? [])]
}

function isBehind(after: EnvelopePosition | undefined): (envelope: StandingEnvelope) => boolean {
  return (envelope) => after === undefined || comparePositions(envelope, after) > 0
}

/** The caller may use its bytes again. */
function copied({ id, box, dueAtMs, header, payload }: Envelope, place: number): StandingEnvelope {
  const copy = payload === null ? null : new Packed(payload.typeUrl, payload.value.slice())
  return { id, box, dueAtMs, header, payload: copy, place }
}
