// Keys of actors' own in a store apart, which is away: whose key is in memory goes on, and so does who has none; of a group, or of
// what is loaded together, it concerns those alone whose key has to be looked for. And it holds the others up once, not each time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpawnError } from '../../src/base/index.ts'
import type { Commit, Statestore } from '../../src/ports/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import {
  actorId,
  commitOf,
  envelopeOf,
  json,
  loadOne,
  NOON_MS,
  plainPacked,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { stateKey } from './sealed-subject.ts'

/** As a database's outage. */
const PATIENCE_MS = 5_000

/** Says after a while that it is away. */
class KeyStore extends MemoryStore {
  isAway = false
  asked = 0
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock) {
    super()
    this.#clock = clock
  }

  override async load(...given: Parameters<Statestore['load']>): ReturnType<Statestore['load']> {
    await this.#reached()
    return super.load(...given)
  }

  override async commit(...given: Parameters<Statestore['commit']>): ReturnType<Statestore['commit']> {
    await this.#reached()
    return super.commit(...given)
  }

  async #reached(): Promise<void> {
    if (!this.isAway) return
    this.asked += 1
    await new Promise<void>((resolve) => void this.#clock.after(PATIENCE_MS, resolve))
    throw new SpawnError('STORE_UNAVAILABLE', 'no route to it')
  }
}

const owned = (name: string, follows: number, more: Partial<Commit> = {}): Commit =>
  commitOf(name, follows, { hasOwnKey: true, ...more })

/** Two processes with the same stores. */
async function house() {
  const clock = new VirtualClock()
  const keyStore = new KeyStore(clock)
  const behind = new MemoryStore()
  const keys = [stateKey('2026')]
  const [one, other] = [1, 2].map(() => new SealedStore(behind, { keys, actorKeys: keyStore, clock }))
  assert.ok(one !== undefined && other !== undefined)
  await Promise.all([one.start(), other.start()])
  assert.deepEqual(
    await one.commit([
      owned('ann', 0, {
        sends: [envelopeOf('of ann')],
        outcomes: [{ key: 'k', reply: json('ann'), expiresAtMs: NOON_MS * 2 }],
      }),
      commitOf('bob', 0, { sends: [envelopeOf('of bob')] }),
    ]),
    ['committed', 'committed'],
  )
  return { clock, keyStore, one, other }
}

const isAway = { code: 'STORE_UNAVAILABLE', message: /no route to it/ }

test('of a group only those are not committed whose key has to be looked for', async () => {
  const { clock, keyStore, one, other } = await house()
  keyStore.isAway = true
  const group = [owned('ann', 1), commitOf('bob', 1), owned('new', 0)]
  assert.deepEqual(await clock.run(one.commit(group)), ['committed', 'committed', 'conflict'])
  await assert.rejects(clock.run(one.commit([owned('new', 0)])), isAway)
  assert.deepEqual(await clock.run(other.commit([owned('ann', 2), commitOf('bob', 2)])), [
    'conflict',
    'committed',
  ])
  assert.equal((await loadOne(one, 'new')) ?? null, null)
  keyStore.isAway = false
  await clock.advance(PATIENCE_MS)
  assert.deepEqual(await clock.run(one.commit([owned('new', 0)])), ['committed'])
  assert.deepEqual(await clock.run(other.commit([owned('ann', 2)])), ['committed'])
})

test('a first commit does not go by a key from memory, which may be of the life before', async () => {
  const { clock, keyStore, one } = await house()
  const [ann] = [owned('ann', 0)]
  assert.equal(await one.delete(actorId('ann'), 1, ann.birth), 'committed')
  keyStore.isAway = true
  assert.deepEqual(await clock.run(one.commit([ann, commitOf('bob', 1)])), ['conflict', 'committed'])
  keyStore.isAway = false
  await clock.advance(PATIENCE_MS)
  assert.deepEqual(await clock.run(one.commit([ann])), ['committed'])
})

test('of what is read together the rest can be read', async () => {
  const { clock, keyStore, one, other } = await house()
  keyStore.isAway = true
  const [ann, bob] = await clock.run(other.load([actorId('ann'), actorId('bob')]))
  assert.throws(() => ann?.state, isAway)
  assert.deepEqual(plainPacked(bob?.state ?? null), plainPacked(json('r1')))
  const { envelopes } = await clock.run(other.due(SYSTEM, NOON_MS, 9))
  assert.throws(() => envelopes[0]?.header, isAway)
  assert.equal(envelopes[1]?.header, envelopeOf('of bob').header)
  await assert.rejects(clock.run(other.loadOutcome(actorId('ann'), 'k', NOON_MS)), isAway)
  assert.notEqual((await clock.run(one.load([actorId('ann')])))[0]?.state, null, 'its key is in memory')
  keyStore.isAway = false
  await clock.advance(PATIENCE_MS)
  assert.notEqual((await clock.run(loadOne(other, 'ann')))?.state, null)
})

test('others are held up for as long as it takes to learn that it is away, and then not for as long again', async () => {
  const { clock, keyStore, one } = await house()
  keyStore.isAway = true
  const took = async (follows: number): Promise<number> => {
    const fromMs = clock.elapsedMs()
    const verdicts = await clock.run(one.commit([owned(`new ${follows}`, 0), commitOf('bob', follows)]))
    assert.deepEqual(verdicts, ['conflict', 'committed'])
    return clock.elapsedMs() - fromMs
  }
  assert.equal(await took(1), PATIENCE_MS)
  assert.equal(await took(2), 0)
  await clock.advance(PATIENCE_MS - 1)
  assert.equal(await took(3), 0)
  assert.equal(keyStore.asked, 1)
  await clock.advance(1)
  assert.equal(await took(4), PATIENCE_MS)
})
