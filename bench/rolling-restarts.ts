// Members that are stopped in order and started again, one after the other, under a steady load from outside: how many calls
// failed, and what the restarts add to the slow ones. The members and the callers are those of the cluster's tests. The load
// is what it is also while answers are slow, and each call has waited since it was due.

import { setTimeout as sleep } from 'node:timers/promises'
import { ordealOf } from '../test/cluster/ordeal.ts'
import { plainMember } from '../test/cluster/world.ts'
import { endPostgres } from '../test/servers/postgres.ts'
import { quantile } from './drive.ts'
import type { Prepare } from './subject.ts'

const CALLS_PER_SECOND = 1_000
/** Until new processes are as fast as they get. */
const WARM_MS = 10_000
/** What they came behind with by then is made up within so long, or this machine does not hold the load. */
const CATCH_UP_MS = 20_000
const ON_TIME_MS = 50
const CALM_MS = 5_000

export const prepare: Prepare = async ({ actors, callers }) => {
  let seed = 0
  return {
    round: async () => {
      seed += 1
      const everyMs = (callers * 1_000) / CALLS_PER_SECOND
      const load = { callers, ledgers: actors, everyMs, timeoutMs: 30_000 }
      let [warm, calm, end, tookMs] = [0, 0, 0, 0]
      const { callers: outside, violations } = await ordealOf(
        { seed, members: 3, leaseMs: 6_000, load },
        plainMember,
        async ({ callers: running, members }) => {
          const { latenciesMs } = running
          await sleep(WARM_MS)
          const untilMs = performance.now() + CATCH_UP_MS
          while (running.lateMs > ON_TIME_MS && performance.now() < untilMs) await sleep(100)
          warm = latenciesMs.length
          await sleep(CALM_MS)
          calm = latenciesMs.length
          const from = performance.now()
          for (const member of members) {
            await member.stop()
            await member.start()
          }
          tookMs = performance.now() - from
          end = latenciesMs.length
        },
      )
      if (violations.length > 0) throw new Error(violations.join('\n'))
      const { failures, latenciesMs } = outside
      // Also what was under way when the last one was there again.
      const during = latenciesMs.slice(calm)
      return {
        failed: failures.length,
        asked: CALLS_PER_SECOND,
        rate: (end - calm) / (tookMs / 1_000),
        calmP99Ms: quantile(latenciesMs.slice(warm, calm), 0.99),
        p99Ms: quantile(during, 0.99),
        worstMs: during.reduce((worst, one) => Math.max(worst, one), 0),
      }
    },
    stop: endPostgres,
  }
}
