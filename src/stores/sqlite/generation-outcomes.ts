// The outcomes of a generation, by actor and key: the newest of each. Where each stands in its frame is kept as numbers in one
// array, found by open addressing, so that thousands of keys are nothing for a collector to look at.
//
// What a batch does is staged until it is known to be durable (`settle`). Whoever looks sees what is staged: a key comes once
// in a batch, too. Invariant: after a batch that failed, everything is as it was before.

import { assert } from '../../base/index.ts'
import { FramedOutcome, type OutcomeFrame } from '../frames/framed-outcome.ts'
import type { Family } from './dictionary.ts'
import type { PendingActor } from './generation.ts'

/**
 * Of an entry: the number of its actor and the hash of its key; the number of its frame, and where it stands in that; and the
 * entry that its actor had before.
 */
const FIELDS = 7
const ACTOR = 0
const HASH = 1
const FRAME = 2
const LEAD_AT = 3
const TYPE = 4
const VALUE_AT = 5
const BEFORE = 6
const FIRST_ENTRIES = 512
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

export class GenerationOutcomes {
  #entries = new Int32Array(FIRST_ENTRIES * FIELDS)
  /** Entries by their hashes, each one more than it is; 0: free. At most half are taken. */
  #slots = new Int32Array(FIRST_ENTRIES * 2)
  #length = 0
  #settledLength = 0
  readonly #frames: OutcomeFrame[] = []
  readonly #actors: PendingActor[] = []
  /** Entries that the batch has replaced, as they were. */
  #replaced: (readonly [entry: number, before: FramedOutcome])[] = []

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

  /** The hash of its key, as a number with a sign. */
  signedHashAt(entry: number): number {
    return this.#field(entry, HASH)
  }

  /** The one that its actor had before; -1: it is the first. */
  before(entry: number): number {
    return this.#field(entry, BEFORE)
  }

  /** Of the keys of an actor. */
  keyHashes({ newestOutcome }: PendingActor): number[] {
    const hashes: number[] = []
    for (let entry = newestOutcome; entry !== NONE; entry = this.before(entry))
      hashes.push(this.signedHashAt(entry) >>> 0)
    return hashes
  }

  /** Those of an accepted commit, none of whose keys has an outcome that would refuse it. */
  stage(actor: PendingActor, outcomes: readonly FramedOutcome[]): void {
    for (const outcome of outcomes) {
      const entry = this.#find(actor, outcome)
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
      for (const [entry, before] of this.#replaced.reverse()) this.#put(entry, before)
      while (this.#length > this.#settledLength) this.#removeLast()
    }
    this.#replaced = []
    this.#settledLength = this.#length
  }

  #field(entry: number, field: number): number {
    return this.#entries[entry * FIELDS + field] ?? 0
  }

  #find(owner: Owner, wanted: HashedKey): number {
    const hash = wanted.keyHash | 0
    const mask = this.#slots.length - 1
    for (let slot = slotOf(owner.hash, hash, mask); ; slot = (slot + 1) & mask) {
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
    this.#entries[entry * FIELDS + ACTOR] = actor.number
    this.#entries[entry * FIELDS + HASH] = outcome.signedHash
    this.#entries[entry * FIELDS + BEFORE] = actor.newestOutcome
    this.#put(entry, outcome)
    actor.newestOutcome = entry
    actor.outcomes += 1
    this.#length += 1
    this.#seat(entry)
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
    // What was seated last leaves the slots as they were before it.
    this.#slots[this.#slotWith(entry, entry + 1)] = 0
    const actor = this.#actors[this.#field(entry, ACTOR)]
    if (actor === undefined) return
    actor.newestOutcome = this.#field(entry, BEFORE)
    actor.outcomes -= 1
  }

  #seat(entry: number): void {
    this.#slots[this.#slotWith(entry, 0)] = entry + 1
  }

  /** The first slot on the way of an entry that has this in it. */
  #slotWith(entry: number, content: number): number {
    const mask = this.#slots.length - 1
    const owner = this.#actors[this.#field(entry, ACTOR)]
    let slot = slotOf(owner?.hash ?? 0, this.#field(entry, HASH), mask)
    while (this.#slots[slot] !== content) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const entries = new Int32Array(this.#entries.length * 2)
    entries.set(this.#entries)
    this.#entries = entries
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (let entry = 0; entry < this.#length; entry += 1) this.#seat(entry)
  }
}

function slotOf(actorHash: number, keyHash: number, mask: number): number {
  const mixed = Math.imul(actorHash, 0x9e37_79b1) ^ keyHash
  return (mixed ^ (mixed >>> 15)) & mask
}
