// The outcomes of a generation, by actor and key: the newest of each. Where each stands in its frame is kept as numbers in one
// array, found by open addressing, so that thousands of keys are nothing for a collector to look at. Most keys are fresh, and the filter of
// keys says so: nobody looks for those, and an entry takes its seat among the others only when somebody looks.
//
// What a batch does is staged until it is known to be durable (`settle`). Whoever looks sees what is staged: a key comes once
// in a batch, too. Invariants: the filter has heard of every entry; after a batch that failed, everything is as it was before.

import { assert } from '../../base/index.ts'
import { FramedOutcome, type OutcomeFrame } from '../frames/framed-outcome.ts'
import type { Family } from './dictionary.ts'
import type { PendingActor } from './generation.ts'
import type { OutcomeRow } from './kept-outcomes.ts'

/**
 * Of an entry: the number of its actor and the hash of its key; the number of its frame, and where it stands in that; the
 * entry that its actor had before; and where it is seated, but for how many slots there are.
 */
const FIELDS = 8
const ACTOR = 0
const HASH = 1
const FRAME = 2
const LEAD_AT = 3
const TYPE = 4
const VALUE_AT = 5
const BEFORE = 6
const SEAT = 7
const FIRST_ENTRIES = 512
/** At most half of the slots are taken; when they are made, a quarter. */
const SLOTS_MADE = 4
const SLOTS_NEEDED = 2
/** No entry. */
export const NONE = -1

/** Who has outcomes. */
export interface Owner {
  readonly family: Family
  readonly name: string
  /** See actorHash. */
  readonly hash: number
}

/** A key, and its hash. */
export interface HashedKey {
  readonly key: string
  readonly keyHash: number
}

/** The filter of keys, see outcome-table.ts. */
export interface KeyCounts {
  /** False: there surely is no outcome, in the table or counted. */
  mayStand(owner: Pick<Owner, 'hash'>, key: Pick<HashedKey, 'keyHash'>): boolean
  count(owner: Pick<Owner, 'hash'>, key: Pick<HashedKey, 'keyHash'>): void
  /** For one that was counted. */
  discount(owner: Pick<Owner, 'hash'>, key: Pick<HashedKey, 'keyHash'>): void
}

export class GenerationOutcomes {
  readonly #filter: KeyCounts | null
  #entries = new Int32Array(FIRST_ENTRIES * FIELDS)
  /** Entries by their hashes, each one more than it is; 0: free. */
  #slots = new Int32Array(FIRST_ENTRIES * SLOTS_NEEDED)
  #length = 0
  /** Of these, the first so many have taken their seats. */
  #seated = 0
  #settledLength = 0
  /** Of what was looked at ahead: were it not kept, nobody would look. */
  near = 0
  readonly #frames: OutcomeFrame[] = []
  readonly #actors: PendingActor[] = []
  /** Entries that the batch has replaced, as they were. */
  #replaced: (readonly [entry: number, before: FramedOutcome])[] = []

  /** @param filter hears of what is staged; null: it is not filled yet, and nothing goes by it. */
  constructor(filter: KeyCounts | null = null) {
    this.#filter = filter
  }

  /** Whether the filter has heard of them. */
  get areCounted(): boolean {
    return this.#filter !== null
  }

  find(owner: Owner, wanted: HashedKey): FramedOutcome | null {
    const entry = this.#find(owner, wanted)
    return entry === NONE ? null : this.at(entry)
  }

