// What the runtime makes of a clock on the wall that is set, as by a machine that wakes up or is told the time by another one:
// what takes so and so long takes that long, and what has a date waits for it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import { bench, codeOf, counter } from './fixture.ts'
import { named, restarted } from './restarted.ts'

const HOUR_MS = 3_600_000

for (const byMs of [HOUR_MS, -HOUR_MS]) {
  const way = byMs > 0 ? 'ahead' : 'back'

  test(`a deadline is kept when the clock is set ${way}: neither sooner nor later`, async () => {
    let deadlineMs = 0
    const handlers = {
      hang: () => new Promise<undefined>(() => {}),
      slow: async () => (await at.clock.sleep(900), { response: 'done' }),
      look: async (turn: { deadlineMs: number }) => {
        await at.clock.sleep(10)
        deadlineMs = turn.deadlineMs
        return undefined
      },
    }
    const at = await bench({ definitions: [counter('counter', { handlers })] })
    const call = (name: string, action: string) =>
      at.runtime.invoke(name, { ref: 'counter', action, timeoutMs: 1_000 })
    const codes = [codeOf(call('a', 'hang')), codeOf(call('a', 'read'))]
    const slow = call('b', 'slow')
    const look = call('c', 'look')
    let answered = 0
    for (const code of codes) void code.then(() => (answered += 1))
    await at.clock.advance(5)
    at.clock.jump(byMs)
    await at.clock.advance(900)
    assert.equal(answered, 0)
    assert.equal(await slow, 'done')
    await look
    assert.ok(
      Math.abs(deadlineMs - (at.clock.now() - 905 + 1_000)) <= 1,
      'what the turn is told is on the wall',
    )
    await at.clock.advance(110)
    assert.equal(answered, 2)
    assert.deepEqual(await Promise.all(codes), ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'])
  })
}

test('a delivery that failed is tried again within the longest pause, when the clock is set back before the next start', async () => {
  let attempts = 0
  const take = () => {
    attempts += 1
    if (attempts === 1) throw new SpawnError('ACTION_FAILED', 'once')
    return undefined
  }
  const send = () => ({
    workflow: { effects: [{ to: 'a', action: 'take' }], broadcasts: [], route: null, timers: null },
  })
  const at = await bench({ definitions: [named('a', { handlers: { send, take } })] })
  await at.call('a', '', 'send')
  await at.clock.advance(1)
  assert.equal(attempts, 1)
  at.clock.jump(-HOUR_MS)
  const after = await restarted(at, { handlers: { take } })
  await after.clock.advance(61_000)
  assert.equal(attempts, 2)
})

test('a call for later comes soon after the clock is set ahead of its time, and waits for it when it is set back', async () => {
  const at = await bench({ definitions: [named('a')] })
  const later = (delayMs: number) => at.clock.run(at.runtime.invoke('a', { action: 'add', delayMs }))
  await later(HOUR_MS)
  // Until it is known when it is due: what is set for then is set for an hour from now.
  await at.clock.settle()
  at.clock.jump(HOUR_MS)
  await at.clock.advance(60_001)
  assert.equal(await at.call('a', '', 'read'), 1)
  await later(1_000)
  at.clock.jump(-10_000)
  await at.clock.advance(10_900)
  assert.equal(await at.call('a', '', 'read'), 1)
  await at.clock.advance(200)
  assert.equal(await at.call('a', '', 'read'), 2)
})

test('a timer of a clock that was far ahead is set anew by the next start; one that was stopped stays so', async () => {
  const stop = () => ({ workflow: { effects: [], broadcasts: [], route: null, timers: { add: null } } })
  const ticking = { timers: { add: 1_000 }, handlers: { stop } }
  const at = await bench({ definitions: [named('a', ticking)] })
  await at.clock.advance(1_500)
  at.clock.jump(-HOUR_MS)
  const after = await restarted(at, ticking)
  await after.clock.advance(3_100)
  assert.equal(await after.call('a', '', 'read'), 4)
  await after.call('a', '', 'stop')
  after.clock.jump(-HOUR_MS)
  const last = await restarted(after, ticking)
  await last.clock.advance(10_000)
  assert.equal(await last.call('a', '', 'read'), 4)
})
