// Real members over a real NATS and a real Postgres, to which everything happens once that may: killed, frozen, cut off,
// restarted. What callers were told in the meantime must have happened one call at a time. At length: test/slow.

import { after, test } from 'node:test'
import { endPostgres } from '../servers/postgres.ts'
import { CABLE_ACTS } from './chaos.ts'
import { chaosTrial } from './chaos-trial.ts'
import { CabledMember } from './world.ts'

/** So short that a member which is lost is found soon, and so long that one which is slow is not. */
const LEASE_MS = 3_000
/** Each list is called six times in a second. As often as they can they call in test/slow. */
const EVERY_MS = 200

after(endPostgres)

test('nothing is lost, doubled or read stale while members die, stand still and are cut off', (context) =>
  chaosTrial(context, {
    make: CabledMember.of,
    acts: CABLE_ACTS,
    forMs: 0,
    leaseMs: LEASE_MS,
    ledgers: 40,
    everyMs: EVERY_MS,
  }))