  at(entry: number): FramedOutcome {
    const frame = this.#frames[this.#field(entry, FRAME)]
    assert(frame !== undefined, 'an outcome is in a frame')
    const leadAt = this.#field(entry, LEAD_AT)
    const hash = this.#field(entry, HASH)
    return new FramedOutcome(frame, leadAt, hash, this.#field(entry, TYPE), this.#field(entry, VALUE_AT))
  }

  /** Writes it into a row. @returns the hash of its key. */
  pack(entry: number, row: OutcomeRow): number {
    const frame = this.#frames[this.#field(entry, FRAME)]
    assert(frame !== undefined, 'an outcome is in a frame')
    const type = this.#field(entry, TYPE)
    row.addFramed(frame, this.#field(entry, LEAD_AT), type, this.#field(entry, VALUE_AT))
    return this.signedHashAt(entry) >>> 0
  }

  /** Brings near the processor what `pack` reads of some: they lie in as many frames, and are waited for together. */
  lookAhead(entries: readonly number[]): void {
    for (let at = 0; at < entries.length; at += 1) {
      const entry = entries[at] ?? 0
      const bytes = this.#frames[this.#field(entry, FRAME)]?.bytes
      this.near ^= (bytes?.[this.#field(entry, LEAD_AT)] ?? 0) ^ (bytes?.[this.#field(entry, VALUE_AT)] ?? 0)
    }
  }

  /** All of an actor, the newest first. */
  entriesOf({ newestOutcome }: PendingActor): number[] {
    const entries: number[] = []
    for (let entry = newestOutcome; entry !== NONE; entry = this.#field(entry, BEFORE)) entries.push(entry)
    return entries
  }

  /** The hash of its key, as a number with a sign. */
  signedHashAt(entry: number): number {
    return this.#field(entry, HASH)
  }

  /** Of the keys of an actor. */
  keyHashes(actor: PendingActor): number[] {
    return this.entriesOf(actor).map((entry) => this.signedHashAt(entry) >>> 0)
  }

  /** Those of an accepted commit, none of whose keys has an outcome that would refuse it. */
  stage(actor: PendingActor, outcomes: readonly FramedOutcome[]): void {
    const filter = this.#filter
    for (const outcome of outcomes) {
      const isFresh = filter?.mayStand(actor, outcome) === false
      filter?.count(actor, outcome)
      const entry = isFresh ? NONE : this.#find(actor, outcome)
      if (entry === NONE) {
        this.#add(actor, outcome)
        continue
      }
      this.#replaced.push([entry, this.at(entry)])
      this.#put(entry, outcome)
    }
  }

  /** What is staged is durable, or never was. */
  settle(committed: boolean): void {
    if (!committed) {
      for (const [entry, before] of this.#replaced.reverse()) {
        this.#put(entry, before)
        this.#discount(entry)
      }
      while (this.#length > this.#settledLength) this.#removeLast()
    }
    this.#replaced = []
    this.#settledLength = this.#length
  }

  #field(entry: number, field: number): number {
    return this.#entries[entry * FIELDS + field] ?? 0
  }

  #find(owner: Owner, wanted: HashedKey): number {
    if (this.#seated < this.#length) this.#seatAll()
    const hash = wanted.keyHash | 0
    const mask = this.#slots.length - 1
    for (let slot = seatOf(owner.hash, hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1
      if (entry === NONE) return NONE
      if (this.#field(entry, HASH) !== hash) continue
      const actor = this.#actors[this.#field(entry, ACTOR)]
      if (actor?.name !== owner.name || actor.family !== owner.family) continue
      if (this.at(entry).key === wanted.key) return entry
    }
  }

  #add(actor: PendingActor, outcome: FramedOutcome): void {
    const entry = this.#length
    if ((entry + 1) * FIELDS > this.#entries.length) this.#grow()
    if (actor.number === NONE) actor.number = this.#actors.push(actor) - 1
    const at = entry * FIELDS
    this.#entries[at + ACTOR] = actor.number
    this.#entries[at + HASH] = outcome.signedHash
    this.#entries[at + BEFORE] = actor.newestOutcome
    this.#entries[at + SEAT] = seatOf(actor.hash, outcome.signedHash)
    this.#put(entry, outcome)
    actor.newestOutcome = entry
    actor.outcomes += 1
    this.#length += 1
  }

  /** Where it stands. */
  #put(entry: number, { frame, leadAt, type, valueAt }: FramedOutcome): void {
    if (this.#frames.at(-1) !== frame) this.#frames.push(frame)
    const at = entry * FIELDS
    this.#entries[at + FRAME] = this.#frames.length - 1
    this.#entries[at + LEAD_AT] = leadAt
    this.#entries[at + TYPE] = type
    this.#entries[at + VALUE_AT] = valueAt
  }

  #removeLast(): void {
    this.#length -= 1
    const entry = this.#length
    if (entry < this.#seated) {
      // What was seated last leaves the slots as they were before it.
      this.#slots[this.#slotWith(entry, entry + 1)] = 0
      this.#seated = entry
    }
    this.#discount(entry)
    const actor = this.#actors[this.#field(entry, ACTOR)]
    if (actor === undefined) return
    actor.newestOutcome = this.#field(entry, BEFORE)
    actor.outcomes -= 1
  }

  /** What was staged in its place never was. */
  #discount(entry: number): void {
    const actor = this.#actors[this.#field(entry, ACTOR)]
    if (actor !== undefined) this.#filter?.discount(actor, { keyHash: this.signedHashAt(entry) >>> 0 })
  }

  #seatAll(): void {
    if (this.#length * SLOTS_NEEDED > this.#slots.length) {
      this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(this.#length * SLOTS_MADE)))
      this.#seated = 0
    }
    for (; this.#seated < this.#length; this.#seated += 1)
      this.#slots[this.#slotWith(this.#seated, 0)] = this.#seated + 1
  }

  /** The first slot on the way of an entry that has this in it. */
  #slotWith(entry: number, content: number): number {
    const mask = this.#slots.length - 1
    let slot = this.#field(entry, SEAT) & mask
    while (this.#slots[slot] !== content) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const entries = new Int32Array(this.#entries.length * 2)
    entries.set(this.#entries)
    this.#entries = entries
  }
}

/** Where a key of an actor is seated; the lowest bits say in which slot. */
function seatOf(actorHash: number, keyHash: number): number {
  const mixed = Math.imul(actorHash, 0x9e37_79b1) ^ keyHash
  return mixed ^ (mixed >>> 15)
}
