// The chaos of a cluster whose members have machines of their own, as far as the network goes: packets are lost, one way or both, and
// connections are forgotten of which neither side is told. Needs root, and network namespaces.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { chaos } from '../cluster/chaos.ts'
import { MACHINE_ACTS, MachineMember } from '../cluster/machine-member.ts'
import { Machines, noMachines } from '../cluster/machines.ts'
import { ordealOf } from '../cluster/ordeal.ts'
import { endPostgres } from '../servers/postgres.ts'

after(endPostgres)

const MINUTES = Number(process.env['MINUTES'] ?? 5)
const LEASE_MS = 6_000

const name = `nothing is lost, doubled or read stale for ${MINUTES} minutes on machines whose networks fail`

test(name, { skip: noMachines() ?? false }, async (context) => {
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
  const load = { callers: 48, ledgers: 200, timeoutMs: 1_000 }
  const options = { seed, members: 3, leaseMs: LEASE_MS, load }
  const machines = Machines.make()
  try {
    const { callers, violations } = await ordealOf(
      options,
      (node, member) => MachineMember.of(machines, node, member),
      ({ members, nats }) =>
        chaos(MINUTES * 60_000, MACHINE_ACTS, {
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
  } finally {
    machines.end()
  }
})
