// Many who wait for facts at once: one read of the store is for all of them, nobody is held up by another one, and nothing of
// it is seen in what they are answered.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LIMITS, SpawnError } from '../../src/base/index.ts'
import { type Fact, type FactPage, FACT_PREFIX, FOR_EVER_MS } from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'
import { type Bench, bench, codeOf, counter, GatedStore } from './fixture.ts'

/** Counts who reads facts, may hold up what they are answered, and fail. */
class ReadStore extends GatedStore {
  reads = 0
  fails = false
  #held: PromiseWithResolvers<void> | null = null

  holdReads(): void {
    this.#held = Promise.withResolvers()
  }

  releaseReads(): void {
    this.#held?.resolve()
    this.#held = null
  }

  override async facts(system: string, after: number, limit: number): Promise<FactPage> {
    this.reads += 1
    const page = await super.facts(system, after, limit)
    await this.#held?.promise
    if (this.fails) throw new SpawnError('STORE_UNAVAILABLE', 'told to fail')
    return page
  }
}

type Waiters = Bench & { readonly store: ReadStore }

async function waiters(more: object = {}): Promise<Waiters> {
  const store = new ReadStore()
  const definitions = [counter('counter', { facts: { durationMs: null }, mailboxLimit: 10_000, ...more })]
  return { ...(await bench({ store, definitions })), store }
}

async function add({ clock, runtime }: Bench, times = 1, actor = 'a'): Promise<void> {
  const calls = Array.from({ length: times }, () => runtime.invoke(actor, { ref: 'counter', action: 'add' }))
  await clock.run(Promise.all(calls))
}

/** One that another member commits. */
async function addElsewhere({ store }: Waiters, nth: number): Promise<void> {
  const header = JSON.stringify(['fact', 'counter', '', 'add', '', '1000', 'z', '', `{"revision":${nth}}`])
  const fact = { id: `${FACT_PREFIX}z${nth}`, box: 'fact', dueAtMs: FOR_EVER_MS, header } as const
  const sends = [{ ...fact, payload: jsonCodec.pack({ total: nth }) }]
  const actor = { system: 'test', parent: 'counter', name: `z${nth}` }
  assert.deepEqual(await store.commit([commitOf(actor, 0, { sends })]), ['committed'])
}

interface Waiter {
  readonly seen: number[]
  readonly leave: () => void
  readonly end: Promise<string>
}

/** Follows in the background. @param pause what it does with each fact. */
function follow(at: Bench, after = 0, pause?: (fact: Fact) => Promise<void>): Waiter {
  const given = new AbortController()
  const seen: number[] = []
  const run = async (): Promise<void> => {
    for await (const fact of at.runtime.facts.each({ follow: true, after, signal: given.signal })) {
      seen.push(fact.position)
      await pause?.(fact)
    }
  }
  return { seen, leave: () => given.abort(), end: codeOf(run()) }
}

const many = (at: Bench, count: number): Waiter[] => Array.from({ length: count }, () => follow(at))

async function standing({ store }: Waiters): Promise<number[]> {
  const { facts } = await GatedStore.prototype.facts.call(store, 'test', 0, LIMITS.pageSize)
  return facts.map(({ place }) => place)
}

test('one read is for all who wait, of what this member commits and of what others do', async () => {
  const at = await waiters()
  const all = many(at, 100)
  await at.clock.settle()
  at.store.reads = 0
  await add(at)
  await at.clock.settle()
  assert.ok(at.store.reads <= 2, `${at.store.reads} reads for one fact`)
  at.store.reads = 0
  await addElsewhere(at, 1)
  await at.clock.advance(2_000)
  assert.ok(at.store.reads <= 8, `${at.store.reads} reads in two seconds`)
  const positions = await standing(at)
  assert.equal(positions.length, 2)
  for (const { seen } of all) assert.deepEqual(seen, positions)
})

