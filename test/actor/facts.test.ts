// Which turns leave a fact, and which do not; what it says; that it is committed with its turn; and that nobody delivers or
// keeps it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import { FOR_EVER_MS, type FactsPolicy, type StandingEnvelope } from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import {
  type Bench,
  bench,
  type BenchOptions,
  codeOf,
  counter,
  type CounterOptions,
  type Handler,
  setTotal,
  totalOf,
} from './fixture.ts'
import { foreign, id, of } from './past-fixture.ts'

const FOR_EVER: FactsPolicy = { durationMs: null }

const HANDLERS: Record<string, Handler> = {
  label: (turn) => ({ tags: { label: String(turn.payload) } }),
  both: (turn) => ({ ...setTotal(totalOf(turn) + 1), tags: { label: 'both' } }),
  bad: () => ({ changed: true, state: { total: 1n } }),
  init: (turn) => setTotal(totalOf(turn) + 100),
  tell: (turn) => ({
    ...setTotal(totalOf(turn) + 1),
    workflow: {
      effects: [{ to: 'b', ref: 'counter', action: 'add', payload: 1 }],
      broadcasts: [],
      route: null,
      timers: null,
    },
  }),
}

function sourceable(options: CounterOptions = {}, more: BenchOptions = {}): Promise<Bench> {
  const definitions = [counter('counter', { facts: FOR_EVER, handlers: HANDLERS, ...options })]
  return bench({ definitions, ...more })
}

const standing = async ({ store }: Bench): Promise<readonly StandingEnvelope[]> =>
  (await store.facts('test', 0, 1_000)).facts

/** Actor, action, revision and total of each fact, as a reader sees them. */
async function told({ clock, runtime }: Bench): Promise<string[]> {
  const { facts } = await clock.run(runtime.facts.read({ limit: 1_000 }))
  return facts.map(
    ({ action, actor, revision, stateJson }) =>
      `${actor.name} ${action} ${revision}: ${(stateJson as { total: number }).total}`,
  )
}

test('each turn that sets the state leaves a fact with the state that it made; no other does', async () => {
  const at = await sourceable({ queries: ['read'] })
  const { call } = at
  await call('a', 'counter', 'add', { payload: 5 })
  await call('a', 'counter', 'read')
  await call('a', 'counter', 'get')
  await call('a', 'counter', 'label', { payload: 'x' })
  assert.equal(await codeOf(call('a', 'counter', 'fail')), 'ACTION_FAILED')
  assert.equal(await codeOf(call('a', 'counter', 'bad')), 'ACTION_FAILED')
  await call('a', 'counter', 'both')
  assert.deepEqual(await told(at), ['a add 1: 5', 'a both 3: 6'], 'revision 2 changed its tags alone')
})

test('it says whose it is, of which action, revision and time, with the metadata of its call', async () => {
  const at = await sourceable()
  const { call, clock, runtime } = at
  await clock.advance(5_000)
  const atMs = clock.now()
  await call('a', 'counter', 'add', { metadata: { trace: 'x"y' } })
  const { facts, isLast, next } = await clock.run(runtime.facts.read())
  const [{ box, dueAtMs, id: factId, payload, place } = assert.fail()] = await standing(at)
  assert.deepEqual(facts, [
    {
      position: place,
      id: factId,
      actor: id('a'),
      action: 'add',
      revision: 1,
      metadata: { trace: 'x"y' },
      atMs,
      state: { total: 1 },
      stateJson: { total: 1 },
    },
  ])
  assert.deepEqual({ isLast, next }, { isLast: true, next: place })
  assert.deepEqual({ box, dueAtMs }, { box: 'fact', dueAtMs: FOR_EVER_MS })
  const [stored] = await at.store.load([id('a')])
  assert.deepEqual(payload, stored?.state, 'the bytes that are stored')
})

test('it is kept as long as the definition says, counted from its turn', async () => {
  const at = await sourceable({ facts: { durationMs: 60_000 } })
  await at.call('a', 'counter', 'add')
  const [fact] = await standing(at)
  assert.equal(fact?.dueAtMs, at.clock.now() + 60_000)
})

test('spawning, the init action and a restore leave one each; deleting leaves those that are there', async () => {
  const at = await sourceable({ init: 'init', history: { revisions: 10, durationMs: 0 } })
  const { call, clock, runtime } = at
  await call('a', 'counter', 'add')
  await clock.run(runtime.past.restore('a', { revision: 1 }, of))
  await clock.run(runtime.delete('a', 'counter'))
  const facts = ['a init 1: 100', 'a add 2: 101', 'a (restore) 3: 100']
  assert.deepEqual(await told(at), facts)
  await call('a', 'counter', 'add')
  assert.deepEqual(await told(at), [...facts, 'a init 1: 100', 'a add 2: 101'])
  const plain = await sourceable()
  await plain.clock.run(plain.runtime.spawn('c', of))
  await plain.clock.run(plain.runtime.spawn('c', of))
  assert.deepEqual(await told(plain), ['c (spawn) 1: 0'])
})

