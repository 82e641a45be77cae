// The option `workers` of a system: how many processes run it on this machine.

import { availableParallelism } from 'node:os'
import { type Settings, shown } from './settings.ts'

/** Processes in all, or `'auto'`: one on each core. */
export type WorkersSetting = number | 'auto'

/** More than any machine has cores for: a mistake. */
export const MOST_WORKERS = 128

/** @returns 1: there is this process alone. @throws SpawnError INVALID_ARGUMENT */
export function workersOf(settings: Settings): number {
  const given = settings.raw('workers')
  if (given === undefined) return 1
  if (given === 'auto') return Math.min(availableParallelism(), MOST_WORKERS)
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= MOST_WORKERS)
    return given
  throw settings.fault(
    'workers',
    `must be 'auto', or a whole number from 1 to ${MOST_WORKERS}, not ${shown(given)}`,
  )
}
