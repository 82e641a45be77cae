import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from './until.ts'

test('answers what the check answers, once it is there', async () => {
  let looks = 0
  const answer = await until('the third look', () => ((looks += 1) === 3 ? { looks } : null), { pauseMs: 1 })
  assert.deepEqual(answer, { looks: 3 })
  assert.equal(await until('a zero, which is an answer', () => 0), 0)
})

test('a check that rejects means "not yet"; giving up names the reason and the last failure', async () => {
  let looks = 0
  await until('the connection', async () => {
    looks += 1
    if (looks < 3) throw new Error('refused')
    return true
  })
  assert.equal(looks, 3)
  const refused = (): Promise<boolean> => Promise.reject(new Error('refused'))
  await assert.rejects(until('the connection', refused, { timeoutMs: 20 }), {
    code: 'DEADLINE_EXCEEDED',
    message: 'waited 20 ms for the connection; the last look failed with: refused',
  })
  await assert.rejects(
    until('a miracle', () => false, { timeoutMs: 20 }),
    /waited 20 ms for a miracle$/,
  )
})
