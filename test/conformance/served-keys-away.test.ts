// What is asked of a sealed store in another process, while some of the keys that it needs cannot be had: as in the process itself,
// each that cannot be read tells so to who looks at it, and keeps nobody from the others.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '../../src/base/index.ts'
import { silentLogger, type StandingEnvelope } from '../../src/ports/index.ts'
import { socketFolder } from '../../src/sockets/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { openServed, type ServedStore, StoreServer } from '../../src/stores/served/index.ts'
import {
  actorId,
  assertStored,
  commitOf,
  envelopeOf,
  factOf,
  json,
  NOON_MS,
  outsideCommit,
  plainEnvelope,
  plainPacked,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { stateKey } from './sealed-subject.ts'
import { Vault } from './vault.ts'

const vault = new Vault()
let folder: Awaited<ReturnType<typeof socketFolder>>
let server: StoreServer
let served: ServedStore

/** Whose key the store that is served has not met. */
const LOST = { name: 'ann', envelope: 'of ann', dead: 'dead ann' }
const FOUND = { name: 'bob', envelope: 'of bob', dead: 'dead bob' }

const born = ({ dead, envelope, name }: typeof LOST) =>
  commitOf(name, 0, {
    tags: { of: name },
    outcomes: [{ key: 'k', reply: json(name), expiresAtMs: NOON_MS * 2 }],
    sends: [envelopeOf(envelope), envelopeOf(dead, { box: 'dead' }), factOf(name)],
  })

before(async () => {
  folder = await socketFolder()
  const behind = new MemoryStore()
  const sealed = (): SealedStore => new SealedStore(behind, { service: vault })
  const [store, other] = [sealed(), sealed()]
  await store.start()
  await other.start()
  await other.drawKey()
  for (const [by, of] of [
    [other, LOST],
    [store, FOUND],
  ] as const)
    assert.deepEqual(await by.commit([born(of)]), ['committed'])
  const stranger = new SealedStore(behind, { keys: [stateKey('foreign')] })
  for (const [by, name] of [
    [stranger, 'never read'],
    [store, 'read'],
  ] as const) {
    const sent = outsideCommit({ id: { system: 'elsewhere', parent: '', name: '' }, sends: [factOf(name)] })
    assert.deepEqual(await by.commit([sent]), ['committed'])
  }
  server = new StoreServer({ store, folder: folder.path, clock: systemClock, logger: silentLogger })
  await server.start()
  served = await openServed(server.address, { clock: systemClock })
  await served.start()
  vault.isAway = true
})
after(async () => {
  await served.stop()
  await server.stop()
  await folder.remove()
})

const isAway = { code: 'STORE_UNAVAILABLE', message: /"vault" did not unwrap/, retryable: true }

test('of actors that are loaded, or listed, together', async () => {
  const ids = [LOST, FOUND].map(({ name }) => actorId(name))
  const { actors } = await served.list({ system: SYSTEM }, { limit: 9 })
  for (const [ann, bob, ...more] of [await served.load([...ids, actorId('cid')]), actors]) {
    assert.throws(() => ann?.state, isAway)
    assert.deepEqual([ann?.id.name, ann?.revision, ann?.tags], ['ann', 1, { of: 'ann' }])
    assertStored(bob ?? null, born(FOUND))
    assert.ok(more.every((one) => one === null))
  }
})

test('of envelopes that are due, asked for, or dead', async () => {
  const pages: readonly (readonly (StandingEnvelope | null)[])[] = [
    (await served.due(SYSTEM, NOON_MS, 9)).envelopes,
    await served.envelopes(SYSTEM, [LOST.envelope, FOUND.envelope]),
    (await served.listEnvelopes(SYSTEM, 'dead', { limit: 9 })).envelopes,
  ]
  for (const [first, second] of pages) {
    for (const look of [() => first?.header, () => first?.payload]) assert.throws(look, isAway)
    assert.ok(first?.id.endsWith(' ann') && second !== null && second !== undefined)
    const sent = born(FOUND).sends.find(({ id }) => id === second.id) ?? assert.fail()
    assert.deepEqual(plainEnvelope(second), plainEnvelope(sent))
  }
})

test('of kept replies that are asked for in the same moment', async () => {
  const [ann, bob, none] = await Promise.allSettled([
    served.loadOutcome(actorId('ann'), 'k', NOON_MS),
    served.loadOutcome(actorId('bob'), 'k', NOON_MS),
    served.loadOutcome(actorId('bob'), 'other', NOON_MS),
  ])
  assert.throws(() => {
    throw ann.status === 'rejected' ? ann.reason : new Error('it was found')
  }, isAway)
  assert.ok(bob.status === 'fulfilled' && none.status === 'fulfilled')
  assert.deepEqual(plainPacked(bob.value?.reply ?? null), plainPacked(json('bob')))
  assert.equal(none.value, null)
})

test('a page of facts is not had without one that may be read later, and is without one that never will', async () => {
  await assert.rejects(served.facts(SYSTEM, 0, 9), isAway)
  const [first, second] = (await served.facts('elsewhere', 0, 9)).facts
  assert.throws(() => first?.payload, { code: 'STATE_UNREADABLE', message: /"foreign"/ })
  assert.deepEqual(plainPacked(second?.payload ?? null), plainPacked(json('fact:read')))
})
