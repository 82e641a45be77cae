// From a plan to a store: the one place that names the stores by what an operator calls them. It makes a store and does
// not start it. What a store is wrapped in is decided here, too, so it is so for a program, a proxy and the tools alike.

import { type Clock, type Random, SpawnError } from '../base/index.ts'
import type { Logger, Statestore } from '../ports/index.ts'
import { DATABASE_NAMES, type StorePlan } from './store-plan.ts'

export interface StoreSurroundings {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** @throws SpawnError INVALID_ARGUMENT that says what to do. */
export async function makeStore(plan: StorePlan, surroundings: StoreSurroundings): Promise<Statestore> {
  return bareStore(plan, surroundings)
}

/** Each is imported only when it is used: a program pays for no driver, thread or file of another's. */
async function bareStore(plan: StorePlan, surroundings: StoreSurroundings): Promise<Statestore> {
  if (plan.kind === 'memory') {
    const { MemoryStore } = await import('./memory/index.ts')
    return new MemoryStore()
  }
  if (plan.kind === 'sqlite') {
    const { SqliteStore } = await import('./sqlite/index.ts')
    return new SqliteStore({ file: plan.file, clock: surroundings.clock })
  }
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `${DATABASE_NAMES[plan.kind]} is not there yet: use memory or sqlite:<path>`,
  )
}
