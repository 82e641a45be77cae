// How often a delivery that fails is tried, and how long it waits between: longer each time, up to a limit, and then no more.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Limits, LIMITS, SpawnError } from '../../src/base/index.ts'
import { type Bench, bench, counter, type CounterOptions } from './fixture.ts'

/** An actor that never takes what it gets, one that sends it that, and when each attempt began. */
async function failing(limits: Partial<Limits> = {}): Promise<Bench & { at: number[] }> {
  const at: number[] = []
  const deaf: CounterOptions['handlers'] = {
    hear: () => {
      at.push(made.clock.now())
      throw new SpawnError('ACTION_FAILED', 'it hears nothing')
    },
  }
  const tell: CounterOptions['handlers'] = {
    tell: () => {
      const effects = [{ to: 'deaf', action: 'hear' }]
      return { workflow: { effects, broadcasts: [], route: null, timers: null } }
    },
  }
  const named = { kind: 'named' } as const
  const definitions = [
    counter('deaf', { ...named, handlers: deaf }),
    counter('teller', { ...named, handlers: tell }),
  ]
  const made = await bench({ definitions, limits })
  await made.call('teller', '', 'tell')
  return { ...made, at }
}

const gaps = (at: readonly number[]): number[] => at.slice(1).map((time, before) => time - (at[before] ?? 0))

test('a delivery that fails is tried again after a pause that doubles, and has as many attempts after each retry', async () => {
  const { at, clock, runtime } = await failing()
  await clock.advance(300_000)
  const { deliveryAttempts, deliveryBackoffMs, maxDeliveryBackoffMs } = LIMITS
  const check = (attempts: readonly number[]): void => {
    assert.equal(attempts.length, deliveryAttempts)
    for (const [before, pauseMs] of gaps(attempts).entries()) {
      const longestMs = Math.min(deliveryBackoffMs * 2 ** (before + 1), maxDeliveryBackoffMs)
      // Some milliseconds for the turn and its commit.
      assert.ok(pauseMs >= longestMs / 2 && pauseMs <= longestMs + 20, `pause ${before}: ${pauseMs} ms`)
    }
  }
  check(at)
  const [letter] = (await runtime.deadLetters.list()).items
  assert.equal(letter?.attempts, deliveryAttempts)
  assert.equal(await clock.run(runtime.deadLetters.retry(letter.id)), true)
  await clock.advance(300_000)
  check(at.slice(deliveryAttempts))
  assert.deepEqual(
    (await runtime.deadLetters.list()).items.map(({ id }) => id),
    [letter.id],
  )
})

test('no pause is longer than the longest, and no two deliveries wait alike', async () => {
  const { at, clock } = await failing({
    deliveryAttempts: 12,
    deliveryBackoffMs: 100,
    maxDeliveryBackoffMs: 1_000,
  })
  await clock.advance(60_000)
  const late = gaps(at).slice(4)
  assert.equal(late.length, 7)
  assert.ok(
    late.every((pauseMs) => pauseMs >= 500 && pauseMs <= 1_020),
    late.join(', '),
  )
  assert.ok(new Set(late).size > 1, late.join(', '))
})
