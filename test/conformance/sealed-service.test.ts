// A sealed store whose data keys are wrapped by a service: when the service is asked, and when it is away.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Statestore } from '../../src/ports/index.ts'
import { SealedStore, type SealedStoreOptions } from '../../src/stores/sealed/index.ts'
import { readAll } from '../../src/testing/statestore-archive-fixture.ts'
import { actorId, commitOf, json, loadOne, plainPacked } from '../../src/testing/statestore-fixture.ts'
import { stateKey } from './sealed-subject.ts'
import { temporaryMemory } from './temporary-memory.ts'
import { Vault } from './vault.ts'

async function started(store: Statestore, options: SealedStoreOptions): Promise<SealedStore> {
  const sealed = new SealedStore(store, options)
  await sealed.start()
  return sealed
}

async function stateOf(store: Statestore, name: string): Promise<object | null> {
  return plainPacked((await loadOne(store, name))?.state ?? null)
}

const HISTORY = { history: { revisions: 3, durationMs: 0 } }

test('it is asked at a start, and never for calls and commits', async () => {
  const { store } = await temporaryMemory()
  const service = new Vault()
  const first = await started(store, { service })
  assert.deepEqual(service.asked, ['wrap'])
  for (let follows = 0; follows < 20; follows += 1)
    await first.commit([commitOf('a', follows), commitOf(`new-${follows}`, 0)])
  await loadOne(first, 'a')
  assert.deepEqual(service.asked, ['wrap'])
  const second = await started(store, { service })
  assert.deepEqual(service.asked, ['wrap', 'unwrap'])
  assert.deepEqual(await stateOf(second, 'a'), plainPacked(json('r20')))
  service.isAway = true
  assert.deepEqual(await second.commit([commitOf('a', 20)]), ['committed'], 'what runs goes on')
  await assert.rejects(started(store, { service }), {
    code: 'STORE_UNAVAILABLE',
    message: /^the key service "vault" did not unwrap the data key "[0-9a-f]{12}": no route to it$/,
  })
  await assert.rejects(started(store, { service: new Vault() }), { code: 'STORE_UNAVAILABLE' })
})

test('a key that another process has drawn is opened when it is met', async () => {
  const { store } = await temporaryMemory()
  const service = new Vault()
  const [one, other] = [await started(store, { service }), await started(store, { service })]
  await one.drawKey()
  await one.commit([commitOf('a', 0, HISTORY)])
  service.asked.length = 0
  assert.deepEqual(await stateOf(other, 'a'), plainPacked(json('r1')))
  assert.deepEqual(await stateOf(other, 'a'), plainPacked(json('r1')))
  assert.deepEqual(service.asked, ['unwrap'], 'once')
  await other.commit([commitOf('a', 1, HISTORY)])
  const third = await started(store, { service })
  assert.deepEqual(await stateOf(third, 'a'), plainPacked(json('r2')))
  const past = await third.loadRevision(actorId('a'), { revision: 1 })
  assert.deepEqual(plainPacked(past?.state ?? null), plainPacked(json('r1')))
})

test('keys that were given are left for a service, and a new data key takes all over', async () => {
  const { store } = await temporaryMemory()
  const keys = [stateKey('2026')]
  await (await started(store, { keys })).commit([commitOf('a', 0), commitOf('b', 0)])
  const service = new Vault()
  const both = await started(store, { keys, service })
  assert.deepEqual(await stateOf(both, 'a'), plainPacked(json('r1')))
  const turned = await both.rotation?.page(null, 100, true)
  assert.deepEqual([turned?.sealed, turned?.unreadable], [2, []])
  const alone = await started(store, { service })
  assert.deepEqual(await stateOf(alone, 'b'), plainPacked(json('r1')))
  await alone.drawKey()
  const again = await alone.rotation?.page(null, 100, true)
  assert.deepEqual([again?.sealed, again?.rows], [2, 2])
  assert.equal((await readAll(alone)).length, 2, 'an archive has no wrapped keys')
  await assert.rejects((await started(store, { keys })).drawKey(), /was given its keys/)
})
