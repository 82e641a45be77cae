// One life of the system: a process with its runtime, its own link to the store, and its own timers. Decides what a crash
// means: from then on nothing in it runs on time, nothing it asks is heard, and nothing it says counts.

import type { Clock, Limits, Random } from '../../src/base/index.ts'
import { Runtime } from '../../src/actor/index.ts'
import { type Host, silentLogger, type Statestore } from '../../src/ports/index.ts'
import { FaultyStore, type StoreFaults } from '../../src/testing/index.ts'
import { definitionsOf, SimulatedHost } from './definitions.ts'
import type { History } from './history.ts'
import type { Plan } from './plan.ts'

export const SYSTEM = 'simulated'

export interface LifeOptions {
  readonly number: number
  readonly plan: Plan
  readonly clock: Clock
  readonly random: Random
  readonly history: History
  /** The store that all lives share. */
  readonly store: Statestore
  readonly faults: StoreFaults
  /** Planted bugs, for tests of the rules. */
  readonly spoilStore?: ((store: Statestore) => Statestore) | undefined
  readonly spoilHost?: ((host: Host) => Host) | undefined
}

export class Life {
  readonly number: number
  readonly runtime: Runtime
  readonly store: FaultyStore
  /** Resolves when the process is dead: nobody waits for its answers then. */
  readonly dead: Promise<void>
  readonly #history: History
  #die: () => void = () => {}
  #alive = true

  constructor(options: LifeOptions) {
    const { faults, history, number, plan, random } = options
    this.number = number
    this.#history = history
    this.dead = new Promise((resolve) => {
      this.#die = resolve
    })
    this.store = new FaultyStore(options.store, {
      clock: options.clock,
      random,
      faults,
      name: `link ${number}`,
    })
    const clock = this.#mortal(options.clock)
    const host = new SimulatedHost(number, clock, history)
    const limits: Partial<Limits> = {
      residentActors: plan.residentActors,
      commitGroup: plan.commitGroup,
      loadGroup: plan.loadGroup,
    }
    this.runtime = new Runtime({
      system: SYSTEM,
      definitions: definitionsOf(plan, options.spoilHost?.(host) ?? host),
      store: options.spoilStore?.(this.store) ?? this.store,
      clock,
      random,
      logger: silentLogger,
      limits,
      epoch: number,
    })
  }

  get alive(): boolean {
    return this.#alive
  }

  /** kill -9. */
  crash(): void {
    this.#alive = false
    this.#history.crashedLives.add(this.number)
    this.store.cut()
    this.#die()
  }

  /** A clock whose tasks die with the process. */
  #mortal(clock: Clock): Clock {
    const whileAlive = (task: () => void) => (): void => {
      if (this.#alive) task()
    }
    return {
      now: () => clock.now(),
      after: (delayMs, task, options) => clock.after(delayMs, whileAlive(task), options),
      defer: (task) => clock.defer(whileAlive(task)),
    }
  }
}
