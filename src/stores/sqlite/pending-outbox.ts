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
  /** A commit takes it that is not known to be durable yet. */
  isLeaving = false
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
    if (this.envelope === null) return null
    const { id, box, dueAtMs, header, payload } = this.envelope
    return { id, box, dueAtMs, header, payload, place: this.place }
  }

  /** Whether it makes no difference to what is below. */
  get isNothing(): boolean {
    return this.envelope === null && this.placeBelow === 0
  }
}

export class PendingOutbox {
  /** All but facts. */
  readonly #systems = new Map<string, Map<string, PendingEnvelope>>()
  /** Apart, because there may be many, and who looks for what is due looks through all that is not there. */
  readonly #facts = new Map<string, Map<string, PendingEnvelope>>()
  /** The system that was asked for last: mostly there is no other. */
  #lastSystem = ''
  #lastIds: Map<string, PendingEnvelope> | undefined = undefined
  /** The places of envelopes in the layers below that are replaced or taken here. */
  readonly #covered = new Set<number>()

  get(system: string, id: string): PendingEnvelope | undefined {
    const entry = this.#idsOf(system)?.get(id)
    return entry === undefined && this.#facts.size > 0 ? this.#facts.get(system)?.get(id) : entry
  }

  covers(place: number): boolean {
    return this.#covered.has(place)
  }

  /** What happened to an id in this layer, in place of what is known of it. */
  put(entry: PendingEnvelope): void {
    let ids = this.#idsOf(entry.system)
    if (entry.isNothing) {
      this.remove(entry)
      return
    }
    if (entry.envelope?.box === 'fact') {
      ids?.delete(entry.id)
      this.#putFact(entry)
    } else {
      if (ids === undefined) {
        ids = new Map<string, PendingEnvelope>()
        this.#systems.set(entry.system, ids)
        this.#lastIds = ids
      }
      ids.set(entry.id, entry)
      if (this.#facts.size > 0) this.#facts.get(entry.system)?.delete(entry.id)
    }
    if (entry.placeBelow !== 0) this.#covered.add(entry.placeBelow)
  }

  /** One that makes no difference to what is below was taken. */
  remove({ id, system }: PendingEnvelope): void {
    this.#idsOf(system)?.delete(id)
    if (this.#facts.size > 0) this.#facts.get(system)?.delete(id)
  }

  visit(what: (entry: PendingEnvelope) => void): void {
    for (const systems of [this.#systems, this.#facts])
      for (const ids of systems.values()) for (const entry of ids.values()) what(entry)
  }

  /** But facts. */
  ofSystem(system: string): Iterable<PendingEnvelope> {
    return this.#systems.get(system)?.values() ?? []
  }

  factsOf(system: string): Iterable<PendingEnvelope> {
    return this.#facts.get(system)?.values() ?? []
  }

  /** Undoes the `put` of an entry, when it was the last one of its id. */
  putBack(entry: PendingEnvelope, before: PendingEnvelope | undefined): void {
    if (before !== undefined) return this.put(before)
    this.remove(entry)
    this.#covered.delete(entry.placeBelow)
  }

  #putFact(entry: PendingEnvelope): void {
    const facts = this.#facts.get(entry.system)
    if (facts === undefined) this.#facts.set(entry.system, new Map([[entry.id, entry]]))
    else facts.set(entry.id, entry)
  }

  #idsOf(system: string): Map<string, PendingEnvelope> | undefined {
    if (this.#lastIds === undefined || this.#lastSystem !== system) {
      this.#lastSystem = system
      this.#lastIds = this.#systems.get(system)
    }
    return this.#lastIds
  }
}
