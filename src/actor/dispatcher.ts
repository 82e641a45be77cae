// Which actor's turns run next: first come, first served, a few turns each. It also keeps the process responsive: after
// a burst of turns it lets timers and I/O through before it goes on, however busy the callers are.

import { type Clock, Queue } from '../base/index.ts'
import type { Activation } from './activation.ts'

/** Turns that one actor may run before others have theirs. */
const TURNS_IN_A_ROW = 32
/** Turns that run before timers and I/O have their chance: a millisecond or so of small turns. */
const BURST = 1_024

export class Dispatcher {
  private readonly ready = new Queue<Activation>()
  private readonly clock: Clock
  private readonly step: (activation: Activation) => boolean
  private readonly drain = (): void => this.run()
  private readonly drainAfresh = (): void => {
    this.burst = 0
    this.run()
  }
  private scheduled = false
  private burst = 0

  /**
   * @param step runs one turn of an actor, or begins what has to come before it; true when another may follow at once.
   */
  constructor(clock: Clock, step: (activation: Activation) => boolean) {
    this.clock = clock
    this.step = step
  }

  /** An actor has something to do. */
  enqueue(activation: Activation): void {
    if (activation.queued) return
    activation.queued = true
    this.ready.push(activation)
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(this.drain)
  }

  private run(): void {
    for (let activation = this.ready.shift(); activation !== undefined; activation = this.ready.shift()) {
      activation.queued = false
      let turns = 1
      while (this.step(activation) && turns < TURNS_IN_A_ROW) turns += 1
      if (turns === TURNS_IN_A_ROW && activation.waiting > 0) this.enqueue(activation)
      this.burst += turns
      if (this.burst >= BURST) {
        this.clock.defer(this.drainAfresh)
        return
      }
    }
    this.scheduled = false
  }
}