test('in ten quiet minutes there is one look in two seconds, however many wait; when they have left there is none', async () => {
  const at = await waiters()
  const all = many(at, 50)
  await at.clock.advance(10_000)
  at.store.reads = 0
  await at.clock.advance(600_000)
  assert.ok(at.store.reads <= 301, `${at.store.reads} reads`)
  for (const { leave } of all) leave()
  for (const { end } of all) assert.equal(await at.clock.run(end), 'no error')
  at.store.reads = 0
  await at.clock.advance(600_000)
  assert.equal(at.store.reads, 0)
  const next = follow(at)
  await at.clock.settle()
  await addElsewhere(at, 1)
  await at.clock.advance(100)
  assert.equal(next.seen.length, 1, 'who begins to wait looks soon')
})

test('waits of their own lengths end by themselves, and the others wait on', async () => {
  const at = await waiters()
  const lengths = [1_000, 5_000, 20_000]
  const over: number[] = []
  for (const waitMs of lengths)
    void at.runtime.facts.read({ waitMs }).then(({ facts }) => {
      over.push(waitMs)
      assert.deepEqual(facts, [])
    })
  await at.clock.advance(999)
  assert.deepEqual(over, [])
  await at.clock.advance(1)
  assert.deepEqual(over, [1_000])
  await at.clock.advance(4_000)
  assert.deepEqual(over, [1_000, 5_000])
  await at.clock.advance(15_000)
  assert.deepEqual(over, lengths)
})

test('who is slow holds nobody up, falls behind what is kept, and misses nothing', async () => {
  const at = await waiters()
  const gate = Promise.withResolvers<void>()
  const slow = follow(at, 0, () => gate.promise)
  const quick = many(at, 5)
  await at.clock.settle()
  for (let round = 0; round < 5; round += 1) await add(at, 500)
  await at.clock.settle()
  const count = 2_500
  assert.deepEqual(
    quick.map(({ seen }) => seen.length),
    quick.map(() => count),
  )
  assert.equal(slow.seen.length, 1)
  at.store.reads = 0
  gate.resolve()
  await at.clock.runUntil(() => slow.seen.length === count)
  assert.deepEqual(slow.seen, quick[0]?.seen)
  assert.ok(at.store.reads >= 1, 'all of it was kept in memory')
})

test('no more bytes are kept than there is room for', async () => {
  const text = 'x'.repeat(1_000_000)
  const at = await waiters({ handlers: { fill: () => ({ changed: true, state: { text } }) } })
  const all = many(at, 3)
  const fill = (): Promise<unknown> => at.call('a', 'counter', 'fill')
  await fill()
  const [first = 0] = await standing(at)
  for (let turn = 1; turn < 10; turn += 1) await fill()
  await at.clock.settle()
  for (const { seen } of all) assert.equal(seen.length, 10)
  at.store.reads = 0
  const behind = await at.clock.run(at.runtime.facts.read({ after: first, waitMs: 1_000 }))
  assert.equal(behind.facts.length, 9)
  assert.equal(at.store.reads, 1, 'ten states of a megabyte are not kept')
})

test('who leaves while the store is read takes nothing from the others', async () => {
  const at = await waiters()
  const all = many(at, 10)
  await at.clock.settle()
  at.store.holdReads()
  await add(at)
  await at.clock.settle()
  for (const { leave } of all.slice(0, 9)) leave()
  at.store.releaseReads()
  await at.clock.settle()
  const positions = await standing(at)
  assert.deepEqual(all[9]?.seen, positions)
  for (const { end } of all.slice(0, 9)) assert.equal(await at.clock.run(end), 'no error')
  await add(at)
  await at.clock.settle()
  assert.deepEqual(all[9]?.seen, await standing(at))
})

