// Every member of a cluster is stopped in order and started again, one after the other, under load: no caller is told an
// error.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SYSTEM } from '../crash/server.ts'
import { endPostgres } from '../servers/postgres.ts'
import { ordeal } from './ordeal.ts'

after(endPostgres)

test('a rolling restart shows callers no error', async (context) => {
  const load = { callers: 20, ledgers: 100, everyMs: 100, timeoutMs: 30_000 }
  let calm = 0
  const { callers, violations } = await ordeal(
    { seed: 1, members: 3, leaseMs: 6_000, load },
    async (stage) => {
      calm = stage.callers.latenciesMs.length
      for (const member of stage.members) {
        assert.equal(await member.stop(), 0, `the exit code of ${member.node}`)
        await member.start()
        const { node, server } = member
        assert.match(server.output, new RegExp(`, node ${node} of the cluster ${SYSTEM} at nats://`))
      }
    },
  )
  const before = percentile(callers.latenciesMs.slice(0, calm), 0.99)
  const during = percentile(callers.latenciesMs.slice(calm), 0.99)
  context.diagnostic(`p99 ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`)
  assert.deepEqual(violations, [])
  assert.deepEqual(callers.failures, [])
})

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
