// Groups in parts have the verdicts of the whole, and leave behind what the whole would.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpawnError } from '../../base/index.ts'
import type { Commit, Statestore, Verdict } from '../../ports/index.ts'
import { actorId, commitOf, envelopeOf, outsideCommit, SYSTEM } from '../../testing/statestore-fixture.ts'
import { MemoryStore } from '../memory/index.ts'
import { commitInParts } from './group-parts.ts'

const group: Commit[] = [
  commitOf('a', 0, { sends: [envelopeOf('x')] }),
  commitOf('b', 3),
  commitOf('a', 1),
  commitOf('b', 0),
  outsideCommit({ takes: ['never'] }),
  outsideCommit({ takes: ['x'], sends: [envelopeOf('y')] }),
  commitOf('c', 0, { takes: ['y'] }),
  commitOf('a', 2),
  commitOf('b', 1),
]

async function standing(store: Statestore): Promise<unknown> {
  const ids = ['a', 'b', 'c'].map((name) => actorId(name))
  const { envelopes } = await store.due(SYSTEM, 0, 10)
  return [(await store.load(ids)).map((actor) => actor?.revision ?? 0), envelopes.map(({ id }) => id)]
}

for (const [bytes, count] of [
  [1, 9],
  [2_500, 5],
  [1_000_000, 1],
] as const) {
  test(`a group in parts of ${bytes} bytes`, async () => {
    const [whole, parted] = [new MemoryStore(), new MemoryStore()]
    await whole.start()
    await parted.start()
    const sizes: number[] = []
    const verdicts = await commitInParts(group, bytes, async (part): Promise<Verdict[]> => {
      sizes.push(part.length)
      return parted.commit(part)
    })
    assert.deepEqual(verdicts, await whole.commit(group))
    assert.deepEqual(await standing(parted), await standing(whole))
    assert.ok(sizes.length <= count && (count === 1 || sizes.length > 2), `${sizes.length} parts`)
  })
}

test('a part that fails says how many commits of the parts before it stand', async () => {
  const store = new MemoryStore()
  await store.start()
  let parts = 0
  const failsAt = (failing: number) =>
    commitInParts(
      [commitOf('a', 0), commitOf('b', 7), commitOf('c', 0), commitOf('d', 0)],
      1,
      async (part) => {
        if (++parts === failing)
          throw new SpawnError('STORE_UNAVAILABLE', 'it is away; nothing was committed', { retryable: false })
        return store.commit(part)
      },
    )
  await assert.rejects(failsAt(4), {
    code: 'STORE_UNAVAILABLE',
    retryable: false,
    message: /it is away; nothing was committed; 2 commits of the parts before it stand$/,
  })
  parts = 0
  await assert.rejects(failsAt(1), { message: 'it is away; nothing was committed' })
})
