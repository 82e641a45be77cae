// The ordeal: callers that never rest, a server that is killed again and again, and the reckoning. Used by the test, by its
// longer form, and by hand (main.ts).

import { seededRandom } from '../../src/base/index.ts'
import { Callers } from './callers.ts'
import { endure } from './endure.ts'
import { factFaults, factsOf } from './fact-ordeal.ts'
import { Server } from './server.ts'

/** They leave facts. */
const COUNTERS = './counter.ts'

export interface OrdealOptions {
  /** Decides who is called and when the server dies. */
  readonly seed: number
  readonly kills: number
  readonly callers?: number
  readonly actors?: number
  /** The longest time that a life lasts, from its first call, in milliseconds. */
  readonly lifeMs?: number
  /** What is served: a module of this folder. Default: durable counters. */
  readonly module?: string
  readonly progress?: (text: string) => void
}

export interface Reckoning {
  readonly acknowledged: number
  readonly unknown: number
  readonly total: number
  /** What is wrong, in words; empty: nothing was lost and nothing doubled, and the facts say the same. */
  readonly violations: readonly string[]
}

export async function ordeal(options: OrdealOptions): Promise<Reckoning> {
  const { actors = 100, callers = 64, kills, lifeMs = 900, module = COUNTERS, progress, seed } = options
  const random = seededRandom(seed)
  let calls: Callers | null = null
  let running: Promise<void> | null = null
  let acknowledged = 0
  let unknown = 0
  let total = 0
  const violations = await endure(
    { random, kills, lifeMs, victim: (file) => Server.on(file, module), progress },
    {
      begin(server) {
        calls = new Callers({ port: server.port, random, callers, actors })
        running = calls.run()
        return Promise.resolve()
      },
      progress: () => `${calls?.acknowledged} acknowledged, ${calls?.unknown} unknown`,
      async end(server) {
        if (calls === null) return ['nobody called']
        calls.stop()
        await running
        const reader = new Callers({ port: server.port, random, callers: 1, actors: 0 })
        const totals: number[] = []
        for (let actor = 0; actor < actors; actor += 1) totals.push(await reader.total(actor))
        acknowledged = calls.acknowledged
        unknown = calls.unknown
        total = totals.reduce((sum, each) => sum + each, 0)
        const faults =
          module === COUNTERS ? factFaults(await factsOf(server.url), calls.accounts, totals) : []
        return [...reckon(calls, totals), ...faults]
      },
    },
  )
  return { acknowledged, unknown, total, violations }
}

/** What the books say against the totals in the end. */
export function reckon(calls: Callers, totals: readonly number[]): string[] {
  return calls.accounts.flatMap((account, actor) => {
    const { acknowledged, twice, unknown } = account
    const total = totals[actor] ?? 0
    const found: string[] = []
    if (total < acknowledged) found.push(`a${actor} lost adds: ${total} of ${acknowledged} acknowledged`)
    if (total > acknowledged + unknown) {
      found.push(`a${actor} has ${total} adds, but only ${acknowledged + unknown} were sent`)
    }
    if (twice > 0) found.push(`a${actor} gave ${twice} totals to more than one add`)
    const highest = Math.max(0, ...account.totals)
    if (highest > total) found.push(`a${actor} acknowledged the total ${highest} and holds ${total}`)
    return found
  })
}
