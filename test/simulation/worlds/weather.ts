// What befalls the processes of a world, drawn from its seed: how bad the store is, how small the limits, when each process
// ends and how. Decides nothing at run time.
// Invariant: the same seed gives the same weather. It is plain data, so a failing one can be printed and cut down by hand.

import { below, type Limits, type Random, seededRandom } from '../../../src/base/index.ts'
import { NO_FAULTS, type StoreFaults } from '../../../src/testing/index.ts'
import { oneOf } from '../plan.ts'
import type { WorldKind } from './world.ts'

/** How a process ends: killed at a moment of its life, killed or stopped at a time, or overtaken by a second one. */
export type Fate =
  | { readonly kind: 'doomed'; readonly moment: number }
  | { readonly kind: 'crash' | 'stop' | 'twin'; readonly afterMs: number }

export interface Weather {
  readonly seed: number
  readonly faults: StoreFaults
  readonly latenessMs: number
  readonly limits: Partial<Limits>
  /** Of each process but the last, in order. */
  readonly fates: readonly Fate[]
  /** The shortest and the longest time with no process, in virtual milliseconds. */
  readonly gapMs: number
  readonly pauseMs: number
  readonly idleTimeoutMs: number
  readonly mailboxLimit: number
  readonly durability: 'turn' | 'snapshot'
  /** Chances from 0 to 1 of a turn: to fail, to take up to `turnMs`, to take longer than it may. */
  readonly fails: number
  readonly slow: number
  readonly hangs: number
  readonly turnMs: number
}

/** Within it, all that a dead process has asked for is done or never will be. */
export const LONG_GAP_MS = 400

/** How long, once nothing fails any more, until all that was late has arrived. */
export function clearAfterMs({ faults, latenessMs }: Pick<Weather, 'faults' | 'latenessMs'>): number {
  return 2 * (faults.delayMs + faults.lateMs + latenessMs) + 1
}

export function weatherOf(seed: number, { lateWrites, twins }: WorldKind): Weather {
  const random = seededRandom(seed ^ 0x77ea)
  const chance = (part: number): boolean => random.next() < part
  const among = (from: number, to: number): number => from + below(random, to - from + 1)
  const part = (most: number): number => (chance(0.5) ? 0 : random.next() * most)
  return {
    seed,
    faults: chance(0.3) ? NO_FAULTS : faultsOf(random, lateWrites),
    latenessMs: chance(0.5) ? 0 : among(1, 20),
    limits: limitsOf(random),
    fates: chance(0.15) ? [] : Array.from({ length: among(1, 5) }, () => fateOf(random, twins)),
    gapMs: lateWrites && chance(0.5) ? 0 : LONG_GAP_MS,
    pauseMs: chance(0.5) ? 0 : among(1, 500),
    idleTimeoutMs: chance(0.5) ? 60_000 : among(1, 200),
    mailboxLimit: chance(0.6) ? 1_000 : among(1, 5),
    durability: chance(0.8) ? 'turn' : 'snapshot',
    fails: part(0.3),
    slow: part(0.5),
    hangs: part(0.05),
    turnMs: among(1, 30),
  }
}

function fateOf(random: Random, twins: boolean): Fate {
  // Short lives are the ones that end between two steps of something; a few are long.
  if (random.next() < 0.6) return { kind: 'doomed', moment: 1 + below(random, oneOf(random, [30, 200, 600])) }
  const kinds = twins ? (['crash', 'stop', 'twin'] as const) : (['crash', 'stop'] as const)
  return { kind: oneOf<'crash' | 'stop' | 'twin'>(random, kinds), afterMs: below(random, 400) }
}

function limitsOf(random: Random): Partial<Limits> {
  const chance = (part: number): boolean => random.next() < part
  return {
    deliveries: chance(0.5) ? 16_384 : 1 + below(random, 8),
    commitGroup: chance(0.7) ? 1_024 : 1 + below(random, 3),
    loadGroup: chance(0.7) ? 512 : 1 + below(random, 2),
    residentActors: chance(0.6) ? 1_000 : 1 + below(random, 4),
    deliveryBackoffMs: 1 + below(random, 100),
    maxDeliveryBackoffMs: 1 + below(random, 1_000),
  }
}

function faultsOf(random: Random, lateWrites: boolean): StoreFaults {
  const part = (most: number): number => (random.next() < 0.4 ? 0 : random.next() * most)
  return {
    delayMs: below(random, 20),
    failBefore: part(0.2),
    failAfter: part(0.2),
    failThenApply: lateWrites ? part(0.15) : 0,
    hang: part(0.1),
    lateMs: 10 + below(random, 300),
  }
}
