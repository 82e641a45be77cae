// What a member has for others that it does not reach: it goes on trying as long as it is a member, and no longer.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Mail } from '../../src/mesh/mail.ts'
import type { MeshGround } from '../../src/mesh/ground.ts'
import type { SystemCluster } from '../../src/mesh/system-cluster.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'

test('a member that has left tries no more to reach the others, and lets its process end', async () => {
  const clock = new VirtualClock()
  let asked = 0
  const membership = { stage: 'up' }
  // Of both, only what the mail asks for.
  const ground = {
    clock,
    membership,
    logger: silentLogger,
    timing: { retryMs: 100 },
    counts: { handed: 0, unhanded: 0 },
    links: {
      request: () => {
        asked += 1
        return Promise.reject(new Error('nobody is reached'))
      },
    },
  } as unknown as MeshGround
  const cluster = {
    epoch: 1,
    self: 'a',
    system: 'shop',
    tenant: null,
    directory: { neighbours: () => ['b'] },
    has: () => true,
  } as unknown as SystemCluster
  const mail = new Mail(cluster, ground)
  mail.viewed()
  await clock.advance(1_000)
  assert.ok(asked >= 5, `${asked}`)
  membership.stage = 'left'
  await clock.advance(200)
  const atEnd = asked
  await clock.advance(10_000)
  assert.equal(asked, atEnd)
})
