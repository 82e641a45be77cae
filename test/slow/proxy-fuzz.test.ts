// A hundred thousand wrong requests against one proxy.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'

import { fuzz } from '../proxy/fuzz.ts'

test('a hundred thousand wrong requests are each answered, and nothing of them stays', async (context) => {
  const seed = randomInt(1_000_000)
  const { accepted, bytesPerRefusal, closed, refused } = await fuzz({ seed, requests: 100_000 })
  context.diagnostic(
    `seed ${seed}: ${refused} refused, ${closed} closed, ${accepted} accepted, ${bytesPerRefusal.toFixed(0)} bytes stay`,
  )
  assert.ok(accepted > 100, `only ${accepted} were accepted, so little was reached: seed ${seed}`)
  assert.ok(refused > 50_000, `only ${refused} were refused: seed ${seed}`)
  assert.ok(bytesPerRefusal < 500, `${bytesPerRefusal} bytes stay of each refusal: seed ${seed}`)
})
