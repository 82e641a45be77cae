// What journaled commits did to the outbox and is not yet folded into its table, by system and id: one layer over those
// below it. Most of what is sent is taken a moment later and leaves no trace in here, nor in the table.
//
// Decides nothing about places or verdicts: those are outbox.ts's. Invariant: an entry says how its id stands; an id
// without one stands as it does below.

import { type Envelope, FACT_PREFIX, type StandingEnvelope } from '../../ports/index.ts'
import { PendingFacts } from './pending-facts.ts'

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
  readonly #facts = new Map<string, PendingFacts>()
  /** Whether one has an id that says nothing of facts: then any id may be of one. */
  #hasStrayFact = false
  /** The system that was asked for last: mostly there is no other. */
  #lastSystem = ''
  #lastIds: Map<string, PendingEnvelope> | undefined = undefined
  /** The places of envelopes in the layers below that are replaced or taken here. */
  readonly #covered = new Set<number>()

  get(system: string, id: string): PendingEnvelope | undefined {
    return this.#idsOf(system)?.get(id) ?? this.#factsOf(system, id)?.get(id)
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
      if (entry.envelope.isNew !== true) ids?.delete(entry.id)
      this.#putFact(entry)
    } else {
      if (ids === undefined) {
        ids = new Map<string, PendingEnvelope>()
        this.#systems.set(entry.system, ids)
        this.#lastIds = ids
      }
      ids.set(entry.id, entry)
      this.#factsOf(entry.system, entry.id)?.remove(entry.id)
    }
    if (entry.placeBelow !== 0) this.#covered.add(entry.placeBelow)
  }

  /** One that makes no difference to what is below was taken. */
  remove({ id, system }: PendingEnvelope): void {
    this.#idsOf(system)?.delete(id)
    this.#factsOf(system, id)?.remove(id)
  }

  visit(what: (entry: PendingEnvelope) => void): void {
    for (const ids of this.#systems.values()) for (const entry of ids.values()) what(entry)
    for (const facts of this.#facts.values()) for (const entry of facts.entries) what(entry)
  }

  /** But facts. */
  ofSystem(system: string): Iterable<PendingEnvelope> {
    return this.#systems.get(system)?.values() ?? []
  }

  /** Those at places behind one. */
  factsOf(system: string, after: number): Iterable<PendingEnvelope> {
    return this.#facts.get(system)?.behind(after) ?? []
  }

  /** Undoes the `put` of an entry, when it was the last one of its id. */
  putBack(entry: PendingEnvelope, before: PendingEnvelope | undefined): void {
    if (before !== undefined) return this.put(before)
    this.remove(entry)
    this.#covered.delete(entry.placeBelow)
  }

  #putFact(entry: PendingEnvelope): void {
    let facts = this.#facts.get(entry.system)
    if (facts === undefined) {
      facts = new PendingFacts()
      this.#facts.set(entry.system, facts)
    }
    facts.put(entry)
    if (!entry.id.startsWith(FACT_PREFIX)) this.#hasStrayFact = true
  }

  /** Where an id may stand, if it may be one of a fact. */
  #factsOf(system: string, id: string): PendingFacts | undefined {
    if (this.#facts.size === 0) return undefined
    return this.#hasStrayFact || id.startsWith(FACT_PREFIX) ? this.#facts.get(system) : undefined
  }

  #idsOf(system: string): Map<string, PendingEnvelope> | undefined {
    if (this.#lastIds === undefined || this.#lastSystem !== system) {
      this.#lastSystem = system
      this.#lastIds = this.#systems.get(system)
    }
    return this.#lastIds
  }
}
