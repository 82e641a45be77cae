// How long an outage is waited for, by which clock.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, seededRandom } from '../../base/index.ts'
import { VirtualClock } from '../../testing/index.ts'
import { Patience } from './patience.ts'

for (const jumpMs of [-3_600_000, 3_600_000]) {
  test(`a wall clock that jumps by ${jumpMs} ms makes an outage neither longer nor shorter`, async () => {
    const virtual = new VirtualClock()
    let jumpedMs = 0
    const clock: Clock = {
      now: () => virtual.now() + jumpedMs,
      elapsedMs: () => virtual.elapsedMs(),
      after: (delayMs, task, options) => virtual.after(delayMs, task, options),
      defer: (task) => virtual.defer(task),
    }
    const patience = new Patience(clock, seededRandom(1), 10_000)
    const startMs = virtual.elapsedMs()
    await virtual.run(
      (async () => {
        assert.equal(await patience.again(), true)
        jumpedMs = jumpMs
        while (await patience.again());
      })(),
    )
    assert.equal(virtual.elapsedMs() - startMs, 10_000)
  })
}
