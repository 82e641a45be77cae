// Instances that are called by their names alone: looked up once in each of their lives, and never taken for another.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Effect, Statestore } from '../../src/ports/index.ts'
import { bench, codeOf, counter, GatedStore } from './fixture.ts'

class ListingStore extends GatedStore {
  lists = 0
  override list(...args: Parameters<Statestore['list']>): ReturnType<Statestore['list']> {
    this.lists += 1
    return super.list(...args)
  }
}

const idleTimeoutMs = 1_000

async function two() {
  const store = new ListingStore()
  const definitions = [counter('one', { idleTimeoutMs }), counter('two', { idleTimeoutMs })]
  const at = await bench({ definitions, store })
  const add = (name: string, ref?: string): Promise<unknown> =>
    at.clock.run(at.runtime.invoke(name, { ref, action: 'add' }))
  return { ...at, store, add }
}

test('an instance in memory is looked up once', async () => {
  const { add, store } = await two()
  await add('a', 'one')
  for (let total = 2; total < 10; total += 1) assert.equal(await add('a'), total)
  assert.equal(store.lists, 1)
})

test('another of its name that comes to life makes it ambiguous', async () => {
  const { add } = await two()
  await add('a', 'one')
  assert.equal(await add('a'), 2)
  await add('a', 'two')
  assert.equal(await codeOf(add('a')), 'INVALID_ARGUMENT')
  assert.equal(await add('a', 'one'), 3)
})

test('one that was deleted is not there, and one that has left memory is found again', async () => {
  const { add, clock, runtime, store } = await two()
  await add('a', 'one')
  assert.equal(await add('a'), 2)
  await clock.advance(5_000)
  assert.equal(runtime.residentActors, 0)
  assert.equal(await add('a'), 3)
  assert.equal(await add('a'), 4)
  assert.equal(await add('a'), 5)
  assert.equal(store.lists, 3)
  await clock.run(runtime.delete('a'))
  assert.equal(await codeOf(add('a')), 'ACTOR_NOT_FOUND')
})

test('one whose definition is taken away is not there', async () => {
  const { add, runtime } = await two()
  await add('a', 'one')
  assert.equal(await add('a'), 2)
  runtime.define([], ['one'])
  assert.equal(await codeOf(add('a')), 'ACTOR_NOT_FOUND')
})

test('who is called by a name that is nobody’s hears which was meant; and so do turns that send to it, and dead letters', async () => {
  const many = Array.from({ length: 20 }, (_none, at) => counter(`other-${at}`))
  const sending = (effect: Effect) => ({
    workflow: { effects: [effect], broadcasts: [], route: null, timers: null },
  })
  const desk = counter('desk', {
    kind: 'named',
    handlers: {
      send: () => sending({ to: 'ann', ref: 'costumer', action: 'add' }),
      post: () => sending({ to: 'dsek', action: 'add' }),
    },
  })
  const at = await bench({ definitions: [desk, ...many, counter('customer')] })
  const failure = async (name: string, ref: string | undefined, action: string): Promise<string> =>
    at.clock.run(at.runtime.invoke(name, { ref, action })).then(String, String)
  const noRef = /there is no definition "costumer", the ref of "ann", in the system "test"; it has /
  assert.match(await failure('ann', 'costumer', 'add'), noRef)
  assert.match(await failure('ann', 'costumer', 'add'), /; did you mean customer\?$/)
  assert.match(
    await failure('dsek', undefined, 'add'),
    /there is no actor "dsek" in .*; did you mean desk\?$/,
  )
  assert.match(
    await failure('desk', undefined, 'snd'),
    /no action "snd"; its actions: add, .*; did you mean send\?$/,
  )
  assert.doesNotMatch(await failure('nobody', 'nothing', 'add'), /did you mean/)
  assert.match(await failure('desk', undefined, 'send'), noRef)
  assert.match(await failure('desk', undefined, 'send'), /; did you mean customer\?$/)
  await at.call('desk', '', 'post')
  await at.clock.advance(10_000)
  const { items } = await at.runtime.deadLetters.list()
  const [letter] = items
  assert.equal(items.length, 1)
  assert.deepEqual([letter?.to.parent, letter?.to.name, letter?.attempts], ['', 'dsek', 1])
  assert.equal(letter?.error.code, 'ACTOR_NOT_FOUND')
  assert.match(letter.error.message, /there is no actor "dsek" in .*; did you mean desk\?$/)
})
