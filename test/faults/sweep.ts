// One fault after the other at every statement of the workload. A lane is a runtime that plays round after round: in the first
// one its fault meets the first statement, in the next one the second, until a round has no statement left to meet. Lanes
// run beside each other; each has its own proxy, store and system.

import { until } from '../../src/testing/index.ts'
import type { Book } from './book.ts'
import type { Fault, Fate } from './link.ts'
import { playRound } from './round.ts'
import type { FaultDatabase, FaultSubject } from './subject.ts'
import { PATIENCE, World } from './world.ts'

export interface SweepOptions {
  readonly subject: FaultSubject
  readonly database: FaultDatabase
  readonly faults: readonly Fault[]
  /** What the statement after the one that met the fault meets. Default: nothing. */
  readonly next?: Fault
  /** Default: long enough that no caller hears of the faults. */
  readonly outageMs?: number
  /** The first statement that meets something, and from there on every n-th. Default: every one. */
  readonly from?: number
  readonly step?: number
}

export interface SweepReport {
  readonly rounds: number
  /** How often a statement met a fault, by `fault statement`. */
  readonly met: Map<string, number>
  /** What callers were told, by code. */
  readonly errors: Map<string, number>
  readonly violations: readonly string[]
}

interface LaneReport {
  readonly rounds: number
  readonly violations: readonly string[]
}

/** At once. More of them would time each other out. */
const LANES = 4

export async function sweep(options: SweepOptions): Promise<SweepReport> {
  const met = new Map<string, number>()
  const errors = new Map<string, number>()
  await migrate(options)
  const left = [...options.faults]
  const reports: LaneReport[] = []
  const work = async (): Promise<void> => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift())
      reports.push(await lane(options, fault, met, errors))
  }
  await Promise.all(Array.from({ length: LANES }, work))
  return {
    rounds: reports.reduce((sum, { rounds }) => sum + rounds, 0),
    met,
    errors,
    violations: reports.flatMap(({ violations }) => violations),
  }
}

/** So that the lanes begin with tables that are there. */
async function migrate({ database, subject }: SweepOptions): Promise<void> {
  const store = subject.open(database.options)
  await store.start()
  await store.stop()
}

async function lane(
  { database, from = 0, outageMs, step = 1, subject, next }: SweepOptions,
  fault: Fault,
  met: Map<string, number>,
  errors: Map<string, number>,
): Promise<LaneReport> {
  const name = next === undefined ? fault : `${fault} ${next}`
  const world = await World.start({ subject, database, name, ...(outageMs !== undefined && { outageMs }) })
  const book = world.book()
  let rounds = 0
  try {
    for (let at = from, hasMet = true; hasMet; at += step, rounds += 1) {
      hasMet = false
      let statements = 0
      world.proxy.fate = (statement): Fate => {
        statements += 1
        const fate = statements === at + 1 ? fault : statements === at + 2 ? (next ?? 'pass') : 'pass'
        if (fate === 'pass') return fate
        hasMet = true
        const text = `${fate} ${statement.split(' ')[0]}`
        met.set(text, (met.get(text) ?? 0) + 1)
        return fate
      }
      await playRound(world, `${name} ${at}`, book)
      world.proxy.fate = () => 'pass'
      await serves(world, book, `${name} ${at}`)
    }
    return { rounds, violations: await world.reckon(book) }
  } finally {
    for (const [code, count] of book.errors) errors.set(code, (errors.get(code) ?? 0) + count)
    await world.stop()
  }
}

/** Service returns by itself. */
async function serves(world: World, book: Book, round: string): Promise<void> {
  let tries = 0
  const isServed = async (): Promise<boolean> => {
    tries += 1
    const at = { ref: 'ledger', name: `${round} payer` }
    if (await world.add(book, at, `${round} probe ${tries}`)) return true
    throw new Error(book.lastError)
  }
  await until(`service after ${round}`, isServed, PATIENCE)
}
