// When work on a session is waited for no longer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../testing/index.ts'
import { ConnectionLost } from './session.ts'
import { type Lose, within } from './within.ts'

const notGivenUp = (): never => assert.fail('it was given up')
const never = (): Promise<never> => new Promise(() => undefined)

test('work ends with its answer, and leaves no timer', async () => {
  const clock = new VirtualClock()
  const waiting = new Set<Lose>()
  const answer = within(clock, 1_000, async () => 'done', notGivenUp, waiting)
  assert.equal(waiting.size, 1)
  assert.equal(await answer, 'done')
  assert.equal(waiting.size, 0)
  await clock.advance(2_000)
})

test('work that takes too long is given up', async () => {
  const clock = new VirtualClock()
  let givenUp = 0
  const late = within(clock, 1_000, never, () => (givenUp += 1))
  const startMs = clock.elapsedMs()
  await assert.rejects(clock.run(late), new ConnectionLost('no answer within 1000 ms'))
  assert.deepEqual([givenUp, clock.elapsedMs() - startMs], [1, 1_000])
})

test('work that is waited for no longer ends at once', async () => {
  const clock = new VirtualClock()
  const waiting = new Set<Lose>()
  const all = ['one', 'two'].map(() => within(clock, 1_000, never, notGivenUp, waiting))
  for (const lose of waiting) lose(new ConnectionLost('given up'))
  for (const one of all) await assert.rejects(one, new ConnectionLost('given up'))
  assert.equal(waiting.size, 0)
  await clock.advance(2_000)
})
