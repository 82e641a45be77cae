// What has expired is dropped once for each store: not once more for each system of a proxy that has come to be.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { seededRandom } from '../../src/base/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { OpenSystems } from '../../src/proxy/systems.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { counter, GatedStore } from '../actor/fixture.ts'

test('the systems of a proxy share one pruning of their store', async () => {
  const clock = new VirtualClock()
  const store = new GatedStore()
  const systems = new OpenSystems({
    main: 'one',
    store,
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    lateDefinitionsMs: 0,
  })
  await clock.run(systems.start())
  for (const name of ['one', 'two', 'three']) await clock.run(systems.define(name, [counter('counter')], []))
  await clock.advance(61_000)
  assert.equal(store.pruned.length, 1)
  await clock.run(systems.stop())
  await clock.advance(120_000)
  assert.equal(store.pruned.length, 1, 'a store that is closed is not asked')
})
