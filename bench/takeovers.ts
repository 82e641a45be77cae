// From the death of a member to the first call that its actor answers elsewhere, with the lease that members have unless it is
// said. The call is under way when the member dies: a query, which is made again by itself.

import { BenchCluster } from './cluster.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ directory }) => {
  const cluster = await BenchCluster.start(directory, 2)
  let round = 0
  const home = async (name: string): Promise<number> => {
    const call = { ref: 'away', action: 'process', payload: {}, timeout: 60_000 }
    // What cluster.ts answers.
    return ((await cluster.own.invoke(name, call)) as { id: number }).id
  }
  return {
    round: async () => {
      round += 1
      const name = `taken-${round}`
      const before = await home(name)
      const killedAt = performance.now()
      cluster.kill(before)
      const after = await home(name)
      const tookMs = performance.now() - killedAt
      if (after === before) throw new Error('a member that is dead has answered')
      await cluster.join()
      return { tookMs }
    },
    stop: () => cluster.stop(),
  }
}
