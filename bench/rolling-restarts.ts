// Members that are stopped in order and started again, one after the other, under a steady load from outside: how many calls
// failed, and what the restarts add to the slow ones. The members and the callers are those of the cluster's tests.

import { ordeal } from '../test/cluster/ordeal.ts'
import { endPostgres } from '../test/servers/postgres.ts'
import { quantile } from './drive.ts'
import type { Prepare } from './subject.ts'

const CALLS_PER_SECOND = 1_000
const CALM_MS = 5_000

export const prepare: Prepare = async ({ actors, callers }) => {
  let seed = 0
  return {
    round: async () => {
      seed += 1
      const everyMs = (callers * 1_000) / CALLS_PER_SECOND
      const load = { callers, ledgers: actors, everyMs, timeoutMs: 30_000 }
      let calm = 0
      let tookMs = 0
      const { callers: outside, violations } = await ordeal(
        { seed, members: 3, leaseMs: 6_000, load },
        async (stage) => {
          const warm = stage.callers.latenciesMs.length
          await new Promise((resolve) => void setTimeout(resolve, CALM_MS))
          calm = stage.callers.latenciesMs.length
          const from = performance.now()
          for (const member of stage.members) {
            await member.stop()
            await member.start()
          }
          tookMs = performance.now() - from
          stage.callers.latenciesMs.splice(0, warm)
          calm -= warm
        },
      )
      if (violations.length > 0) throw new Error(violations.join('\n'))
      const { failures, latenciesMs } = outside
      const during = latenciesMs.slice(calm)
      return {
        failed: failures.length,
        rate: during.length / (tookMs / 1_000),
        calmP99Ms: quantile(latenciesMs.slice(0, calm), 0.99),
        p99Ms: quantile(during, 0.99),
        worstMs: during.reduce((worst, one) => Math.max(worst, one), 0),
      }
    },
    stop: endPostgres,
  }
}
