// Two groups of commits under way: which leaves first, what may be in the second, and what becomes of it when the first is lost.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { SpawnError } from '../../src/base/index.ts'
import {
  type Bench,
  bench,
  counter,
  type CounterOptions,
  type GatedStore,
  setTotal,
  totalOf,
} from './fixture.ts'

/** Two senders, each of which leads to a receiver; the first ones' callers go on to call others. */
async function overlapping(
  then: readonly string[],
  fateOfSecond: 'before' | 'after' | null = null,
): Promise<Bench & { readonly done: Promise<unknown> }> {
  const passing: CounterOptions['handlers'] = {
    pass: (turn) => ({
      ...setTotal(totalOf(turn) + 1),
      workflow: {
        effects: [{ to: String(turn.payload), ref: 'counter', action: 'add' }],
        broadcasts: [],
        route: null,
        timers: null,
      },
    }),
  }
  const at = await bench({
    definitions: [counter('counter', { handlers: passing })],
    limits: { earlyGroup: 2 },
  })
  const add = (name: string): Promise<unknown> => at.runtime.invoke(name, { ref: 'counter', action: 'add' })
  // Those that are in memory have their turns at once.
  for (const name of new Set(['to 1', 'to 2', ...then])) await at.clock.run(add(name))
  at.store.groups.length = 0
  at.store.hold()
  const done = Promise.all(
    ['1', '2'].map(async (each) => {
      await at.runtime.invoke(`from ${each}`, { ref: 'counter', action: 'pass', payload: `to ${each}` })
      const calls = then.filter((name) => name.endsWith(each)).map(add)
      return Promise.all(calls.map((call) => call.catch((thrown: unknown) => (thrown as SpawnError).code)))
    }),
  )
  await at.clock.settle()
  at.store.failCommit = fateOfSecond
  at.store.release()
  at.store.hold()
  await at.clock.settle()
  return { ...at, done }
}

const namesIn = ({ groups }: GatedStore): string[][] =>
  groups.map((group) => group.map(({ id: { name } }) => name))

test('what a group has led to leaves before what its callers do next, and both are under way', async () => {
  const { clock, done, store } = await overlapping(['next 1', 'next 2'])
  const groups = [
    ['from 1', 'from 2'],
    ['to 1', 'to 2'],
    ['next 1', 'next 2'],
  ]
  assert.deepEqual(namesIn(store), groups)
  store.release()
  assert.deepEqual(await clock.run(done), [[2], [2]])
  assert.deepEqual(namesIn(store), groups)
})

test('of one actor nothing is in two groups under way', async () => {
  const { call, clock, done, store } = await overlapping(['to 1', 'next 1', 'next 2'])
  const under = [
    ['from 1', 'from 2'],
    ['to 1', 'to 2'],
    ['next 1', 'next 2'],
  ]
  assert.deepEqual(namesIn(store), under)
  store.release()
  assert.deepEqual(await clock.run(done), [[3, 2], [2]])
  assert.deepEqual(namesIn(store), [...under, ['to 1']])
  assert.equal(await call('to 1', 'counter', 'read'), 3)
})

test('a second group that is smaller waits', async () => {
  const { clock, done, store } = await overlapping(['next 1'])
  assert.deepEqual(namesIn(store).slice(1), [['to 1', 'to 2']])
  store.release()
  await clock.run(done)
  assert.deepEqual(namesIn(store).slice(1), [['to 1', 'to 2'], ['next 1']])
})

for (const fate of ['before', 'after'] as const) {
  test(`when one of two groups under way fails ${fate} it was written, the other stands`, async () => {
    const { call, clock, done, store } = await overlapping(['to 1', 'next 1', 'next 2'], fate)
    store.release()
    assert.deepEqual(await clock.run(done), [['STORE_UNAVAILABLE', 2], [2]])
    // What was sent comes again, if it is still there.
    await clock.advance(1_000)
    for (const name of ['to 1', 'to 2', 'next 1', 'next 2'])
      assert.equal(await call(name, 'counter', 'read'), 2, name)
  })
}
