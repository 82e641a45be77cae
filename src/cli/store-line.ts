// The store that a command line and the environment mean, made and not yet started. What is wrong with them is told
// with its place and never with what was written there: a URL may have a password in it.

import { isSpawnError, systemClock, systemRandom } from '../base/index.ts'
import type { Logger, Statestore } from '../ports/index.ts'
import type { Mistake } from '../proxy/config/config-file.ts'
import { readStore, type StoreSources } from '../proxy/config/store-source.ts'
import { makeStore } from '../stores/open.ts'
import type { StorePlan } from '../stores/store-plan.ts'
import { EXIT } from './exit-codes.ts'
import { Failure } from './failure.ts'

export interface LineStore {
  readonly plan: StorePlan
  readonly store: Statestore
}

/**
 * Null: nobody says a store.
 *
 * @throws Failure USAGE, or the code of what the store refuses.
 */
export async function storeOnLine(sources: StoreSources, logger: Logger): Promise<LineStore | null> {
  const read = readStore(sources)
  if (read.mistakes !== undefined) throw storeFailure(read.mistakes)
  const { plan } = read
  if (plan === null) return null
  try {
    return { plan, store: await makeStore(plan, { clock: systemClock, random: systemRandom, logger }) }
  } catch (thrown) {
    throw asFailure(thrown)
  }
}

function storeFailure(mistakes: readonly Mistake[]): Failure {
  const [first, ...more] = mistakes.map(({ problem, where }) => `${where} ${problem}`)
  return new Failure(first ?? '', { exit: EXIT.usage, code: 'USAGE', lines: more })
}

/** What the runtime or a store refuses has a message that says what to do. */
export function asFailure(thrown: unknown): unknown {
  if (!isSpawnError(thrown) || thrown.code === 'DEFECT') return thrown
  return new Failure(thrown.message, { exit: EXIT.failed, code: thrown.code, cause: thrown })
}
