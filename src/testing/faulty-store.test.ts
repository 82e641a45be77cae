import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import type { Commit } from '../ports/index.ts'
import { type ActorId, Packed } from '../protocol/index.ts'
import { MemoryStore } from '../stores/memory/index.ts'
import { FaultyStore, type StoreFaults } from './faulty-store.ts'
import { VirtualClock } from './virtual-clock.ts'

const ID: ActorId = { system: 'test', parent: '', name: 'one' }

interface Bench {
  readonly clock: VirtualClock
  readonly memory: MemoryStore
  readonly store: FaultyStore
}

async function bench(faults: Partial<StoreFaults>, seed = 1): Promise<Bench> {
  const clock = new VirtualClock({ startMs: 0 })
  const memory = new MemoryStore()
  const store = new FaultyStore(memory, { clock, random: seededRandom(seed), faults })
  await store.start()
  return { clock, memory, store }
}

function commit(follows: number): Commit {
  return {
    id: ID,
    follows,
    revision: follows + 1,
    birth: 1,
    epoch: 1,
    tags: {},
    state: new Packed('test', new Uint8Array([follows])),
    committedAtMs: 0,
    history: { revisions: 0, durationMs: 0 },
    outcomes: [],
    sends: [],
    takes: [],
  }
}

async function revisionIn({ memory }: Bench): Promise<number> {
  const [stored] = await memory.load([ID])
  return stored?.revision ?? 0
}

const unavailable = { code: 'STORE_UNAVAILABLE' }

test('without faults it is the store behind, and takes no time', async () => {
  const at = await bench({})
  assert.deepEqual(await at.store.commit([commit(0), commit(1)]), ['committed', 'committed'])
  assert.equal((await at.store.load([ID]))[0]?.revision, 2)
  assert.equal(at.clock.now(), 0)
})

test('the outbox goes through it, too, and its log says what was sent and taken', async () => {
  const at = await bench({ failAfter: 0 })
  const envelope = { id: 'e', box: 'delivery', dueAtMs: 0, header: '', payload: null } as const
  await at.store.commit([{ ...commit(0), sends: [envelope] }])
  const standing = [{ ...envelope, place: 1 }]
  assert.deepEqual((await at.store.due('test', 0, 9)).envelopes, standing)
  assert.deepEqual(await at.store.envelopes('test', ['e', 'f']), [...standing, null])
  assert.deepEqual((await at.store.listEnvelopes('test', 'delivery', { limit: 9 })).envelopes, standing)
  const outside = { ...commit(0), id: { ...ID, name: '' }, revision: 0, birth: 0, state: null, takes: ['e'] }
  assert.deepEqual(await at.store.commit([outside, outside]), ['committed', 'conflict'])
  const [first, ...rest] = at.store.log.map(({ request }) => request)
  assert.match(first ?? '', /\+e$/)
  assert.equal(rest.at(-1), 'commit outside -e outside -e')
})

test('delays: a request is answered within twice the delay', async () => {
  const at = await bench({ delayMs: 50 })
  let slowestMs = 0
  for (let revision = 0; revision < 20; revision += 1) {
    const fromMs = at.clock.now()
    await at.clock.run(at.store.commit([commit(revision)]))
    slowestMs = Math.max(slowestMs, at.clock.now() - fromMs)
  }
  assert.ok(slowestMs > 20 && slowestMs <= 100, `slowest: ${slowestMs} ms`)
})

test('failing before: nothing was written', async () => {
  const at = await bench({ failBefore: 1 })
  await assert.rejects(at.store.commit([commit(0)]), unavailable)
  assert.equal(await revisionIn(at), 0)
})

test('failing after: it was written all the same', async () => {
  const at = await bench({ failAfter: 1 })
  await assert.rejects(at.store.commit([commit(0)]), unavailable)
  assert.equal(await revisionIn(at), 1)
})

test('failing, then applying: it is written later, unless somebody was faster', async () => {
  const at = await bench({ failThenApply: 1, lateMs: 1_000 })
  await assert.rejects(at.store.commit([commit(0)]), unavailable)
  assert.equal(await revisionIn(at), 0)
  await at.clock.advance(1_000)
  assert.equal(await revisionIn(at), 1)
  await assert.rejects(at.store.commit([commit(1)]), unavailable)
  await at.memory.commit([commit(1), commit(2)])
  await at.clock.advance(1_000)
  assert.equal(await revisionIn(at), 3)
  assert.equal(at.store.log.at(-1)?.event, 'conflict')
})

test('hanging: it is written and answered, late', async () => {
  const at = await bench({ hang: 1, lateMs: 1_000 })
  const verdicts = at.store.commit([commit(0)])
  await at.clock.settle()
  assert.equal(await revisionIn(at), 0)
  assert.deepEqual(await at.clock.run(verdicts), ['committed'])
  assert.ok(at.clock.now() > 0)
})

test('cut: nothing is answered any more; what was on its way comes or does not', async () => {
  const arrived = new Set<number>()
  for (let seed = 0; seed < 10; seed += 1) {
    const at = await bench({ delayMs: 50, lateMs: 500 }, seed)
    let answered = false
    void at.store.commit([commit(0)]).then(() => (answered = true))
    at.store.cut()
    void at.store.load([ID]).then(() => (answered = true))
    await at.clock.advance(10_000)
    assert.equal(answered, false)
    arrived.add(await revisionIn(at))
  }
  assert.deepEqual(
    [...arrived].toSorted((left, right) => left - right),
    [0, 1],
  )
})

test('the same seed gives the same log', async () => {
  const logOf = async (seed: number): Promise<unknown> => {
    const at = await bench(
      { delayMs: 9, failBefore: 0.2, failAfter: 0.2, failThenApply: 0.2, lateMs: 50 },
      seed,
    )
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await at.clock.run(at.store.commit([commit(await revisionIn(at))]).catch(() => null))
    }
    return at.store.log
  }
  assert.deepEqual(await logOf(5), await logOf(5))
  assert.notDeepEqual(await logOf(5), await logOf(6))
})