test('a restore beside an actor that does not start leaves one, too', async () => {
  let starts = true
  const init: Handler = () => {
    if (!starts) throw new SpawnError('ACTION_FAILED', 'it does not start')
    return undefined
  }
  const options = { handlers: { init }, init: 'init', history: { revisions: 10, durationMs: 0 } }
  const at = await sourceable({ ...options, idleTimeoutMs: 1_000 })
  await at.call('a', 'counter', 'add')
  await at.call('a', 'counter', 'add')
  await at.clock.advance(10_000)
  starts = false
  await at.clock.run(at.runtime.past.restore('a', { revision: 1 }, of))
  assert.deepEqual(await told(at), ['a add 1: 1', 'a add 2: 2', 'a (restore) 3: 1'])
})

test('turns that share one commit leave a fact each, in order, and one that is lost leaves none', async () => {
  const at = await sourceable()
  const { call, clock, runtime, store } = at
  await call('a', 'counter', 'add')
  store.hold()
  const calls = Array.from({ length: 10 }, () => runtime.invoke('a', { ref: 'counter', action: 'add' }))
  await clock.settle()
  store.release()
  await clock.run(Promise.all(calls))
  assert.deepEqual(
    await told(at),
    Array.from({ length: 11 }, (_, nth) => `a add ${nth + 1}: ${nth + 1}`),
  )
  const sizes = store.groups.map((group) => group.map(({ sends }) => sends.length))
  assert.ok(
    sizes.flat().some((sends) => sends > 1),
    'some turns shared a commit',
  )
  store.failCommit = 'before'
  assert.equal(await codeOf(call('a', 'counter', 'add')), 'STORE_UNAVAILABLE')
  await store.commit([foreign(11, (await store.load([id('a')]))[0]?.birth ?? 0, 50)])
  assert.equal((await told(at)).length, 11)
})

test('a commit takes no more whole states than its group may weigh', async () => {
  const text = 'x'.repeat(10_000)
  const handlers = { fill: () => ({ changed: true, state: { text } }) }
  const at = await sourceable({ handlers, mailboxLimit: 1_000 }, { limits: { commitGroupBytes: 100_000 } })
  const { call, clock, runtime, store } = at
  await call('a', 'counter', 'add')
  store.hold()
  const calls = Array.from({ length: 100 }, () => runtime.invoke('a', { ref: 'counter', action: 'fill' }))
  await clock.settle()
  store.release()
  await clock.run(Promise.all(calls))
  assert.equal((await standing(at)).length, 101)
  const most = Math.max(...store.groups.flat().map(({ sends }) => sends.length))
  assert.ok(most > 1 && most <= 11, `${most} facts in one commit`)
})

test('a snapshot actor commits each turn that leaves one, and no other', async () => {
  const at = await sourceable({ durability: 'snapshot' })
  await at.call('a', 'counter', 'add')
  await at.call('a', 'counter', 'add')
  assert.deepEqual(await told(at), ['a add 1: 1', 'a add 2: 2'])
  assert.equal((await at.store.load([id('a')]))[0]?.revision, 2)
  await at.call('a', 'counter', 'label', { payload: 'x' })
  assert.equal((await at.store.load([id('a')]))[0]?.revision, 2, 'tags are owed, as ever')
})

test('what a turn sends goes with its fact, and only that is delivered', async () => {
  const at = await sourceable()
  await at.call('a', 'counter', 'tell')
  await at.clock.advance(1)
  assert.deepEqual(await told(at), ['a tell 1: 1', 'b add 1: 1'])
  await at.clock.advance(3_600_000)
  assert.equal((await at.store.listEnvelopes('test', 'dead', { limit: 10 })).envelopes.length, 0)
  assert.equal((await at.store.listEnvelopes('test', 'delivery', { limit: 10 })).envelopes.length, 0)
  assert.equal((await standing(at)).length, 2)
})

test('a turn may send as much as it may without a fact, and its state be as large as any', async () => {
  const text = 'x'.repeat(8_000_000)
  const handlers: Record<string, Handler> = {
    fill: () => ({
      changed: true,
      state: { text },
      workflow: {
        effects: [{ to: 'b', ref: 'counter', action: 'add', payload: 1 }],
        broadcasts: [],
        route: null,
        timers: null,
      },
    }),
  }
  const at = await sourceable({ handlers }, { limits: { turnSends: 1, turnSendBytes: 10 } })
  await at.call('a', 'counter', 'fill')
  await at.clock.advance(1)
  const { facts } = await at.clock.run(at.runtime.facts.read({ actor: 'a' }))
  assert.deepEqual(facts[0]?.stateJson, { text })
})

test('a definition without facts leaves none, and its commits have nothing more', async () => {
  const at = await sourceable({ facts: undefined })
  await at.call('a', 'counter', 'add')
  assert.deepEqual(await standing(at), [])
  assert.ok(at.store.groups.flat().every(({ sends }) => sends.length === 0))
})

test('a state that is stored without its actor having had one is its first', async () => {
  const state = { codec: jsonCodec, stored: jsonCodec, initial: () => ({ total: 7 }) }
  const handlers = { clear: () => ({ changed: true, state: undefined }) }
  const at = await sourceable({ handlers, state })
  await at.call('a', 'counter', 'clear')
  assert.deepEqual(await told(at), ['a clear 1: 7'])
})
