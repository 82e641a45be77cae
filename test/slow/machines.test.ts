// The chaos of a cluster whose members have machines of their own, as far as the network goes: packets are lost, one way or both, and
// connections are forgotten of which neither side is told. Needs root, and network namespaces.

import { after, test } from 'node:test'
import { chaosTrial } from '../cluster/chaos-trial.ts'
import { MACHINE_ACTS, MachineMember } from '../cluster/machine-member.ts'
import { Machines, noMachines } from '../cluster/machines.ts'
import { endPostgres } from '../servers/postgres.ts'

after(endPostgres)

const MINUTES = Number(process.env['MINUTES'] ?? 5)
const LEASE_MS = 6_000

const name = `nothing is lost, doubled or read stale for ${MINUTES} minutes on machines whose networks fail`

test(name, { skip: noMachines() ?? false }, async (context) => {
  const machines = Machines.make()
  try {
    await chaosTrial(context, {
      make: (node, options) => MachineMember.of(machines, node, options),
      acts: MACHINE_ACTS,
      forMs: MINUTES * 60_000,
      leaseMs: LEASE_MS,
      ledgers: 200,
    })
  } finally {
    machines.end()
  }
})
