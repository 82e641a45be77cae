// A thousand calls for a later time, made and run while the server is killed again and again: each that was acknowledged
// runs exactly once, and no other twice.

import { below, type Random, seededRandom } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import type { Clerk } from './clerk.ts'
import { actionPath, Client } from './client.ts'
import { endure } from './endure.ts'
import { Server, type Victim } from './server.ts'

export interface ScheduleOptions {
  readonly seed: number
  readonly kills: number
  readonly lifeMs?: number
  readonly schedules?: number
  /** Within which they are to run. */
  readonly windowMs?: number
  readonly progress?: (text: string) => void
}

export interface ScheduleReckoning {
  readonly acknowledged: number
  readonly unknown: number
  readonly ran: number
  readonly violations: readonly string[]
}

const CLERKS = 10
const CALLERS = 16
const END_MS = 60_000

export async function scheduleOrdeal(options: ScheduleOptions): Promise<ScheduleReckoning> {
  const { kills, lifeMs = 900, progress, schedules = 1_000, seed, windowMs = 4_000 } = options
  const random = seededRandom(seed)
  const book = new Book(schedules)
  let making: Promise<void> | null = null
  let ran = 0
  const violations = await endure(
    { random, kills, lifeMs, victim: (file) => Server.on(file, './clerk.ts'), progress },
    {
      begin(server) {
        making = book.make(new Client(server), random, windowMs)
        return Promise.resolve()
      },
      progress: () => `${book.acknowledged.size} acknowledged, ${book.unknown.size} unknown`,
      async end(server) {
        await making
        const runs = await book.runs(server)
        ran = [...runs.values()].reduce((sum, times) => sum + times, 0)
        return book.reckon(runs)
      },
    },
  )
  return { acknowledged: book.acknowledged.size, unknown: book.unknown.size, ran, violations }
}

/** What is known of each errand from outside. */
class Book {
  readonly acknowledged = new Set<string>()
  readonly unknown = new Set<string>()
  readonly #schedules: number

  constructor(schedules: number) {
    this.#schedules = schedules
  }

  /** Half of them carry a key and are repeated until they are acknowledged; the other half is called for once. */
  async make(client: Client, random: Random, windowMs: number): Promise<void> {
    const endMs = Date.now() + windowMs
    let next = 0
    const caller = async (): Promise<void> => {
      while (next < this.#schedules) {
        const errand = `e${next}`
        next += 1
        const delayMs = below(random, Math.max(1, endMs - Date.now()))
        const path = `${actionPath('clerk', clerkOf(errand), 'run')}&delay=${delayMs}`
        if (random.next() < 0.5) {
          await client.insist(path, { errand }, errand)
          this.acknowledged.add(errand)
        } else {
          const answer = await client.call(path, { errand })
          if (answer === null) this.unknown.add(errand)
          else this.acknowledged.add(errand)
        }
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, caller))
  }

  /** How often each errand ran, when nothing waits any more. */
  async runs(server: Victim): Promise<Map<string, number>> {
    const client = new Client(server)
    const isOver = async (): Promise<boolean> =>
      JSON.stringify(await client.get('schedules')).includes('"schedules":[]')
    await until('all schedules to run', isOver, { timeoutMs: END_MS, pauseMs: 150 })
    // The last ones may still be on their way to their actors.
    let runs = new Map<string, number>()
    const allRan = async (): Promise<boolean> => {
      runs = await this.#read(client)
      return [...this.acknowledged].every((errand) => runs.has(errand))
    }
    await until('the last schedules to have run', allRan, { timeoutMs: END_MS, pauseMs: 150 }).catch(() => {})
    return runs
  }

  reckon(runs: ReadonlyMap<string, number>): string[] {
    const found: string[] = []
    for (const errand of this.acknowledged) {
      if (runs.get(errand) !== 1) found.push(`the errand ${errand} ran ${runs.get(errand) ?? 0} times`)
    }
    for (const [errand, times] of runs) {
      if (this.acknowledged.has(errand)) continue
      if (times > 1 || !this.unknown.has(errand)) found.push(`the errand ${errand} ran ${times} times`)
    }
    return found
  }

  async #read(client: Client): Promise<Map<string, number>> {
    const runs = new Map<string, number>()
    for (let at = 0; at < CLERKS; at += 1) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the state of a clerk
      const state = (await client.call(actionPath('clerk', `c${at}`, 'get'), {})) as Clerk | null
      for (const [errand, times] of Object.entries(state?.runs ?? {})) runs.set(errand, times)
    }
    return runs
  }
}

function clerkOf(errand: string): string {
  return `c${Number(errand.slice(1)) % CLERKS}`
}
