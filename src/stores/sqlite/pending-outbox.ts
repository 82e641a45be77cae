// What journaled commits did to the outbox and is not yet folded into its table, by system and id: one layer over those
// below it. Most of what is sent is taken a moment later and leaves no trace in here, nor in the table.
//
// Decides nothing about places or verdicts: those are outbox.ts's. Invariant: an entry says how its id stands; an id
// without one stands as it does below.

import type { Envelope, StandingEnvelope } from '../../ports/index.ts'

/** What `placeBelow` is where nobody looked. */
export const UNKNOWN_PLACE = -1

export class PendingEnvelope {
  readonly system: string
  readonly id: string
  /** Null: it was taken. */
  readonly envelope: Envelope | null
  /** 0: it was taken. */
  readonly place: number
  /** Its place in the layers below, where what this entry says is not known; 0: it does not stand there. */
  readonly placeBelow: number

  constructor(system: string, id: string, envelope: Envelope | null, place: number, placeBelow: number) {
    this.system = system
    this.id = id
    this.envelope = envelope
    this.place = place
    this.placeBelow = placeBelow
  }

  get standing(): StandingEnvelope | null {
    return this.envelope === null ? null : { ...this.envelope, place: this.place }
  }

  /** Whether it makes no difference to what is below. */
  get isNothing(): boolean {
    return this.envelope === null && this.placeBelow === 0
  }
}

export class PendingOutbox {
  readonly #systems = new Map<string, Map<string, PendingEnvelope>>()
  /** The places of envelopes in the layers below that are replaced or taken here. */
  readonly #covered = new Set<number>()

  get(system: string, id: string): PendingEnvelope | undefined {
    return this.#systems.get(system)?.get(id)
  }

  covers(place: number): boolean {
    return this.#covered.has(place)
  }

  /** What happened to an id in this layer, in place of what is known of it. */
  put(entry: PendingEnvelope): void {
    let ids = this.#systems.get(entry.system)
    if (entry.isNothing) {
      ids?.delete(entry.id)
      return
    }
    if (ids === undefined) this.#systems.set(entry.system, (ids = new Map<string, PendingEnvelope>()))
    ids.set(entry.id, entry)
    if (entry.placeBelow !== 0) this.#covered.add(entry.placeBelow)
  }

  *[Symbol.iterator](): Generator<PendingEnvelope> {
    for (const ids of this.#systems.values()) yield* ids.values()
  }

  ofSystem(system: string): Iterable<PendingEnvelope> {
    return this.#systems.get(system)?.values() ?? []
  }

  clear(): void {
    this.#systems.clear()
    this.#covered.clear()
  }
}
