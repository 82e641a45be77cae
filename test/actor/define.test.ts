// Definitions that come, change and go while the system runs.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Runtime } from '../../src/actor/index.ts'
import { seededRandom } from '../../src/base/index.ts'
import { type Definition, silentLogger } from '../../src/ports/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import {
  type Bench,
  bench,
  codeOf,
  counter,
  type CounterOptions,
  GatedStore,
  setTotal,
  totalOf,
} from './fixture.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER

/** `hang` waits until it is let go on, then adds a thousand; `whoami` answers with the label of the definition. */
function labelled(label: string, more: CounterOptions = {}): Definition & { go(): void } {
  const gate = Promise.withResolvers<void>()
  const definition = counter('counter', {
    ...more,
    handlers: {
      whoami: () => ({ response: label }),
      hang: async (turn) => {
        await gate.promise
        return { ...setTotal(totalOf(turn) + 1_000), response: label }
      },
      ...more.handlers,
    },
  })
  return { ...definition, go: () => gate.resolve() }
}

const at = (definitions: readonly Definition[]): Promise<Bench> => bench({ definitions })

test('a definition that comes is called as one that was there from the start', async () => {
  const { call, runtime } = await at([])
  assert.equal(await codeOf(call('a', 'counter', 'add')), 'ACTOR_NOT_FOUND')
  runtime.define([counter('counter')])
  assert.equal(await call('a', 'counter', 'add'), 1)
})

test('a turn that runs ends under the definition that it began with; what waits goes to the next one', async () => {
  const old = labelled('old')
  const { call, clock, runtime } = await at([old])
  await call('a', 'counter', 'add')
  const running = runtime.invoke('a', { ref: 'counter', action: 'hang' })
  const waiting = runtime.invoke('a', { ref: 'counter', action: 'whoami' })
  runtime.define([labelled('new')])
  const later = runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.advance(50)
  old.go()
  assert.deepEqual(await clock.run(Promise.all([running, waiting, later])), ['old', 'new', 1_002])
})

test('the next life reads what the last one commits late', async () => {
  const old = counter('counter')
  const { clock, call, runtime, store } = await at([old])
  await call('a', 'counter', 'add')
  store.hold()
  const slow = runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.advance(1)
  runtime.define([labelled('new')])
  const later = runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.advance(100)
  store.release()
  assert.deepEqual(await clock.run(Promise.all([slow, later])), [2, 3])
  assert.equal((await clock.run(runtime.inspect('a', 'counter'))).revision, 3)
})

test('defined twice while a turn runs, an actor still has one life at a time', async () => {
  const first = labelled('first')
  const { clock, runtime } = await at([first])
  const running = runtime.invoke('a', { ref: 'counter', action: 'hang' })
  await clock.advance(1)
  runtime.define([labelled('second')])
  const between = runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.advance(1)
  runtime.define([labelled('third')])
  const last = runtime.invoke('a', { ref: 'counter', action: 'whoami' })
  await clock.advance(20)
  first.go()
  assert.deepEqual(await clock.run(Promise.all([running, between, last])), ['first', 1_001, 'third'])
})

test('an actor whose name reads like the address of another one waits for its own last life alone', async () => {
  for (const isFirst of [true, false]) {
    const instances = labelled('old')
    const alike = { ...labelled('old'), name: 'counter/a', kind: 'named' as const }
    const { clock, runtime } = await at([instances, alike])
    const both = (action: string): readonly [Promise<unknown>, Promise<unknown>] => [
      runtime.invoke('a', { ref: 'counter', action }),
      runtime.invoke('counter/a', { action }),
    ]
    const running = both('hang')
    await clock.advance(1)
    runtime.define([labelled('new'), { ...labelled('new'), name: 'counter/a', kind: 'named' }])
    const [instance, named] = both('whoami')
    ;(isFirst ? instances : alike).go()
    assert.equal(await clock.run(isFirst ? instance : named), 'new')
    ;(isFirst ? alike : instances).go()
    assert.equal(await clock.run(isFirst ? named : instance), 'new')
    assert.deepEqual(await clock.run(Promise.all(running)), ['old', 'old'])
  }
})

test('taken away, a definition answers no more; what had begun ends, and its state is there when it comes back', async () => {
  const old = labelled('old')
  const { call, clock, runtime } = await at([old])
  const running = runtime.invoke('a', { ref: 'counter', action: 'hang' })
  const waiting = codeOf(runtime.invoke('a', { ref: 'counter', action: 'add' }))
  await clock.advance(1)
  runtime.define([], ['counter'])
  assert.equal(await clock.run(waiting), 'ACTOR_NOT_FOUND')
  assert.equal(await codeOf(call('a', 'counter', 'add')), 'ACTOR_NOT_FOUND')
  runtime.define([labelled('new')])
  const next = runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.advance(20)
  old.go()
  assert.deepEqual(await clock.run(Promise.all([running, next])), ['old', 1_001])
})

