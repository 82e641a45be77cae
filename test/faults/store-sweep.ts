// Every fault at every statement of what a store does beside the workload of sweep.ts: what listings, tools and the pruning ask
// of it. Nobody hears of a fault, the answers are right, and what is written is written once.

import assert from 'node:assert/strict'
import type { ArchiveChange, ArchiveRow, Statestore } from '../../src/ports/index.ts'
import { archiveOf, plainRows, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import { commitOf, json, NOON_MS, outsideCommit } from '../../src/testing/statestore-fixture.ts'
import { until } from '../../src/testing/index.ts'
import { fastClock } from '../wire/fast-clock.ts'
import { type Fate, FAULTS } from './link.ts'
import { change, READS } from './reads.ts'
import type { FaultSubject } from './subject.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { PATIENCE } from './world.ts'

const SPEED = 5

/** What a store is asked to do, and what must be true then. */
interface Deed {
  readonly name: string
  /** Again and again. */
  readonly run: (store: Statestore) => Promise<void>
}

/** @returns how many statements have met a fault. */
export async function sweepStore(subject: FaultSubject): Promise<number> {
  const database = await subject.takeDatabase()
  const proxy = await TcpProxy.start(database.options, subject.framing)
  const clock = fastClock(Date.now(), SPEED)
  const options = { ...database.options, ...proxy.address, clock, outageMs: 60_000, requestMs: 2_000 }
  const store = subject.open(options)
  let met = 0
  try {
    await store.start()
    await change(store, 1)
    await change(store, 2)
    for (const deed of [...(await readings(store)), ...(await writings(store))])
      for (const fault of FAULTS) {
        for (let at = 1, hasMet = true; hasMet; at += 1) {
          hasMet = false
          let statements = 0
          proxy.fate = (): Fate => {
            statements += 1
            if (statements !== at) return 'pass'
            hasMet = true
            met += 1
            return fault
          }
          await assert.doesNotReject(deed.run(store), `${deed.name}: ${fault} at statement ${at}`)
          proxy.heal()
          await until('what is late to arrive', () => !proxy.isLate, PATIENCE)
        }
      }
    return met
  } finally {
    proxy.heal()
    await store.stop()
    await proxy.stop()
    await database.release()
  }
}

async function readings(store: Statestore): Promise<Deed[]> {
  const deeds: Deed[] = []
  for (const [name, read] of Object.entries(READS)) {
    const expected = await read(store)
    deeds.push({ name, run: async (asked) => assert.deepEqual(await read(asked), expected) })
  }
  return deeds
}

async function writings(store: Statestore): Promise<Deed[]> {
  const rows = await readAll(store)
  const plain = plainRows(rows)
  let states = 0
  return [
    {
      name: 'rows of an archive',
      async run(asked) {
        assert.equal(await archiveOf(asked).write(rows), rows.length)
        assert.deepEqual(plainRows(await readAll(asked)), plain)
      },
    },
    {
      name: 'rows that are replaced',
      async run(asked) {
        const before = (await readAll(asked)).filter((row) => row.kind === 'actor')
        const state = json(`state ${(states += 1)}`)
        const changes = before.map((row): ArchiveChange => ({
          before: row,
          after: { ...row, actor: { ...row.actor, state } },
        }))
        // One whose answer got lost is done again, and finds less to do.
        assert.ok((await archiveOf(asked).replace(changes)) <= changes.length)
        const after = (await readAll(asked)).filter((row) => row.kind === 'actor')
        assert.deepEqual(plainRows(after), plainRows(changes.map(({ after: row }): ArchiveRow => row)))
      },
    },
    {
      name: 'what has expired',
      async run(asked) {
        const outcomes = [{ key: 'brief', reply: null, expiresAtMs: NOON_MS - 2 }]
        await asked.commit([outsideCommit({ id: commitOf('brief', 0).id, outcomes })])
        await asked.prune(NOON_MS - 1, 10)
        assert.equal(await asked.loadOutcome(commitOf('brief', 0).id, 'brief', 0), null)
      },
    },
  ]
}
