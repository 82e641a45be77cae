// The course of real runtimes on simulated members: their engine, what its callers do, and what the store says in the end.

import type { Statestore } from '../../../src/ports/index.ts'
import { townOf } from './runtime-engine.ts'
import { weatherOf } from './weather.ts'
import { runCluster, type Verdict } from './world.ts'

export interface TownOptions {
  /** A bug, planted between each runtime and its store. */
  readonly fitted?: (store: Statestore) => Statestore
  readonly log?: boolean
}

export function runTown(seed: number, { fitted, log = false }: TownOptions = {}): Promise<Verdict> {
  const { actors, events } = weatherOf(seed)
  const { engine, stored } = townOf(actors, fitted)
  return runCluster(seed, {
    engine,
    stored,
    log,
    kinds: ['add', 'add', 'read', 'pass', 'later'],
    // Calls for later go by wall clocks: where these differ by much, later is not the same for all.
    weather: { events: events.filter(({ event }) => event.kind !== 'clock') },
  })
}
