// How a group begins, told to a store through its seal: what is committed then is what was expected, the same objects.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Commit } from '../../src/ports/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import {
  actorId,
  commitOf,
  envelopeOf,
  json,
  NOON_MS,
  plainPacked,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { stateKey } from './sealed-subject.ts'
import { temporaryFolder } from './temporary-store.ts'
import { Watched } from './watched-store.ts'

let folder = ''
let remove = (): Promise<void> => Promise.resolve()
before(async () => {
  const made = await temporaryFolder()
  folder = made.path
  remove = made.remove
})
after(() => remove())

async function sealedIn(file: string): Promise<{ behind: Watched; store: SealedStore }> {
  const behind = new Watched({ file: join(folder, file) })
  const store = new SealedStore(behind, { keys: [stateKey('2026')] })
  await store.start()
  return { behind, store }
}

const owned = (name: string, follows: number): Commit => commitOf(name, follows, { hasOwnKey: true })

async function stateOf(store: SealedStore, name: string): Promise<object | null> {
  const [stored] = await store.load([actorId(name)])
  return plainPacked(stored?.state ?? null)
}

test('what is expected is committed as it was sealed, and can be opened', async () => {
  const { behind, store } = await sealedIn('met.db')
  const [first, second, third] = [
    commitOf('a', 0, { outcomes: [{ key: 'k', reply: json('said'), expiresAtMs: NOON_MS * 2 }] }),
    commitOf('b', 0, { sends: [envelopeOf('one')] }),
    commitOf('c', 0),
  ]
  store.expect?.([first])
  store.expect?.([second])
  assert.deepEqual(await store.commit([first, second, third]), ['committed', 'committed', 'committed'])
  assert.deepEqual([behind.met, behind.inVain], [2, 0])
  // The key of an actor is a row of the store, which comes before its first group.
  const fifth = commitOf('e', 0)
  store.expect?.([fifth])
  assert.deepEqual(await store.commit([fifth, owned('d', 0)]), ['committed', 'committed'])
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    assert.deepEqual(await stateOf(store, name), plainPacked(json('r1')))
  const kept = await store.loadOutcome(actorId('a'), 'k', NOON_MS)
  assert.deepEqual(plainPacked(kept?.reply ?? null), plainPacked(json('said')))
  const [sent] = (await store.due(SYSTEM, NOON_MS, 9)).envelopes
  assert.equal(sent?.header, envelopeOf('one').header)
  await store.stop()
})

test('what is expected in vain leaves nothing, and is sealed anew when it comes after all', async () => {
  const { behind, store } = await sealedIn('vain.db')
  const [first, other] = [commitOf('a', 0), commitOf('b', 0)]
  store.expect?.([first])
  assert.deepEqual(await store.commit([other, first]), ['committed', 'committed'])
  assert.deepEqual([behind.met, behind.inVain], [0, 1])
  assert.deepEqual(await store.commit([first]), ['conflict'])
  assert.deepEqual(await stateOf(store, 'a'), plainPacked(json('r1')))
  await store.stop()
})

test('of actors with keys of their own nothing is expected, nor what comes behind it', async () => {
  const { behind, store } = await sealedIn('owned.db')
  const [first, own, last] = [commitOf('a', 0), owned('b', 0), commitOf('c', 0)]
  store.expect?.([first])
  store.expect?.([own])
  store.expect?.([last])
  assert.equal(behind.told, 1)
  assert.deepEqual(await store.commit([first, own, last]), ['committed', 'committed', 'committed'])
  const next = commitOf('a', 1)
  store.expect?.([next])
  assert.equal(behind.told, 2, 'the next group begins anew')
  assert.deepEqual(await store.commit([next]), ['committed'])
  await store.stop()
})

test('a store that has no use for it is told nothing', () => {
  const store = new SealedStore(new MemoryStore(), { keys: [stateKey('2026')] })
  assert.equal(store.expect, undefined)
})