test('the definition that is there already changes nothing', async () => {
  const definition = counter('counter', { stateful: false })
  const { call, runtime } = await at([definition])
  await call('a', 'counter', 'add')
  runtime.define([definition])
  assert.equal(await call('a', 'counter', 'add'), 2)
})

test('an action that is gone fails what waited for it', async () => {
  const old = labelled('old', { handlers: { bye: () => ({ response: 'bye' }) } })
  const { clock, runtime } = await at([old])
  const running = runtime.invoke('a', { ref: 'counter', action: 'hang' })
  const waiting = codeOf(runtime.invoke('a', { ref: 'counter', action: 'bye' }))
  await clock.advance(1)
  runtime.define([labelled('new')])
  assert.equal(await clock.run(waiting), 'ACTION_NOT_FOUND')
  old.go()
  assert.equal(await clock.run(running), 'old')
})

test('the engine’s own actions wait for the next life too', async () => {
  const old = labelled('old')
  const { clock, runtime } = await at([old])
  const running = runtime.invoke('a', { ref: 'counter', action: 'hang' })
  const inspection = runtime.inspect('a', 'counter')
  await clock.advance(1)
  runtime.define([labelled('new')])
  await clock.advance(1)
  old.go()
  await clock.run(running)
  assert.deepEqual((await clock.run(inspection)).state, { total: 1_000 })
})

test('two of one name are refused, and nothing is changed', async () => {
  const { call, runtime } = await at([counter('counter')])
  assert.throws(() => runtime.define([counter('x'), counter('x')], ['counter']), { code: 'INVALID_ARGUMENT' })
  assert.equal(await call('a', 'counter', 'add'), 1)
  assert.equal(await codeOf(call('a', 'x', 'add')), 'ACTOR_NOT_FOUND')
})

test('named stateful actors come to life when they are defined, again and again', async () => {
  const lives: string[] = []
  const named = (label: string): Definition =>
    counter('one', { kind: 'named', init: 'init', handlers: { init: () => void lives.push(label) } })
  const { call, clock, runtime } = await at([])
  runtime.define([named('first')])
  await clock.advance(1)
  assert.deepEqual(lives, ['first'])
  await call('one', '', 'add')
  runtime.define([named('second')])
  await clock.advance(10)
  assert.deepEqual(lives, ['first', 'second'])
  assert.equal(await call('one', '', 'add'), 2)
})

test('a life whose init action has not run is none: the next one begins with its own', async () => {
  const lives: string[] = []
  const definition = (label: string): Definition =>
    counter('counter', { init: 'init', handlers: { init: () => void lives.push(label) } })
  const { clock, runtime } = await at([definition('old')])
  const call = runtime.invoke('a', { ref: 'counter', action: 'add' })
  runtime.define([definition('new')])
  assert.equal(await clock.run(call), 1)
  assert.deepEqual(lives, ['new'])
})

test('what a snapshot actor owes is written before its next life begins', async () => {
  const snapshot = (): Definition =>
    counter('counter', { durability: 'snapshot', snapshotTimeoutMs: 1_000_000 })
  const { call, runtime } = await at([snapshot()])
  await call('a', 'counter', 'add')
  runtime.define([snapshot()])
  assert.equal(await call('a', 'counter', 'add'), 2)
})

test('a broadcast reaches those that are defined when it is published', async () => {
  const listening = (name: string, channel: string): Definition =>
    counter(name, { kind: 'named', channels: new Map([[channel, 'add']]) })
  const { call, clock, runtime } = await at([listening('a', 'north'), listening('b', 'north')])
  runtime.define([listening('a', 'south'), listening('c', 'north')], ['b'])
  await clock.run(runtime.publish('north', 5))
  await clock.run(runtime.publish('south', 7))
  await clock.advance(20)
  assert.equal(await call('a', '', 'read'), 7)
  assert.equal(await call('c', '', 'read'), 5)
})

