// One life of the system: a process with its runtime, its own link to the store, and its own timers. Decides what a crash
// means: from then on nothing in it runs on time, nothing it asks is heard, and nothing it says counts.

import { type Clock, type Limits, type Random, seededRandom } from '../../src/base/index.ts'
import { Runtime } from '../../src/actor/index.ts'
import { type Gateway, type Host, silentLogger, type Statestore } from '../../src/ports/index.ts'
import { FaultyStore, type StoreFaults } from '../../src/testing/index.ts'
import { definitionsOf, SimulatedHost } from './definitions.ts'
import type { History } from './history.ts'
import type { Plan } from './plan.ts'

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
  #die: () => void = () => {}
  #alive = true

  constructor(options: LifeOptions) {
    const { bugs, faults, history, number, plan, random } = options
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
    const host = new SimulatedHost(
      number,
      clock,
      history,
      () => this.initFails && random.next() < plan.initFails,
    )
    const { mailboxLimit = plan.mailboxLimit } = bugs
    const limits: Partial<Limits> = {
      residentActors: plan.residentActors,
      commitGroup: plan.commitGroup,
      loadGroup: plan.loadGroup,
    }
    this.runtime = new Runtime({
      system: SYSTEM,
      definitions: definitionsOf({ ...plan, mailboxLimit }, bugs.host?.(host) ?? host),
      store: bugs.store?.(this.store, clock) ?? this.store,
      clock,
      // Its own, so that what the engine draws does not change what befalls it.
      random: seededRandom(plan.seed ^ (number << 24)),
      logger: silentLogger,
      limits,
      epoch: number,
    })
    this.gateway = bugs.gateway?.(this.runtime, options.clock) ?? this.runtime
  }

  /** kill -9. */
  crash(): void {
    this.#history.crashedLives.add(this.number)
    this.#end()
    this.#die()
  }

  /** An orderly stop, and then the end of the process: what it has left undone by then is never done. */
  async stop(): Promise<void> {
    await this.runtime.stop()
    if (!this.#alive) return
    this.#history.stopped(this.number)
    this.#end()
  }

  #end(): void {
    this.#alive = false
    this.store.cut()
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
