// Seeds that found something once, named after it. Who changes the generator changes what each seed does: bring the bug
// back, look for the seeds that find it now, and write those. These were found before actors left facts.

import assert from 'node:assert/strict'
import { aside } from '../aside.ts'
import { simulate } from './simulate.ts'

const test = aside(import.meta.url)

const FOUND: Readonly<Record<string, readonly number[]>> = {
  'a newcomer was pushed out of memory before its first turn, and its call waited for ever': [2, 4, 13, 22],
  'a turn that made a call at once was taken for idle and passivated': [3, 7, 18, 89],
  'what stood behind a refused commit was written on the state of another owner': [388, 518, 531, 573],
  'a commit from before a delete was written over what was made after it': [2_532],
  'a commit that came late took the place of the outcome that its key had got meanwhile': [20_052],
}

for (const [what, seeds] of Object.entries(FOUND)) {
  for (const seed of seeds) {
    test(`${what} (seed ${seed})`, async () => {
      const { violations } = await simulate(seed, { plan: { leavesFacts: false } })
      assert.deepEqual(violations, [])
    })
  }
}
