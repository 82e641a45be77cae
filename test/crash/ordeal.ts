// The ordeal: callers that never rest, a server that is killed again and again, and the reckoning. Used by the test, by its
// longer form, and by hand (main.ts).

import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { below, seededRandom } from '../../src/base/index.ts'
import { Callers } from './callers.ts'
import { Server } from './server.ts'

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
  /** What is wrong, in words; empty: nothing was lost and nothing doubled. */
  readonly violations: readonly string[]
}

export async function ordeal(options: OrdealOptions): Promise<Reckoning> {
  const {
    actors = 100,
    callers = 64,
    kills,
    lifeMs = 900,
    module = './counter.ts',
    progress = () => {},
    seed,
  } = options
  const random = seededRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'spawn-crash-'))
  const file = join(folder, 'crash.db')
  const server = await Server.on(file, module)
  try {
    await server.start()
    const calls = new Callers({ port: server.port, random, callers, actors })
    const running = calls.run()
    for (let kill = 1; kill <= kills; kill += 1) {
      const aliveMs = 50 + below(random, lifeMs)
      await new Promise((resolve) => setTimeout(resolve, aliveMs))
      await server.kill()
      progress(
        `kill ${kill} after ${aliveMs} ms: ${calls.acknowledged} acknowledged, ${calls.unknown} unknown`,
      )
      await server.start()
    }
    calls.stop()
    await running
    const reader = new Callers({ port: server.port, random, callers: 1, actors: 0 })
    const totals: number[] = []
    for (let actor = 0; actor < actors; actor += 1) totals.push(await reader.total(actor))
    const exitCode = await server.stop()
    const violations = [...reckon(calls, totals), ...integrity(file)]
    if (exitCode !== 0) violations.push(`the orderly stop ended with ${exitCode}`)
    const total = totals.reduce((sum, each) => sum + each, 0)
    return { acknowledged: calls.acknowledged, unknown: calls.unknown, total, violations }
  } finally {
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function reckon(calls: Callers, totals: readonly number[]): string[] {
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

/** What SQLite itself says of the file. */
function integrity(file: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = database.prepare('PRAGMA integrity_check').all()
    const verdicts = rows.map((row) => String(row['integrity_check']))
    return verdicts.length === 1 && verdicts[0] === 'ok'
      ? []
      : verdicts.map((text) => `integrity check: ${text}`)
  } finally {
    database.close()
  }
}
