// Spawning over the wire, and the past of a host's actors: what the proxy keeps, tells and refuses.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'

import { SpawnResponseSchema, Status } from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { counters } from './counters.ts'
import { saidBy, SYSTEM } from './fixture.ts'

test('spawn takes many actors, and a revision of the past', async () => {
  const { at, stop } = await counters({ config: { historyRevisions: 10 } })
  const actors = Array.from({ length: 600 }, (_, number) => ({ name: `u${number}`, parent: 'user' }))
  assert.equal((await at.spawn(actors)).status?.status, Status.OK)
  for (const total of [1, 2, 3])
    assert.equal(saidBy(await at.invoke('u7', 'add', { registerRef: 'user' })), total)
  const restored = await at.spawn([{ name: 'u7', parent: 'user' }], '?revision=3')
  assert.equal(restored.status?.message, 'Accepted')
  assert.equal(saidBy(await at.invoke('u7', 'get', { registerRef: 'user' })), 2)
  const never = await at.spawn([{ name: 'u7', parent: 'user' }], '?revision=99')
  assert.equal(never.status?.status, Status.ERROR)
  assert.match(never.status.message, /"user\/u7" has no revision 99: .*; its history keeps the last 10/)
  const nobody = await at.spawn([{ name: 'nobody', parent: 'user' }], '?revision=1')
  assert.equal(nobody.status?.status, Status.ACTOR_NOT_FOUND)
  const bad = await at.send(`/api/v1/system/${SYSTEM}/actors/spawn`, Buffer.from([0x0a, 0x00]))
  assert.equal(fromBinary(SpawnResponseSchema, bad.body).status?.status, Status.ERROR)
  await stop()
})

test('a past that is kept by time alone: what changed of an actor of a host is told by field', async () => {
  const { at, stop } = await counters({ config: { historyDurationMs: 3_600_000 } })
  for (const total of [1, 2, 3])
    assert.equal(saidBy(await at.invoke('u8', 'add', { registerRef: 'user' })), total)
  const actor = `/api/v1/system/${SYSTEM}/actors/u8`
  const get = async (path: string): Promise<unknown> => {
    const { body } = await at.send(`${actor}${path}`, null, { method: 'GET' })
    return JSON.parse(body.toString())
  }
  assert.partialDeepStrictEqual(await get('/history?ref=user'), {
    keeps: { revisions: 0, durationMs: 3_600_000 },
    revisions: [{ revision: 3 }, { revision: 2 }, { revision: 1 }],
  })
  assert.partialDeepStrictEqual(await get('/diff?ref=user&from=1'), {
    state: [{ kind: 'changed', before: 1, after: 3 }],
  })
  await stop()
})
