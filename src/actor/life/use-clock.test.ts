import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Clock } from '../../base/index.ts'
import { VirtualClock } from '../../testing/index.ts'
import { UseClock } from './use-clock.ts'

test('the clock is looked at once in ten milliseconds, and its time is never behind', async () => {
  const time = new VirtualClock()
  let looks = 0
  const clock: Clock = {
    now: () => ((looks += 1), time.now()),
    elapsedMs: () => time.elapsedMs(),
    after: (delayMs, task, options) => time.after(delayMs, task, options),
    defer: (task) => time.defer(task),
  }
  const uses = new UseClock(clock)
  for (let ms = 0; ms < 1_000; ms += 1) {
    for (let use = 0; use < 5; use += 1) {
      const aheadMs = uses.nowMs - time.now()
      assert.ok(aheadMs >= 0 && aheadMs <= 10, `ahead by ${aheadMs} ms`)
    }
    await time.advance(1)
  }
  assert.equal(looks, 100)
  await time.advance(60_000)
  assert.equal(looks, 100, 'nobody calls, and it looks at nothing')
})