test('a read that began before a fact was committed is not taken for one that has it', async () => {
  const at = await waiters()
  const all = many(at, 2)
  await at.clock.settle()
  at.store.holdReads()
  // The next look is under way, and the store has found nothing.
  await at.clock.advance(100)
  await add(at)
  const asked = at.runtime.facts.read({ waitMs: 1_000 })
  await at.clock.advance(1_000)
  at.store.releaseReads()
  await at.clock.settle()
  const positions = await standing(at)
  assert.deepEqual(
    (await asked).facts.map(({ position }) => position),
    positions,
  )
  for (const { seen } of all) assert.deepEqual(seen, positions)
})

test('a fact that is committed while the store is read is seen at once, without any time', async () => {
  const at = await waiters()
  const all = many(at, 3)
  await at.clock.settle()
  at.store.holdReads()
  await at.clock.advance(100)
  await add(at)
  at.store.releaseReads()
  await at.clock.settle()
  for (const { seen } of all) assert.deepEqual(seen, await standing(at))
})

test('a shared read that fails fails all who wait for it, and the next one is good', async () => {
  const at = await waiters()
  const all = many(at, 10)
  await at.clock.settle()
  at.store.fails = true
  await add(at)
  for (const { end } of all) assert.equal(await at.clock.run(end), 'STORE_UNAVAILABLE')
  at.store.fails = false
  const next = many(at, 10)
  await at.clock.settle()
  for (const { seen } of next) assert.deepEqual(seen, await standing(at))
})

test('who asks behind a position that nothing has reached keeps no fact from the others', async () => {
  const at = await waiters()
  const astray = [follow(at, 1_000_000), follow(at, Number.MAX_SAFE_INTEGER)]
  await at.clock.settle()
  await add(at)
  const all = many(at, 20)
  await at.clock.settle()
  at.store.reads = 0
  await add(at)
  await at.clock.settle()
  assert.ok(at.store.reads <= 2 + astray.length, `${at.store.reads} reads`)
  for (const { seen } of all) assert.deepEqual(seen, await standing(at))
  for (const { seen } of astray) assert.deepEqual(seen, [])
})

test('what is kept is forgotten when nobody has asked for a while', async () => {
  const at = await waiters()
  const waiter = follow(at)
  await add(at, 3)
  await at.clock.settle()
  waiter.leave()
  assert.equal(await at.clock.run(waiter.end), 'no error')
  const [first = 0] = await standing(at)
  const asked = { after: first, waitMs: 1_000 }
  at.store.reads = 0
  await at.clock.run(at.runtime.facts.read(asked))
  assert.equal(at.store.reads, 0)
  await at.clock.advance(10_000)
  const { facts } = await at.clock.run(at.runtime.facts.read(asked))
  assert.deepEqual([facts.length, at.store.reads], [2, 1])
})

test('what one of them makes of a fact, the others do not see', async () => {
  const at = await waiters()
  const seen: unknown[] = []
  const spoil = async ({ metadata, state, stateJson }: Fact): Promise<void> => {
    seen.push(structuredClone({ metadata, state, stateJson }))
    for (const shown of [metadata, state, stateJson]) Object.assign(shown as object, { spoilt: true })
  }
  for (let nth = 0; nth < 3; nth += 1) follow(at, 0, spoil)
  await at.clock.settle()
  await at.call('a', 'counter', 'add', { metadata: { trace: 'x' } })
  await at.clock.settle()
  const whole = { metadata: { trace: 'x' }, state: { total: 1 }, stateJson: { total: 1 } }
  assert.deepEqual(seen, [whole, whole, whole])
})

test('when the system stops nobody waits any more', async () => {
  const at = await waiters()
  const all = many(at, 20)
  const asked = at.runtime.facts.read({ waitMs: 20_000 })
  await at.clock.settle()
  await at.clock.run(at.runtime.stop())
  for (const { end } of all) assert.equal(await at.clock.run(end), 'DRAINING')
  assert.deepEqual((await asked).facts, [])
  at.store.reads = 0
  await at.clock.advance(60_000)
  assert.equal(at.store.reads, 0)
})
