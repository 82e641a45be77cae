// Which idempotency keys the store may have of an actor, so that a call with any other key runs at once, without asking.
// One activation writes its actor, so it knows them all once it has asked for them and notes those of its own turns. It
// may say "perhaps" of a key that was never used; it never says "fresh" of one that its turns have used or that the store
// had. What another owner commits meanwhile it cannot know: then the fence, or the store's own check, refuses the commit.
//
// Keys are kept as hashes, in a table that doubles up to a limit; an actor with more keys has each one looked up. Decides
// when asking for all keys is worth it: what was asked for in vain never comes to more than a few rows for each lookup.

import { hashOf } from '../../base/index.ts'
import type { Budget } from './budget.ts'

const FIRST_SLOTS = 16
/** Half a mebibyte, for 98,304 keys. */
const MOST_SLOTS = 131_072
/** Keys that are asked for at first, and at most in one request. */
const FIRST_ASKED = 64
const MOST_ASKED = 8_192

export class KnownKeys {
  private readonly budget: Budget
  /** Hashes in open addressing, 0 where there is none; null: what the store has is not known. */
  private slots: Uint32Array | null = null
  private count = 0
  private asked = FIRST_ASKED
  /** Lookups before the store is asked for all keys again, and how many it will be after that. */
  private pause = 0
  private nextPause = 1

  constructor(budget: Budget) {
    this.budget = budget
  }

  /** Whether no turn has ever been committed under a key. False: there may be one. */
  isFresh(key: string): boolean {
    const { slots } = this
    if (slots === null) return false
    const hash = keyHash(key)
    return slots[slotOf(slots, hash)] !== hash
  }

  /** A turn under this key is about to be committed. */
  add(key: string): void {
    if (this.slots !== null) this.put(keyHash(key))
  }

  /** Before a key is looked up: how many keys the store is to be asked for instead. 0: that one only. */
  asks(): number {
    if (this.slots !== null) return 0
    if (this.pause === 0) return this.asked
    this.pause -= 1
    return 0
  }

  /**
   * What the store has answered, to who asked with nothing under way.
   *
   * @param hashes null: it has more keys than it was asked for.
   */
  learn(hashes: Uint32Array | null): void {
    if (hashes === null) {
      this.giveUp()
      return
    }
    // Two turns within each other may both have asked.
    if (this.slots === null) this.resize(slotsFor(hashes.length))
    for (const hash of hashes) this.put(hash === 0 ? 1 : hash)
  }

  /** The activation ends. */
  forget(): void {
    if (this.slots !== null) this.budget.weigh(-this.slots.byteLength)
    this.slots = null
  }

  private giveUp(): void {
    this.forget()
    this.asked = Math.min(this.asked * 2, MOST_ASKED)
    this.pause = this.nextPause
    this.nextPause *= 2
  }

  private put(hash: number): void {
    const { slots } = this
    if (slots === null) return
    const slot = slotOf(slots, hash)
    if (slots[slot] === hash) return
    slots[slot] = hash
    this.count += 1
    if (this.count * 4 <= slots.length * 3) return
    if (slots.length < MOST_SLOTS) this.resize(slots.length * 2)
    else this.giveUp()
  }

  /** To a size that has room for all that there are. */
  private resize(size: number): void {
    const before = this.slots
    const slots = new Uint32Array(size)
    this.slots = slots
    this.budget.weigh(slots.byteLength - (before === null ? 0 : before.byteLength))
    if (before === null) this.count = 0
    else refill(slots, before)
  }
}

/** A turn asks for its key twice, mostly with no other one between. */
let lastKey: string | null = null
let lastHash = 0

function keyHash(key: string): number {
  if (key === lastKey) return lastHash
  const hash = hashOf(key)
  lastKey = key
  lastHash = hash === 0 ? 1 : hash
  return lastHash
}

/** So that this many keys make it no larger. */
function slotsFor(count: number): number {
  let slots = FIRST_SLOTS
  while (count * 4 > slots * 3 && slots < MOST_SLOTS) slots *= 2
  return slots
}

/** Most keys come here once or twice, so it is a good part of what a key costs: no iterator, and nothing is counted anew. */
function refill(slots: Uint32Array, before: Uint32Array): void {
  const { length } = before
  for (let at = 0; at < length; at += 1) {
    const hash = before[at] ?? 0
    if (hash !== 0) slots[slotOf(slots, hash)] = hash
  }
}

/** Where a hash stands, or would. */
function slotOf(slots: Uint32Array, hash: number): number {
  const mask = slots.length - 1
  let slot = hash & mask
  while (slots[slot] !== 0 && slots[slot] !== hash) slot = (slot + 1) & mask
  return slot
}
