// A storm: a load of calls while any statement meets any fault, and now and then all connections at once. Everything is drawn
// from a seed; what the operating system adds is not, so a seed tells what to look at, and does not replay to the letter.

import { setTimeout as pause } from 'node:timers/promises'
import { below, type Random, seededRandom } from '../../src/base/index.ts'
import { Load } from './load.ts'
import { type Fate, FAULTS } from './link.ts'
import type { FaultDatabase, FaultSubject } from './subject.ts'
import { World } from './world.ts'

export interface StormOptions {
  readonly subject: FaultSubject
  readonly database: FaultDatabase
  readonly seed: number
  /** How long the load goes on, in real milliseconds. */
  readonly lastsMs: number
}

export interface StormReport {
  readonly acknowledged: number
  readonly faults: number
  readonly errors: ReadonlyMap<string, number>
  readonly violations: readonly string[]
}

/** Between two blows that meet all connections, at most. */
const BLOW_EVERY_MS = 1_000
/** Calls that must be acknowledged when it is over: service returns by itself. */
const AFTERWARDS = 10
/** How long a blow keeps everybody out, at most. */
const BLOW_MS = 200

export async function storm({ database, lastsMs, seed, subject }: StormOptions): Promise<StormReport> {
  const random = seededRandom(seed)
  const outageMs = random.next() < 0.5 ? 0 : 60_000
  const chance = 0.01 + random.next() * 0.1
  const world = await World.start({ subject, database, name: `storm ${seed}`, outageMs })
  try {
    const book = world.book()
    world.proxy.fate = (): Fate =>
      random.next() < chance ? (FAULTS[below(random, FAULTS.length)] ?? 'pass') : 'pass'
    const load = new Load({ callee: world, book, random, name: `s${seed}` })
    await blows(world, random, lastsMs)
    world.proxy.heal()
    await load.more(AFTERWARDS)
    await load.stop()
    const violations = await world.reckon(book)
    const faults = world.proxy.seen.filter(({ fate }) => fate !== 'pass').length
    return { acknowledged: load.acknowledged, faults, errors: book.errors, violations }
  } finally {
    await world.stop()
  }
}

async function blows({ proxy }: World, random: Random, lastsMs: number): Promise<void> {
  const endMs = performance.now() + lastsMs
  while (performance.now() < endMs) {
    await pause(below(random, BLOW_EVERY_MS))
    proxy.refuses = random.next() < 0.5
    proxy.cut()
    await pause(below(random, BLOW_MS))
    proxy.refuses = false
  }
}
