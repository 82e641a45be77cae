// One process of a simulation: a runtime, its own link to the store that all share, and its own timers. Decides what a
// crash means: from then on nothing in it runs on time, nothing it asks is heard, and nothing it says counts. What it had
// asked before may still be done, or not.
//
// A crash can be set for a moment of its life: moments are counted at every task of its clock, and whenever a request to
// the store is made, reaches it, is done, and is answered. So, over many lives, one ends between any two steps.

import { Runtime } from '../../src/actor/index.ts'
import { type Clock, type Limits, type Random, seededRandom } from '../../src/base/index.ts'
import { type Definition, type Logger, silentLogger, type Statestore } from '../../src/ports/index.ts'
import { FaultyStore, type StoreFaults } from '../../src/testing/index.ts'
import { WatchedStore } from './watched-store.ts'

export interface ProcessOptions {
  /** Its place among all: the epoch of its commits. */
  readonly number: number
  readonly system: string
  readonly clock: Clock
  /** What befalls it. What the engine draws comes from `seed`, so that it does not change what befalls it. */
  readonly random: Random
  readonly seed: number
  readonly store: Statestore
  readonly faults: StoreFaults
  readonly definitions: (clock: Clock) => readonly Definition[]
  readonly limits: Partial<Limits>
  readonly logger?: Logger
  /** Changes what the runtime sees of its store. */
  readonly fitted?: (store: Statestore, clock: Clock) => Statestore
  /** The moment of its crash; null: none is set, and none is counted. */
  readonly diesAt: number | null
}

export class SimulatedProcess {
  readonly number: number
  readonly runtime: Runtime
  /** Its link to the store. */
  readonly link: FaultyStore
  /** Resolves when it has crashed: nobody waits for its answers then. */
  readonly dead: Promise<void>
  /** Resolves when it has crashed or stopped. */
  readonly over: Promise<void>
  #die: () => void = () => {}
  #close: () => void = () => {}
  #alive = true
  #momentsLeft: number | null

  constructor(options: ProcessOptions) {
    const { diesAt, faults, fitted, limits, logger = silentLogger, number, random, seed, system } = options
    this.number = number
    this.#momentsLeft = diesAt
    this.dead = new Promise((resolve) => {
      this.#die = resolve
    })
    this.over = new Promise((resolve) => {
      this.#close = resolve
    })
    const far = diesAt === null ? options.store : this.#watchedFar(options.store)
    this.link = new FaultyStore(far, { clock: options.clock, random, faults, name: `link ${number}` })
    const near = diesAt === null ? this.link : this.#watchedNear(this.link)
    const clock = this.#mortal(options.clock)
    this.runtime = new Runtime({
      system,
      definitions: options.definitions(clock),
      store: fitted?.(near, clock) ?? near,
      clock,
      random: seededRandom(seed ^ (number << 24)),
      logger,
      limits,
      epoch: number,
    })
  }

  get alive(): boolean {
    return this.#alive
  }

  /** It lives on, unless it is told to crash. */
  spare(): void {
    this.#momentsLeft = null
  }

  /** kill -9. */
  crash(): void {
    this.#end()
    this.#die()
  }

  /**
   * An orderly stop, and then the end of the process: what it has left undone by then is never done.
   *
   * @returns false when it had crashed before it had stopped.
   */
  async stop(): Promise<boolean> {
    await Promise.race([this.runtime.stop(), this.dead])
    if (!this.#alive) return false
    this.#end()
    return true
  }

  #end(): void {
    this.#alive = false
    this.link.cut()
    this.#close()
  }

  #moment(): void {
    if (this.#momentsLeft === null || !this.#alive) return
    this.#momentsLeft -= 1
    if (this.#momentsLeft <= 0) this.crash()
  }

  #watchedNear(store: Statestore): Statestore {
    return new WatchedStore(store, {
      asked: () => this.#moment(),
      answered: () => {
        this.#moment()
        return this.#alive
      },
    })
  }

  #watchedFar(store: Statestore): Statestore {
    return new WatchedStore(store, {
      asked: () => this.#moment(),
      answered: () => {
        this.#moment()
        return true
      },
    })
  }

  /** A clock whose tasks die with the process. */
  #mortal(clock: Clock): Clock {
    const whileAlive = (task: () => void) => (): void => {
      this.#moment()
      if (this.#alive) task()
    }
    return {
      now: () => clock.now(),
      elapsedMs: () => clock.elapsedMs(),
      after: (delayMs, task, options) => clock.after(delayMs, whileAlive(task), options),
      defer: (task) => clock.defer(whileAlive(task)),
    }
  }
}
