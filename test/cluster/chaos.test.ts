// Real members over a real NATS and a real Postgres, to which everything happens once that may: killed, frozen, cut off,
// restarted. What callers were told in the meantime must have happened one call at a time. At length: test/slow.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { endPostgres } from '../servers/postgres.ts'
import { CABLE_ACTS, chaos } from './chaos.ts'
import { ordeal } from './ordeal.ts'

/** So short that a member which is lost is found soon, and so long that one which is slow is not. */
const LEASE_MS = 3_000

after(endPostgres)

test('nothing is lost, doubled or read stale while members die, stand still and are cut off', async (context) => {
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
  // Who waits at a member that is cut off soon tries again: what such a member still answers is what counts.
  const load = { callers: 48, ledgers: 40, timeoutMs: 1_000 }
  const { callers, violations } = await ordeal(
    { seed, members: 3, leaseMs: LEASE_MS, load },
    ({ members, nats }) =>
      chaos(0, CABLE_ACTS, {
        members,
        random: seededRandom(seed + 1),
        leaseMs: LEASE_MS,
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
  assert.ok(latenciesMs.length > failures.length, 'most calls are answered')
})