test('timers follow the definition', async () => {
  const timed = (timers: Record<string, number>): Definition => counter('a', { kind: 'named', timers })
  const { call, clock, runtime } = await at([timed({ add: 100 })])
  const ticks = async (): Promise<number> => {
    const before = (await call('a', '', 'read')) as number
    await clock.advance(1_000)
    return ((await call('a', '', 'read')) as number) - before
  }
  assert.equal(await ticks(), 10)
  runtime.define([timed({ add: 500 })])
  await clock.advance(500)
  assert.equal(await ticks(), 2)
  runtime.define([timed({})])
  await clock.advance(500)
  assert.equal(await ticks(), 0)
  runtime.define([timed({ add: 100 })])
  assert.equal(await ticks(), 10)
})

test('a timer is no more when its definition is taken away, and is set anew with it', async () => {
  const timed = (): Definition => counter('a', { kind: 'named', timers: { add: 100 } })
  const { call, clock, logger, runtime, store } = await at([timed()])
  await clock.advance(1_050)
  runtime.define([], ['a'])
  await clock.advance(10_000)
  assert.deepEqual((await store.due('test', EVERYTHING, 10)).envelopes, [])
  assert.equal(logger.lines.filter(({ message }) => message === 'a timer failed').length, 1)
  runtime.define([timed()])
  await clock.advance(1_000)
  assert.equal(await call('a', '', 'read'), 20)
})

test('a pool takes its new size, and loses no call', async () => {
  const pool = (max: number): Definition & { go(): void } =>
    labelled(`max ${max}`, { kind: 'pooled', stateful: false, state: null, pool: { min: 0, max } })
  const old = { ...pool(1) }
  const { clock, runtime } = await at([old])
  const hang = (): Promise<unknown> => runtime.invoke('counter', { action: 'hang' }).catch(String)
  const first = hang()
  const second = runtime.invoke('counter', { action: 'whoami' })
  await clock.advance(1)
  runtime.define([pool(3)])
  assert.equal(await clock.run(second), 'max 3')
  const state = (await clock.run(runtime.inspect('counter'))).state as { workers: number }
  assert.equal(state.workers, 1)
  old.go()
  await clock.run(first)
})

test('an effect that waited is delivered to the next definition, once', async () => {
  const old = labelled('old')
  const sender = counter('sender', {
    handlers: {
      send: () => ({
        workflow: {
          effects: [{ to: 'a', ref: 'counter', action: 'add', payload: 5 }],
          broadcasts: [],
          route: null,
          timers: null,
        },
      }),
    },
  })
  const { call, clock, runtime } = await at([old, sender])
  const running = runtime.invoke('a', { ref: 'counter', action: 'hang' })
  await call('s', 'sender', 'send')
  await clock.advance(10)
  runtime.define([labelled('new')])
  await clock.advance(10)
  old.go()
  await clock.run(running)
  await clock.advance(5_000)
  assert.equal(await call('a', 'counter', 'read'), 1_005)
})

test('queries that wait see the next life', async () => {
  const { clock, runtime, store } = await at([labelled('old', { queries: ['whoami'] })])
  store.hold()
  const query = runtime.invoke('a', { ref: 'counter', action: 'whoami' })
  runtime.define([labelled('new', { queries: ['whoami'] })])
  store.release()
  assert.equal(await clock.run(query), 'new')
})

test('nothing is defined once the system stops', async () => {
  const { clock, runtime } = await at([])
  await clock.run(runtime.stop())
  assert.throws(() => runtime.define([counter('counter')]), { code: 'DRAINING' })
})

test('envelopes for definitions that may still come wait for them; after that they are dead letters', async () => {
  const clock = new VirtualClock()
  const store = new GatedStore()
  const start = async (definitions: readonly Definition[]): Promise<Runtime> => {
    const random = seededRandom(1)
    const parts = { system: 'test', definitions, store, clock, random, logger: silentLogger }
    const runtime = new Runtime({ ...parts, lateDefinitionsMs: 60_000 })
    await clock.run(runtime.start())
    return runtime
  }
  const named = (name: string): Definition => counter(name, { kind: 'named' })
  const before = await start([named('a'), named('b')])
  for (const name of ['a', 'b']) await clock.run(before.invoke(name, { action: 'add', delayMs: 100 }))
  await clock.run(before.stop())
  const after = await start([])
  await clock.advance(30_000)
  after.define([named('a')])
  await clock.advance(1_000)
  assert.equal(await clock.run(after.invoke('a', { action: 'read' })), 1)
  assert.deepEqual((await clock.run(after.deadLetters.list())).items, [])
  await clock.advance(30_000)
  const { items } = await clock.run(after.deadLetters.list())
  assert.deepEqual(
    items.map(({ to }) => to.name),
    ['b'],
  )
})
