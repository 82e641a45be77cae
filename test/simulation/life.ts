// One life of the system in the simulation of calls: a process, and what the history knows of it.

import { type Clock, type Random } from '../../src/base/index.ts'
import type { Runtime } from '../../src/actor/index.ts'
import type { Gateway, Host, Statestore } from '../../src/ports/index.ts'
import type { FaultyStore, StoreFaults } from '../../src/testing/index.ts'
import { definitionsOf, SimulatedHost } from './definitions.ts'
import type { History } from './history.ts'
import type { Plan } from './plan.ts'
import { SimulatedProcess } from './process.ts'

export const SYSTEM = 'simulated'

/** Ways to break a system on purpose, to see the rules find it. */
export interface PlantedBugs {
  readonly store?: (store: Statestore, clock: Clock) => Statestore
  readonly host?: (host: Host) => Host
  readonly gateway?: (gateway: Gateway, clock: Clock) => Gateway
  /** Instead of the plan's. */
  readonly mailboxLimit?: number
}

export interface LifeOptions {
  readonly number: number
  readonly plan: Plan
  readonly clock: Clock
  readonly random: Random
  readonly history: History
  /** The store that all lives share. */
  readonly store: Statestore
  readonly faults: StoreFaults
  readonly bugs: PlantedBugs
}

export class Life {
  readonly number: number
  readonly runtime: Runtime
  /** Where the outside calls. */
  readonly gateway: Gateway
  readonly store: FaultyStore
  /** Resolves when the process is dead: nobody waits for its answers then. */
  readonly dead: Promise<void>
  /** Whether init actions may fail. */
  initFails = true
  readonly #history: History
  readonly #process: SimulatedProcess

  constructor(options: LifeOptions) {
    const { bugs, faults, history, number, plan, random, store } = options
    this.number = number
    this.#history = history
    const { mailboxLimit = plan.mailboxLimit } = bugs
    const initFails = (): boolean => this.initFails && random.next() < plan.initFails
    const process = new SimulatedProcess({
      number,
      system: SYSTEM,
      clock: options.clock,
      random,
      seed: plan.seed,
      store,
      faults,
      definitions: (clock) => {
        const host = new SimulatedHost(number, clock, history, initFails)
        return definitionsOf({ ...plan, mailboxLimit }, bugs.host?.(host) ?? host)
      },
      limits: {
        residentActors: plan.residentActors,
        commitGroup: plan.commitGroup,
        loadGroup: plan.loadGroup,
      },
      diesAt: null,
      ...(bugs.store !== undefined && { fitted: bugs.store }),
    })
    this.#process = process
    this.runtime = process.runtime
    this.store = process.link
    this.dead = process.dead
    this.gateway = bugs.gateway?.(process.runtime, options.clock) ?? process.runtime
  }

  /** kill -9. */
  crash(): void {
    this.#history.crashedLives.add(this.number)
    this.#process.crash()
  }

  /** An orderly stop, and then the end of the process. */
  async stop(): Promise<void> {
    if (await this.#process.stop()) this.#history.stopped(this.number)
  }
}
