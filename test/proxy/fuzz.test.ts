// Five thousand wrong requests; a hundred thousand are in test/slow/proxy-fuzz.test.ts.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'

import { fuzz } from './fuzz.ts'

test('five thousand wrong requests are each answered, and nothing of them stays', async (context) => {
  const seed = randomInt(1_000_000)
  const { accepted, bytesPerRefusal, closed, refused } = await fuzz({ seed, requests: 5_000 })
  context.diagnostic(`seed ${seed}: ${refused} refused, ${closed} closed, ${accepted} accepted`)
  assert.ok(accepted > 50, `only ${accepted} were accepted, so little was reached: seed ${seed}`)
  assert.ok(refused > 2_500, `only ${refused} were refused: seed ${seed}`)
  assert.ok(bytesPerRefusal < 500, `${bytesPerRefusal} bytes stay of each refusal: seed ${seed}`)
})
