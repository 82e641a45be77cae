// Many facts of an actor that is erased: they go in groups, whatever becomes of some of them meanwhile, and are no messages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Commit } from '../../src/ports/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import {
  actorId,
  allFacts,
  commitOf,
  envelopeOf,
  factOf,
  NOON_MS,
  outsideCommit,
} from '../../src/testing/statestore-fixture.ts'
import { stateKey } from './sealed-subject.ts'
import { temporaryMemory } from './temporary-memory.ts'

const FACTS = 2_500
/** Of one commit. */
const SENT = 500

test('the facts of an erased actor are swept a page at a time', async () => {
  const { store: behind } = await temporaryMemory()
  const store = new SealedStore(behind, { keys: [stateKey('2026')] })
  const [ann, bob] = [actorId('ann'), actorId('bob')]
  for (let from = 0; from < FACTS; from += SENT) {
    const of = (id: typeof ann): Commit => {
      const sends = Array.from({ length: SENT }, (_each, at) => factOf(`${id.name} ${from + at}`))
      return commitOf(id, from / SENT, { hasOwnKey: id === ann, sends })
    }
    assert.deepEqual(await store.commit([of(ann), of(bob)]), ['committed', 'committed'])
  }
  const more = { hasOwnKey: true, sends: [envelopeOf('message')] }
  assert.deepEqual(await store.commit([commitOf(ann, FACTS / SENT, more)]), ['committed'])
  const commit = behind.commit.bind(behind)
  const taken: number[] = []
  behind.commit = async (group) => {
    const takes = group.flatMap((one) => one.takes)
    // It is dropped in this very moment.
    if (takes.includes('fact:ann 7')) await commit([outsideCommit({ takes: ['fact:ann 7'] })])
    if (takes.length > 0) taken.push(takes.length)
    return commit(group)
  }
  const erasure = await store.erasures.erase(ann, NOON_MS)
  assert.equal(erasure?.messages, 1, 'facts are no messages')
  assert.ok(taken.length < 10, `in groups: ${taken.join()}`)
  assert.equal(
    taken.reduce((sum, takes) => sum + takes, 0),
    FACTS + 1,
  )
  assert.deepEqual(
    (await allFacts(store)).map(({ id }) => id),
    Array.from({ length: FACTS }, (_each, at) => factOf(`bob ${at}`).id),
  )
})
