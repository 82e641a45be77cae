// Which actor's turns run next: first come, first served, a few turns each. It also keeps the process responsive: after
// a burst of turns it lets timers and I/O through before it goes on, however busy the callers are.
//
// Invariant: turns are held back only by those that ran since timers and I/O last had their chance. Else turns that end in
// groups of commits, and let all through in between, would be held back now and then, and a group leave with a few of them.

import { type Clock, Queue } from '../base/index.ts'
import type { Activation } from './life/activation.ts'
import type { Message } from './message.ts'
import type { Query } from './query.ts'

/** Turns that one actor may run before others have theirs. */
const TURNS_IN_A_ROW = 32
/** Turns that run before timers and I/O have their chance: a millisecond or so of small turns. */
const BURST = 1_024

export interface Steps {
  /** Runs one turn of an actor, or begins what has to come before it; true when another may follow at once. */
  step(activation: Activation): boolean
  /** Runs a turn that has not stood in the mailbox. */
  begin(activation: Activation, message: Message): void
  /** Runs a query that has not waited. */
  read(activation: Activation, message: Query): void
}

export class Dispatcher {
  private readonly ready = new Queue<Activation>()
  private readonly clock: Clock
  private readonly steps: Steps
  private readonly drain = (): void => this.run()
  private readonly nextBurst = (): void => {
    this.burst = 0
    if (!this.held) return
    this.held = false
    this.run()
  }
  /** Whether turns are running, or about to. */
  private scheduled = false
  /** Whether they wait for timers and I/O. */
  private held = false
  /** Turns since timers and I/O last had their chance. */
  private burst = 0

  constructor(clock: Clock, steps: Steps) {
    this.clock = clock
    this.steps = steps
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
   * Runs a turn at once, as the body of an async function would, if its actor is at rest and no other turn is running or
   * due. Turns that this one calls are queued, so the stack does not grow with the calls.
   *
   * @returns false when the message has to wait in the mailbox.
   */
  runAtOnce(activation: Activation, message: Message): boolean {
    if (this.scheduled || this.burst >= BURST || !activation.atRest) return false
    this.scheduled = true
    this.count()
    message.activation = activation
    activation.queued = true
    this.steps.begin(activation, message)
    this.release(activation, activation.due)
    if (this.ready.length > 0) queueMicrotask(this.drain)
    else this.scheduled = false
    return true
  }

  /** The same for a query, which needs no rest: it runs beside whatever the actor does. */
  readAtOnce(activation: Activation, message: Query): boolean {
    if (this.scheduled || this.burst >= BURST || !activation.open) return false
    this.scheduled = true
    this.count()
    message.activation = activation
    this.steps.read(activation, message)
    if (this.ready.length > 0) queueMicrotask(this.drain)
    else this.scheduled = false
    return true
  }

  private run(): void {
    for (let activation = this.ready.shift(); activation !== undefined; activation = this.ready.shift()) {
      this.count()
      let due = this.steps.step(activation)
      let turns = 1
      for (; due && turns < TURNS_IN_A_ROW; turns += 1) due = this.steps.step(activation)
      this.release(activation, due)
      this.burst += turns - 1
      if (this.burst >= BURST) {
        this.held = true
        return
      }
    }
    this.scheduled = false
  }

  /** A turn is about to run. The first of a burst sees to the next one: before a group of commits leaves that it begins. */
  private count(): void {
    if (this.burst === 0) this.clock.defer(this.nextBurst)
    this.burst += 1
  }

  /** An actor has had its turns; if it can have more, it joins the queue again. */
  private release(activation: Activation, due: boolean): void {
    activation.queued = false
    if (due) this.enqueue(activation)
  }
}
