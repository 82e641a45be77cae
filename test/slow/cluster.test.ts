// The chaos of a cluster for minutes instead of one: the same things happen again and again, also before the last is overcome.

import { after, test } from 'node:test'
import { CABLE_ACTS } from '../cluster/chaos.ts'
import { chaosTrial } from '../cluster/chaos-trial.ts'
import { CabledMember } from '../cluster/world.ts'
import { endPostgres } from '../servers/postgres.ts'

after(endPostgres)

const MINUTES = Number(process.env['MINUTES'] ?? 5)

for (const leaseMs of [2_000, 6_000])
  test(`nothing is lost, doubled or read stale for ${MINUTES} minutes, with leases of ${leaseMs} ms`, (context) =>
    chaosTrial(context, {
      make: CabledMember.of,
      acts: CABLE_ACTS,
      forMs: MINUTES * 60_000,
      leaseMs,
      ledgers: 200,
    }))
