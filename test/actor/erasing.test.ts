// Erasing an actor that is in memory while the store is slow, or fails: nothing of it is shown from memory once it is gone.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import type { Erasure, Erasures } from '../../src/ports/index.ts'
import type { ActorId } from '../../src/protocol/index.ts'
import { type Bench, bench, codeOf, counter, GatedStore } from './fixture.ts'

/** A store whose actors have keys: an erasure waits, and may fail when it is done. */
class ErasingStore extends GatedStore {
  fails = false
  #gate = Promise.withResolvers<void>()
  readonly erasures: Erasures = {
    has: () => Promise.resolve(true),
    erase: (id, nowMs) => this.#erase(id, nowMs),
    list: () => Promise.resolve({ erasures: [], next: null }),
  }

  letErase(): void {
    this.#gate.resolve()
    this.#gate = Promise.withResolvers()
  }

  async #erase(id: ActorId, nowMs: number): Promise<Erasure | null> {
    await this.#gate.promise
    const [stored = null] = await this.load([id])
    if (stored === null) return null
    await this.delete(id, stored.revision, stored.birth)
    if (this.fails) throw new SpawnError('STORE_UNAVAILABLE', 'told to fail after it erased')
    const { revision } = stored
    return { id, keyId: 'key', begunAtMs: nowMs, doneAtMs: nowMs, revision, messages: 0 }
  }
}

const DEFINITIONS = [counter('counter', { erasable: true })]

async function erasable(): Promise<Bench & { readonly store: ErasingStore }> {
  const store = new ErasingStore()
  return { ...(await bench({ store, definitions: DEFINITIONS })), store }
}

for (const fails of [false, true]) {
  const how = fails ? 'comes to pass and fails' : 'comes to pass'
  test(`an erasure that was given up and ${how} leaves nothing in memory`, async () => {
    const { call, clock, runtime, store } = await erasable()
    store.fails = fails
    await call('a', 'counter', 'add', { payload: 5 })
    const given = clock.run(runtime.erase('a', 'counter'))
    await assert.rejects(given, /was given up: .*; it may have happened, or may happen yet/)
    assert.equal(await call('a', 'counter', 'read'), 5, 'nothing has happened yet')
    store.letErase()
    await clock.advance(1)
    assert.equal(await call('a', 'counter', 'read'), 0)
    assert.equal(await call('a', 'counter', 'add'), 1)
  })

  test(`one beside an actor that comes to life meanwhile, and ${how}, leaves nothing in memory`, async () => {
    const first = await erasable()
    await first.call('a', 'counter', 'add', { payload: 5 })
    await first.clock.run(first.runtime.stop())
    // The next process, in which it is not in memory.
    const { store } = first
    store.fails = fails
    await store.start()
    const { call, clock, runtime } = await bench({ store, definitions: DEFINITIONS })
    const erased = codeOf(runtime.erase('a', 'counter'))
    await clock.settle()
    assert.equal(await call('a', 'counter', 'read'), 5)
    store.letErase()
    assert.equal(await clock.run(erased), fails ? 'STORE_UNAVAILABLE' : 'no error')
    assert.equal(await call('a', 'counter', 'read'), 0)
  })
}

test('an erasure that was given up and found nothing to erase leaves the actor alone', async () => {
  const { call, clock, runtime, store } = await erasable()
  await call('a', 'counter', 'add', { payload: 5 })
  const lost = store.load.bind(store)
  await assert.rejects(clock.run(runtime.erase('a', 'counter')), /was given up/)
  store.load = async (ids) => ids.map(() => null)
  store.letErase()
  await clock.advance(1)
  store.load = lost
  const before = store.loads
  assert.equal(await call('a', 'counter', 'read'), 5)
  assert.equal(store.loads, before, 'it has not left memory')
})

test('an actor whose definition is not erasable is told so, whether its store is encrypted or not', async () => {
  const { call, clock, runtime } = await bench()
  await call('a', 'counter', 'add')
  await assert.rejects(
    clock.run(runtime.erase('a', 'counter')),
    /"counter" is not erasable; delete it instead/,
  )
  assert.equal(await call('a', 'counter', 'read'), 1)
})
