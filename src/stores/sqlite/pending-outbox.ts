// What journaled commits did to the outbox and is not yet folded into its table, by system and id: one layer over those
// below it. Most of what is sent is taken a moment later and leaves no trace in here, nor in the table.
//
// Decides nothing about places or verdicts: those are outbox.ts's. Invariant: an entry says how its id stands; an id
// without one stands as it does below.

import { type Envelope, FACT_PREFIX, type StandingEnvelope } from '../../ports/index.ts'
import { PendingEntries } from './pending-entries.ts'

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
  readonly #systems = new Map<string, PendingEntries>()
  /** Apart, because there may be many, and who looks for what is due looks through all that is not there. */
  readonly #facts = new Map<string, PendingEntries>()
  /** Whether one has an id that says nothing of facts: then any id may be of one. */
  #hasStrayFact = false
  /** The system that was asked for last: mostly there is no other. */
  #lastSystem = ''
  #lastEntries: PendingEntries | undefined = undefined
  /** The places of envelopes in the layers below that are replaced or taken here. */
  readonly #covered = new Set<number>()

  get(system: string, id: string): PendingEnvelope | undefined {
    return this.#entriesOf(system)?.get(id) ?? this.#factsOf(system, id)?.get(id)
  }

  covers(place: number): boolean {
    return this.#covered.has(place)
  }

  /** What happened to an id in this layer, in place of what is known of it. */
  put(entry: PendingEnvelope): void {
    if (entry.isNothing) {
      this.remove(entry)
      return
    }
    if (entry.envelope?.box === 'fact') {
      if (entry.envelope.isNew !== true) this.#entriesOf(entry.system)?.remove(entry.id)
      this.#putFact(entry)
    } else {
      this.#putEntry(entry)
      this.#factsOf(entry.system, entry.id)?.remove(entry.id)
    }
    if (entry.placeBelow !== 0) this.#covered.add(entry.placeBelow)
  }

  /** One that makes no difference to what is below was taken. */
  remove({ id, system }: PendingEnvelope): void {
    this.#entriesOf(system)?.remove(id)
    this.#factsOf(system, id)?.remove(id)
  }

  visit(what: (entry: PendingEnvelope) => void): void {
    for (const entries of this.#systems.values()) for (const entry of entries) what(entry)
    for (const facts of this.#facts.values()) for (const entry of facts) what(entry)
  }

  /** But facts. */
  ofSystem(system: string): Iterable<PendingEnvelope> {
    return this.#systems.get(system) ?? []
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

  #putEntry(entry: PendingEnvelope): void {
    let entries = this.#entriesOf(entry.system)
    if (entries === undefined) {
      entries = new PendingEntries()
      this.#systems.set(entry.system, entries)
      this.#lastEntries = entries
    }
    entries.put(entry)
  }

  #putFact(entry: PendingEnvelope): void {
    let facts = this.#facts.get(entry.system)
    if (facts === undefined) {
      facts = new PendingEntries()
      this.#facts.set(entry.system, facts)
    }
    facts.put(entry)
    if (!entry.id.startsWith(FACT_PREFIX)) this.#hasStrayFact = true
  }

  /** Where an id may stand, if it may be one of a fact. */
  #factsOf(system: string, id: string): PendingEntries | undefined {
    if (this.#facts.size === 0) return undefined
    return this.#hasStrayFact || id.startsWith(FACT_PREFIX) ? this.#facts.get(system) : undefined
  }

  #entriesOf(system: string): PendingEntries | undefined {
    if (this.#lastEntries === undefined || this.#lastSystem !== system) {
      this.#lastSystem = system
      this.#lastEntries = this.#systems.get(system)
    }
    return this.#lastEntries
  }
}
