// A server under load whose place another one takes: it is killed, hangs and comes back, or is taken out of service; behind one
// address, or with both named. Commits are acknowledged when both servers have them, so the books must be right at the second
// one, without anybody doing anything to the runtime.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { isSpawnError, seededRandom } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import type { Book } from './book.ts'
import { Load } from './load.ts'
import { change, pruned, READS } from './reads.ts'
import type { ServerPair } from './server-pair.ts'
import { SYSTEM } from '../../src/testing/statestore-fixture.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import { standingOf } from './standing.ts'
import type { FaultDatabase, FaultSubject } from './subject.ts'
import { World, type WorldOptions } from './world.ts'

/** Calls before the change, and after it. */
const MEANWHILE = 60
const PATIENT = { outageMs: 600_000, callMs: 600_000 } as const

interface Scene {
  readonly pair: ServerPair
  readonly database: FaultDatabase
  readonly subject: FaultSubject
  readonly world: World
  readonly load: Load
  readonly book: Book
}

interface Case {
  readonly name: string
  readonly options: Partial<WorldOptions>
  /** Whether the runtime knows both servers; else there is one address, which leads to the one or the other. */
  readonly knowsBoth: boolean
  readonly blow: (scene: Scene) => Promise<void>
}

export function failoverSuite(subject: FaultSubject, start: () => Promise<ServerPair>): void {
  const withPair = async (body: (pair: ServerPair) => Promise<void>): Promise<void> => {
    const pair = await start()
    try {
      await body(pair)
    } finally {
      await pair.end()
    }
  }

  for (const one of CASES) {
    test(`nothing is lost or done twice, and service returns, ${one.name}`, (context) =>
      withPair((pair) => playCase(one, subject, pair, context)))
  }

  test('who does not wait is told that there is no server that takes commits', () =>
    withPair(async (pair) => {
      const { options } = await pair.takeDatabase()
      const store = subject.open({ ...options, others: [pair.standby], outageMs: 0 })
      await store.start()
      await store.stop()
      await pair.kill()
      const said = new RegExp(`:${options.port}: .*; .*:${pair.standby.port}: ${pair.refusal.source}`)
      // The standby may be about to apply that there is such a database.
      await until('to be told of both servers', async () => {
        const thrown: unknown = await store.start().then(
          () => assert.fail('it started at a standby'),
          (error: unknown) => error,
        )
        assert.ok(
          isSpawnError(thrown) && thrown.code === 'STORE_UNAVAILABLE' && thrown.retryable,
          String(thrown),
        )
        return said.test(thrown.message)
      })
      await pair.promote()
      await store.start()
      await store.stop()
    }))

  test('whatever is asked is answered by the server that takes commits, also by sessions with the one before', () =>
    withPair(async (pair) => {
      const { options } = await pair.takeDatabase()
      const opened: Statestore[] = []
      const open = async (more: Partial<DatabaseOptions>): Promise<Statestore> => {
        const store = subject.open({ ...options, poolSize: 1, ...more })
        opened.push(store)
        await store.start()
        return store
      }
      try {
        const before = await open({})
        await change(before, 1)
        const answered = new Map<string, unknown>()
        for (const [name, read] of Object.entries(READS)) answered.set(name, await read(before))
        // The first of a store that notices ends its session: so each is asked one thing.
        const named = { others: [pair.standby], outageMs: PATIENT.outageMs }
        const stores = new Map<string, Statestore>()
        for (const name of Object.keys(READS)) stores.set(name, await open(named))
        const pruning = await open(named)
        const alone = await open({ outageMs: 0 })
        await pair.handOver()
        const after = await open({ ...pair.standby })
        await change(after, 2)
        for (const [name, read] of Object.entries(READS)) {
          const expected = await read(after)
          assert.notDeepEqual(answered.get(name), expected, `${name} changes`)
          const store = stores.get(name)
          assert.ok(store !== undefined)
          assert.deepEqual(await read(store), expected, name)
        }
        assert.equal(await pruned(pruning), 2, 'what has expired')
        await assert.rejects(alone.list({ system: SYSTEM }, { limit: 1 }), { code: 'STORE_UNAVAILABLE' })
      } finally {
        for (const store of opened) await store.stop()
      }
    }))
}

async function playCase(
  { blow, knowsBoth, options }: Case,
  subject: FaultSubject,
  pair: ServerPair,
  context: TestContext,
): Promise<void> {
  const database = await pair.takeDatabase()
  const others = knowsBoth ? [pair.standby] : []
  const world = await World.start({ subject, database, name: 'failover', others, ...options })
  try {
    const seed = randomInt(1_000_000)
    const book = world.book()
    const load = new Load({ callee: world, book, random: seededRandom(seed), name: 's' })
    await load.more(MEANWHILE)
    await blow({ pair, database, subject, world, load, book })
    await load.more(MEANWHILE)
    await load.stop()
    const errors = JSON.stringify([...book.errors])
    context.diagnostic(`seed ${seed}: ${load.acknowledged} acknowledged, ${errors}`)
    assert.deepEqual(await world.reckon(book), [], `seed ${seed}`)
    if (options.outageMs !== 0) assert.deepEqual([...book.errors], [], book.lastError)
  } finally {
    await world.stop()
  }
}

const CASES: readonly Case[] = [
  {
    name: 'when the primary is killed and its address leads to the standby, long before that takes commits',
    options: PATIENT,
    knowsBoth: false,
    async blow({ pair, world }) {
      await pair.kill()
      world.moveTo(pair.standby)
      const { tried } = world.proxy
      await until('several tries to be in vain', () => world.proxy.tried > tried + 3)
      await pair.promote()
    },
  },
  {
    name: 'when the primary is killed, of two that are named',
    options: PATIENT,
    knowsBoth: true,
    blow: (scene) => killed(scene),
  },
  {
    name: 'when the primary is killed, of two that are named, and nobody waits',
    options: { outageMs: 0 },
    knowsBoth: true,
    blow: (scene) => killed(scene, () => until('calls to fail', () => scene.book.errors.size > 0)),
  },
  {
    name: 'when the primary hangs, and comes back when the other one has its place',
    options: PATIENT,
    knowsBoth: true,
    async blow({ database, load, pair, subject, world }) {
      await pair.freeze()
      await pair.promote()
      world.standsAt(pair.standby)
      await load.more(MEANWHILE)
      const before = load.acknowledged
      await pair.thaw()
      await load.more(MEANWHILE)
      // What its sessions were about to commit is nowhere to be seen, for nobody else has it.
      const places = [{ ref: 'ledger', name: 's a0' }]
      const [old] = (await standingOf(subject, database.options, world.name, places)).values()
      const [now] = (await world.standing(places)).values()
      for (const mark of Object.keys(old?.marks ?? {})) assert.ok(now?.marks[mark], `${mark} is gone`)
      assert.ok(load.acknowledged >= before + MEANWHILE)
    },
  },
  {
    name: 'when the primary is taken out of service, of two that are named',
    options: PATIENT,
    knowsBoth: true,
    async blow({ pair, world }) {
      await pair.handOver()
      world.standsAt(pair.standby)
    },
  },
]

/** @param meanwhile while no server takes commits. */
async function killed({ pair, world }: Scene, meanwhile?: () => Promise<unknown>): Promise<void> {
  await pair.kill()
  await meanwhile?.()
  await pair.promote()
  world.standsAt(pair.standby)
}
