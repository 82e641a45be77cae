import assert from 'node:assert/strict'
import { test } from 'node:test'

import { below, seededRandom, systemRandom } from './random.ts'

test('a seed is a sequence', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 5 }, () => random.next())
  }
  assert.deepEqual(draw(7), draw(7))
  assert.notDeepEqual(draw(7), draw(8))
})

test('numbers are in range and spread over it', () => {
  for (const random of [seededRandom(1), systemRandom]) {
    const counts = new Array<number>(10).fill(0)
    for (let at = 0; at < 10_000; at += 1) {
      const drawn = below(random, 10)
      assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn < 10)
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    assert.ok(
      counts.every((count) => count > 800 && count < 1_200),
      counts.join(' '),
    )
  }
})
