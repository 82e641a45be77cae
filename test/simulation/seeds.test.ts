// Seeds that found something once, named after it. The plan of a seed may change when the generator does; then a seed no
// longer shows what its name says, and stays as one more simulation.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from './simulate.ts'

const FOUND: Readonly<Record<string, readonly number[]>> = {
  'a newcomer was pushed out of memory before its first turn, and its call waited for ever': [2, 3, 4],
  'a turn that made a call at once was taken for idle and passivated': [22, 26, 29, 43, 234],
  'what stood behind a refused commit was written on the state of another owner': [25, 58],
}

for (const [what, seeds] of Object.entries(FOUND)) {
  for (const seed of seeds) {
    test(`${what} (seed ${seed})`, async () => {
      const { violations } = await simulate(seed)
      assert.deepEqual(violations, [])
    })
  }
}
