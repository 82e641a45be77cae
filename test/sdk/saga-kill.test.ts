// The bank of the example as a real process that is killed (`kill -9`) while transfers are on their way, and started again:
// money is neither made nor lost, and every transfer ends.
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

import { isSpawnError } from '../../src/base/index.ts'
import type { SagaStatus } from '../../src/sdk/index.ts'
import { until } from '../../src/testing/index.ts'
import { createProject } from '../cli/project.ts'
import { PATIENCE, serve, type Serving } from '../cli/server.ts'

const BANK = fileURLToPath(new URL('../../examples/bank-transfer/main.ts', import.meta.url))
const OWNERS = ['ada', 'bob', 'cyd', 'closed']
const LIVES = 4
const TRANSFERS = 30

async function call(
  { url }: Serving,
  ref: string,
  name: string,
  action: string,
  payload?: unknown,
): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/system/bank/actors/${name}/actions/${action}?ref=${ref}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(payload !== undefined && { body: JSON.stringify(payload) }),
  })
  const text = await response.text()
  assert.ok(response.ok, text)
  return text === '' ? undefined : JSON.parse(text)
}

const inputOf = (at: number) => ({
  from: OWNERS[at % 3],
  to: OWNERS[(at * 3 + 1 + (at % 2)) % 4],
  amount: (at * 7) % 40,
})

/** Begins transfers, and ends the process when some have been answered: the others are somewhere on their way. */
async function liveAndDie(server: Serving, life: number): Promise<void> {
  const enough = Promise.withResolvers<void>()
  let answered = 0
  const begun = Array.from({ length: TRANSFERS }, async (_, each) => {
    const at = life * TRANSFERS + each
    await call(server, 'transfer', `t-${at}`, 'start', inputOf(at))
    if ((answered += 1) === 5 + 7 * life) enough.resolve()
  })
  const all = Promise.allSettled(begun)
  await Promise.race([enough.promise, all])
  assert.deepEqual(await server.end('SIGKILL'), { code: null, signal: 'SIGKILL' })
  for (const one of await all) {
    // What the kill cut off; an answer that says no would be a fault.
    if (one.status === 'rejected') assert.ok(!isAssertion(one.reason), String(one.reason))
  }
}

const isAssertion = (thrown: unknown) => thrown instanceof assert.AssertionError || isSpawnError(thrown)

test('transfers survive kill -9, again and again: the sum stays, and each ends', async () => {
  using project = createProject()
  for (let life = 0; life < LIVES; life += 1) {
    await using server = await serve(['start', BANK], { cwd: project.path })
    if (life === 0) {
      for (const name of OWNERS) await call(server, 'account', name, 'deposit', { amount: 100 })
      await call(server, 'account', 'closed', 'close')
    }
    await liveAndDie(server, life)
  }
  await using server = await serve(['start', BANK], { cwd: project.path })
  const ends = await Promise.all(
    Array.from({ length: LIVES * TRANSFERS }, async (_, at) => {
      // Also those whose start was lost: to start one again is to ask for it.
      await call(server, 'transfer', `t-${at}`, 'start', inputOf(at))
      return until(
        `transfer ${at} to end`,
        async () => {
          const { status } = (await call(server, 'transfer', `t-${at}`, 'status')) as SagaStatus
          return status === 'done' || status === 'compensated' ? status : null
        },
        PATIENCE,
      )
    }),
  )
  assert.deepEqual([...new Set(ends)].toSorted(), ['compensated', 'done'])
  let sum = 0
  for (const name of OWNERS) {
    const { balance } = (await call(server, 'account', name, 'get')) as { readonly balance: number }
    sum += balance
  }
  assert.equal(sum, 100 * OWNERS.length)
})
