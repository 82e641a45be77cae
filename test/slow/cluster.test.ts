// The chaos of a cluster for minutes instead of one: the same things happen again and again, also before the last is overcome.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { CABLE_ACTS, chaos } from '../cluster/chaos.ts'
import { ordeal } from '../cluster/ordeal.ts'
import { endPostgres } from '../servers/postgres.ts'

after(endPostgres)

const MINUTES = Number(process.env['MINUTES'] ?? 5)

for (const leaseMs of [2_000, 6_000]) {
  test(`nothing is lost, doubled or read stale for ${MINUTES} minutes, with leases of ${leaseMs} ms`, async (context) => {
    const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
    const load = { callers: 48, ledgers: 200, timeoutMs: 1_000 }
    const { callers, violations } = await ordeal({ seed, members: 3, leaseMs, load }, ({ members, nats }) =>
      chaos(MINUTES * 60_000, CABLE_ACTS, {
        members,
        random: seededRandom(seed + 1),
        leaseMs,
        restartNats: async () => {
          await nats.halt()
          await nats.start()
        },
        progress: (text) => context.diagnostic(text),
      }),
    )
    const { failures, latenciesMs } = callers
    context.diagnostic(`seed ${seed}: ${latenciesMs.length} answers, ${failures.length} failures`)
    assert.deepEqual(violations, [], `seed ${seed}`)
  })
}
