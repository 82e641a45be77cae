// Whose registrations a proxy takes up again, when several share a store.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import { silentLogger } from '../ports/index.ts'
import { MemoryStore } from '../stores/memory/index.ts'
import { VirtualClock } from '../testing/index.ts'
import { RegistrationLog } from './registration-log.ts'

test('each node of a cluster has hosts of its own, at one and the same address', async () => {
  const store = new MemoryStore()
  await store.start()
  const at = (node: string | null): RegistrationLog =>
    new RegistrationLog({
      store,
      node,
      clock: new VirtualClock(),
      random: seededRandom(1),
      logger: silentLogger,
    })
  const address = { system: 'shop', host: '127.0.0.1', port: 8_090 }
  const nodes = [null, 'north', 'north 2'] as const
  for (const [count, node] of nodes.entries())
    await at(node).keep({ ...address, body: new Uint8Array([count]) })

  for (const [count, node] of nodes.entries()) {
    const kept = await at(node).load()
    assert.deepEqual(
      kept.map(({ body, host, port, system }) => ({ system, host, port, body: [...body] })),
      [{ ...address, body: [count] }],
      `node ${node}`,
    )
  }
  const north = at('north')
  await north.load()
  await north.drop(address)
  assert.deepEqual(await at('north').load(), [])
  assert.equal((await at('north 2').load()).length, 1)
})
