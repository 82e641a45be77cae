// A server that fails by itself, under load: it restarts, crashes, ends or loses sessions, has no connection left, or another
// one takes its place. Service returns without anybody doing anything to the runtime, and the books are right.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import { freePort } from '../crash/server.ts'
import { Load } from './load.ts'
import type { FaultDatabase, FaultServer, FaultSubject } from './subject.ts'
import { World, type WorldOptions } from './world.ts'

const CONNECTIONS = 30
/** Calls between two blows, and after the last one. */
const MEANWHILE = 40

interface Scene {
  readonly server: FaultServer
  readonly database: FaultDatabase
  readonly world: World
  readonly load: Load
}

/** @param start a server that lets so many connections in. */
export function serverSuite(
  subject: FaultSubject,
  start: (connections: number) => Promise<FaultServer>,
): void {
  describe('under load', () => {
    let server: FaultServer
    before(async () => (server = await start(CONNECTIONS)))
    after(() => server.end())
    const cases = casesOf()
    for (const [at, { name, options = {}, blow }] of cases.entries()) {
      test(`nothing is lost or done twice, and service returns, ${name}`, async (context) => {
        const database = await server.takeDatabase()
        const world = await World.start({ subject, database, name: `server ${at}`, ...options })
        try {
          const seed = randomInt(1_000_000)
          const book = world.book()
          const load = new Load({ callee: world, book, random: seededRandom(seed), name: 's' })
          await load.more(MEANWHILE)
          await blow({ server, database, world, load })
          await load.more(MEANWHILE)
          await load.stop()
          context.diagnostic(
            `seed ${seed}: ${load.acknowledged} acknowledged, ${JSON.stringify([...book.errors])}`,
          )
          assert.deepEqual(await world.reckon(book), [], `seed ${seed}`)
          if (options.outageMs !== 0) assert.deepEqual([...book.errors], [], book.lastError)
        } finally {
          await world.stop()
        }
        await database.release()
      })
    }
  })
}

interface Case {
  readonly name: string
  readonly options?: Partial<WorldOptions>
  readonly blow: (scene: Scene) => Promise<void>
}

/** Long enough for a server to come back, on a busy machine, too. */
const PATIENT = { outageMs: 600_000, callMs: 600_000 } as const

function casesOf(): readonly Case[] {
  return [
    {
      name: 'when sessions are ended again and again',
      options: PATIENT,
      async blow({ database, load, server }) {
        for (let times = 0; times < 5; times += 1) {
          await server.endSessions(database.options.database)
          await load.more(5)
        }
      },
    },
    {
      name: 'when a session is killed',
      options: PATIENT,
      blow: ({ database, server }) => server.killSession(database.options.database),
    },
    {
      name: 'when the server restarts',
      options: PATIENT,
      async blow({ server }) {
        await server.halt('orderly')
        await server.start()
      },
    },
    {
      name: 'when the server crashes and recovers',
      options: PATIENT,
      async blow({ server }) {
        await server.halt('crash')
        await server.start()
      },
    },
    {
      name: 'when the server crashes, and nobody waits for it',
      options: { outageMs: 0 },
      async blow({ server }) {
        await server.halt('crash')
        await server.start()
      },
    },
    {
      name: 'when another server takes its place',
      options: PATIENT,
      async blow({ database, server, world }) {
        await server.halt('crash')
        const port = await freePort()
        await server.start(port)
        world.moveTo({ host: database.options.host, port })
      },
    },
    {
      name: 'when the server has no connection left',
      options: PATIENT,
      async blow({ load, server, world }) {
        const giveBack = await server.exhaust()
        await load.more(5)
        // Those that it has are lost, and others have taken them before it comes back.
        world.proxy.refuses = true
        world.proxy.cut()
        const giveBackMore = await server.exhaust()
        world.proxy.refuses = false
        const { tried } = world.proxy
        await until('several tries to be in vain', () => world.proxy.tried > tried + 3)
        await Promise.all([giveBack(), giveBackMore()])
      },
    },
  ]
}
