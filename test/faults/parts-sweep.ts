// Every fault at every statement of a group that is larger than a packet of MariaDB: its parts are on their way together, so
// what happens to one of them happens while the server has others. Nobody hears of it, and the group is committed once.

import assert from 'node:assert/strict'
import { LIMITS } from '../../src/base/index.ts'
import type { Commit, Statestore } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { actorId, commitOf } from '../../src/testing/statestore-fixture.ts'
import { until } from '../../src/testing/index.ts'
import type { Fault, Fate } from './link.ts'
import type { FaultSubject } from './subject.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { PATIENCE } from './world.ts'

export const PARTS = 3
const LARGEST = LIMITS.payloadBytes
const SMALL = 65_536
/**
 * In the order in which they go over. The first fills a packet, the two behind it another one: so the last one is a packet of its own, which is at the server before
 * that has done the one before it.
 */
const SIZES = { first: LARGEST, middle: LARGEST, neighbour: LARGEST - SMALL, tail: SMALL } as const
export type PartName = keyof typeof SIZES
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names of the constant above
export const NAMES = Object.keys(SIZES) as PartName[]

/** Enough for what the group takes on a busy machine. */
const TIMES = { requestMs: 4_000, outageMs: 120_000 } as const

/** A group that goes over in parts. */
export function groupOfParts(revision: number): Commit[] {
  return NAMES.map((name) =>
    commitOf(name, revision - 1, { state: new Packed('t', Buffer.alloc(SIZES[name], revision)) }),
  )
}

/** What stands of each. */
export async function revisionsOf(store: Statestore): Promise<number[]> {
  const stored = await store.load(NAMES.map((name) => actorId(name)))
  return stored.map((actor) => actor?.revision ?? 0)
}

export interface PartsSweep {
  readonly faults: readonly Fault[]
  /** The first statement that meets something, from 1, and from there on every n-th. Default: every one. */
  readonly from?: number
  readonly step?: number
}

/** @returns how many statements have met a fault. */
export async function sweepParts(
  subject: FaultSubject,
  { faults, from = 1, step = 1 }: PartsSweep,
): Promise<number> {
  const database = await subject.takeDatabase()
  const proxy = await TcpProxy.start(database.options, subject.framing)
  const store = subject.open({ ...database.options, ...proxy.address, ...TIMES })
  let met = 0
  let revision = 1
  try {
    await store.start()
    await store.commit(groupOfParts(revision))
    for (const fault of faults)
      for (let at = from, hasMet = true; hasMet; at += step) {
        hasMet = false
        let statements = 0
        proxy.fate = (): Fate => {
          statements += 1
          if (statements !== at) return 'pass'
          hasMet = true
          met += 1
          return fault
        }
        revision += 1
        const verdicts = await store.commit(groupOfParts(revision))
        const where = `${fault} at statement ${at}`
        assert.deepEqual(
          verdicts,
          NAMES.map(() => 'committed'),
          where,
        )
        proxy.heal()
        await until('what is late to arrive', () => !proxy.isLate, PATIENCE)
        assert.deepEqual(
          await revisionsOf(store),
          NAMES.map(() => revision),
          where,
        )
      }
    return met
  } finally {
    proxy.heal()
    await store.stop()
    await proxy.stop()
    await database.release()
  }
}
