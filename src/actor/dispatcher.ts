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
  /** Whether turns are running, or about to. */
  private scheduled = false
  /** Turns since timers and I/O last had their chance. */
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

  /**
   * The same, for a caller that waits: when no other turn is running or due, this one runs at once, as the body of an
   * async function would. Turns that this one calls are queued, so the stack does not grow with the calls.
   */
  runOrEnqueue(activation: Activation): void {
    if (this.scheduled || this.burst >= BURST || activation.waiting !== 1) {
      this.enqueue(activation)
      return
    }
    this.scheduled = true
    this.burst += 1
    this.step(activation)
    if (this.ready.length > 0) queueMicrotask(this.drain)
    else this.scheduled = false
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
