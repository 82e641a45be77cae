// Many followers of the facts of a real SQLite store, while turns commit: quick ones, slow ones, some that leave and come back
// where they were, in this process and over HTTP. Each sees every fact once, in order, whatever the others do.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { actor, isSpawnError, system, Value } from 'spawn-mesh'
import { SqliteStore } from 'spawn-mesh/stores/sqlite'
import { temporaryFolder } from '../conformance/temporary-store.ts'
import { below, seededRandom } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'

const meter = actor('meter', {
  kind: 'unnamed',
  state: { sum: 0 },
  sourceable: true,
  actions: { add: (ctx, by: number) => Value.of({ sum: ctx.state.sum + by }) },
})
const METERS = 20

async function started(context: TestContext, http: false | { port: number } = false) {
  const folder = await temporaryFolder()
  const store = new SqliteStore({ file: join(folder.path, 'meters.db') })
  const reads = { count: 0 }
  const facts = store.facts.bind(store)
  store.facts = (...asked) => {
    reads.count += 1
    return facts(...asked)
  }
  const running = await system('meters', { actors: [meter], store, http }).start()
  context.after(async () => {
    await running.stop()
    await folder.remove()
  })
  const add = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round += 1)
      await Promise.all(Array.from({ length: METERS }, (_, at) => running.ref(meter, `m${at}`).add(1)))
  }
  return { running, reads, add }
}

type Running = Awaited<ReturnType<typeof started>>['running']

async function standing(running: Running): Promise<number[]> {
  const positions: number[] = []
  for await (const { position } of running.facts()) positions.push(position)
  return positions
}

const turnOfLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('followers of all speeds, some of which leave and come back, see every fact once and in order', async (context) => {
  const { add, reads, running } = await started(context)
  const random = seededRandom(7)
  const given = new AbortController()
  const seen = Array.from({ length: 60 }, (): number[] => [])
  const follower = async (at: number): Promise<void> => {
    const own = seen[at] ?? []
    while (!given.signal.aborted) {
      let left = at % 3 === 2 ? 1 + below(random, 200) : Infinity
      for await (const { position } of running.facts({
        follow: true,
        after: own.at(-1) ?? 0,
        signal: given.signal,
      })) {
        own.push(position)
        if (at % 3 === 1) await turnOfLoop()
        if ((left -= 1) === 0) break
      }
    }
  }
  const ends = seen.map((_, at) => follower(at))
  await add(100)
  const positions = await standing(running)
  assert.equal(positions.length, 100 * METERS)
  await until('all of them', () => seen.every((own) => own.length >= positions.length))
  given.abort()
  await Promise.all(ends)
  for (const own of seen) assert.deepEqual(own, positions)
  context.diagnostic(`${reads.count} reads for ${seen.length} followers of ${positions.length} facts`)
})

test('followers that keep up share what is read', async (context) => {
  const { add, reads, running } = await started(context)
  const given = new AbortController()
  const counts = Array.from({ length: 50 }, () => 0)
  const ends = counts.map(async (_, at) => {
    for await (const _fact of running.facts({ follow: true, signal: given.signal }))
      counts[at] = (counts[at] ?? 0) + 1
  })
  await add(1)
  await until('the first ones', () => counts.every((count) => count === METERS))
  reads.count = 0
  const rounds = 30
  await add(rounds)
  await until('all of them', () => counts.every((count) => count === METERS * (rounds + 1)))
  // Alone each of them would have read as often as the others together do now.
  assert.ok(reads.count < 6 * rounds, `${reads.count} reads for ${rounds} rounds of commits`)
  given.abort()
  await Promise.all(ends)
})

test('a system that stops ends all who wait, in the process and over HTTP, with what they have seen complete', async (context) => {
  const { add, running } = await started(context, { port: 0 })
  const seen = Array.from({ length: 10 }, (): number[] => [])
  const codes: string[] = []
  const ends = seen.map(async (own) => {
    try {
      for await (const { position } of running.facts({ follow: true })) own.push(position)
    } catch (thrown) {
      codes.push(isSpawnError(thrown) ? thrown.code : String(thrown))
    }
  })
  const overHttp = Array.from({ length: 20 }, (): number[] => [])
  let isLast = false
  const { url } = running
  const clients = overHttp.map(async (own) => {
    while (!isLast) {
      const query = `after=${own.at(-1) ?? 0}&wait=20000`
      const reply = await fetch(`${url}/api/v1/system/meters/facts?${query}`).catch((thrown: unknown) => {
        // Who comes when the port is closed is told nothing more.
        if (isLast) return null
        throw thrown
      })
      if (reply === null) return
      const { facts } = (await reply.json()) as { readonly facts: readonly { readonly position: number }[] }
      own.push(...facts.map(({ position }) => position))
      if (reply.headers.get('connection') === 'close') return
    }
  })
  await add(40)
  const positions = await standing(running)
  const all = [...seen, ...overHttp]
  await until('all of them', () => all.every((own) => own.length === positions.length))
  isLast = true
  await running.stop()
  await Promise.all([...ends, ...clients])
  assert.deepEqual(
    codes,
    seen.map(() => 'DRAINING'),
  )
  for (const own of all) assert.deepEqual(own, positions)
})
