// The `pool` setting of a pooled definition: how many workers share the messages to its name.

import type { PoolSize } from '../ports/index.ts'
import { Settings } from './settings.ts'

/** `min` workers are kept at rest, up to `max` work at once under load. */
export interface PoolSetting {
  /** Default 1. */
  readonly min?: number | undefined
  /** Default 10, or `min` if that is more. */
  readonly max?: number | undefined
}

const MIN_WORKERS = 1
const MAX_WORKERS = 10

/** What a pooled actor cannot have: its workers keep nothing. */
const OF_A_STATE = [
  'state',
  'schema',
  'version',
  'upgrade',
  'durability',
  'snapshotTimeout',
  'history',
  'sourceable',
  'tags',
]

/** Null: the definition is not pooled. */
export function poolOf(settings: Settings, pooled: boolean): PoolSize | null {
  if (!pooled) {
    settings.excludes("kind is not 'pooled'", ['pool'])
    return null
  }
  settings.excludes("kind is 'pooled': its workers keep nothing", OF_A_STATE)
  if (settings.boolean('stateful', false)) {
    throw settings.fault('stateful', "cannot be true when kind is 'pooled': its workers keep nothing")
  }
  const pool = new Settings(`${settings.subject} pool`, settings.raw('pool') ?? {}, ['min', 'max'])
  const min = pool.count('min', 1, MIN_WORKERS)
  const max = pool.count('max', 1, Math.max(min, MAX_WORKERS))
  if (max < min) throw pool.fault('max', `must be at least min, ${min}, not ${max}`)
  return { min, max }
}
