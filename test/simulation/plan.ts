// The shape of one simulation, drawn from its seed: how many actors and callers, how bad the store, how small the limits,
// what befalls the process. Decides nothing at run time.
// Invariant: the same seed gives the same plan. A plan is plain data, so a failing one can be printed and cut down by hand.

import { assert, below, type Random, seededRandom } from '../../src/base/index.ts'
import { NO_FAULTS, type StoreFaults } from '../../src/testing/index.ts'

/** What the outside may do, by weight. */
export interface Mix {
  readonly add: number
  readonly slow: number
  readonly fail: number
  readonly hang: number
  readonly relay: number
  readonly cycle: number
  readonly tell: number
  readonly read: number
  readonly get: number
  readonly inspect: number
  readonly spawn: number
  readonly remove: number
}

/** What befalls the process, one after the other, between calm stretches. */
export type Event = 'stop' | 'crash' | 'twin'

export interface Plan {
  readonly seed: number
  /** Actors of each definition. */
  readonly actors: number
  readonly callers: number
  readonly callsEach: number
  /** Calls that a caller may have open at once. */
  readonly burst: number
  readonly mix: Mix
  readonly faults: StoreFaults
  readonly latenessMs: number
  readonly residentActors: number
  readonly idleTimeoutMs: number
  readonly mailboxLimit: number
  readonly commitGroup: number
  readonly loadGroup: number
  readonly historyRevisions: number
  readonly snapshotTimeoutMs: number
  /** Whether counters and the ledger leave facts; no seed draws it. */
  readonly leavesFacts: boolean
  /** Whether actors have an init action, and the chance that it fails. */
  readonly initActions: boolean
  readonly initFails: number
  /** Chances from 0 to 1 of a call: to be cancelled, to have a tight timeout, to carry an idempotency key. */
  readonly cancelled: number
  readonly hurried: number
  readonly keyed: number
  readonly events: readonly Event[]
  /** The longest calm stretch, in virtual milliseconds. */
  readonly calmMs: number
}

const CALM_MIX: Mix = {
  add: 10,
  slow: 4,
  fail: 2,
  hang: 0,
  relay: 4,
  cycle: 1,
  tell: 2,
  read: 4,
  get: 2,
  inspect: 1,
  spawn: 1,
  remove: 0,
}

/** One of the items, each as likely. */
export function oneOf<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)]
  assert(item !== undefined, 'there is something to choose from')
  return item
}

export function planOf(seed: number): Plan {
  const random = seededRandom(seed)
  const chance = (part: number): boolean => random.next() < part
  const among = (from: number, to: number): number => from + below(random, to - from + 1)
  return {
    seed,
    actors: among(1, 4),
    callers: among(1, 5),
    callsEach: among(5, 25),
    burst: chance(0.3) ? 1 : among(2, 12),
    mix: mixOf(random),
    faults: chance(0.25) ? NO_FAULTS : faultsOf(random),
    latenessMs: chance(0.5) ? 0 : among(1, 20),
    residentActors: chance(0.5) ? 1_000 : among(1, 4),
    idleTimeoutMs: chance(0.5) ? 60_000 : among(1, 200),
    mailboxLimit: chance(0.5) ? 1_000 : among(1, 5),
    commitGroup: chance(0.7) ? 1_024 : among(1, 3),
    loadGroup: chance(0.7) ? 512 : among(1, 2),
    historyRevisions: chance(0.6) ? 0 : among(1, 3),
    snapshotTimeoutMs: among(1, 500),
    leavesFacts: true,
    initActions: chance(0.4),
    initFails: chance(0.5) ? 0 : 0.3,
    cancelled: chance(0.5) ? 0 : 0.2,
    hurried: chance(0.5) ? 0 : 0.3,
    keyed: chance(0.4) ? 0 : 0.3,
    events: chance(0.3) ? [] : Array.from({ length: among(1, 3) }, () => eventOf(random)),
    calmMs: among(10, 400),
  }
}

function mixOf(random: Random): Mix {
  const hang = random.next() < 0.3 ? 1 : 0
  const remove = random.next() < 0.3 ? 1 : 0
  const alone = random.next() < 0.2 ? { relay: 0, cycle: 0, tell: 0 } : {}
  return { ...CALM_MIX, hang, remove, ...alone }
}

function eventOf(random: Random): Event {
  return oneOf<Event>(random, ['stop', 'crash', 'twin'])
}

function faultsOf(random: Random): StoreFaults {
  const part = (most: number): number => (random.next() < 0.4 ? 0 : random.next() * most)
  return {
    delayMs: below(random, 40),
    failBefore: part(0.2),
    failAfter: part(0.2),
    failThenApply: part(0.15),
    hang: part(0.1),
    lateMs: 10 + below(random, 400),
  }
}
