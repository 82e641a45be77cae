// The lives of actors: how one begins (load, init action), and the ways in which it ends.
//
//  - passivated: it was idle; nothing is lost, the next call loads it again.
//  - dropped: its state can no longer be trusted (a commit was lost). What rested on it was told; messages that have not
//    run move, in order, to its successor, which loads what stands in the store.
//  - abandoned: it could not begin. All that wait are told why; the next call tries again.
//  - retired: it was deleted; messages that have not run go to its successor.
//  - expelled: another member may serve its actor from now on. Nothing that it has not told is told any more; messages that
//    have not run go to where the actor lives.

import { type Clock, type Limits, SpawnError } from '../../base/index.ts'
import type { Logger, Statestore } from '../../ports/index.ts'
import { type ActorId, addressText } from '../../protocol/index.ts'
import type { Activation } from './activation.ts'
import type { Budget } from './budget.ts'
import type { Dispatcher } from '../dispatcher.ts'
import type { Inflight } from '../inflight.ts'
import { Leftovers } from './leftovers.ts'
import { Loader, startAfresh, unavailable, unreadable } from './loader.ts'
import type { Membership } from '../away/membership.ts'
import { Message } from '../message.ts'
import { Passivation } from './passivation.ts'
import type { PendingCommit } from '../pending-commit.ts'
import type { Pool } from './pool.ts'
import type { Query } from '../query.ts'
import type { Residents } from './residents.ts'
import type { UseClock } from './use-clock.ts'

export interface ActivationsOptions {
  readonly store: Statestore
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  readonly inflight: Inflight
  readonly dispatcher: Dispatcher
  readonly budget: Budget
  readonly useClock: UseClock
  readonly residents: readonly Residents[]
  /** An actor of this name comes to life, or ends one. */
  readonly changed: (name: string) => void
  /** Whether an actor must not begin its next life yet: the last one, under another definition, has not ended. */
  readonly held: (id: ActorId) => boolean
  /** Sees to the timers of an actor that comes to life. */
  readonly armed: (activation: Activation) => void
  /** Hears of each life that begins. */
  readonly began: (activation: Activation) => void
  /** Takes a query whose actor has a new activation. */
  readonly query: (activation: Activation, message: Query) => void
  /** Null: all actors live here. */
  readonly membership: Membership | null
  /** Nobody here may tell any more whether these commits are durable. */
  readonly forsake: (newest: PendingCommit, error: SpawnError) => void
  /** A worker may be free. */
  readonly rested: (pool: Pool, worker: Activation) => void
}

export class Activations {
  private readonly options: ActivationsOptions
  private readonly leftovers: Leftovers
  private readonly loader: Loader
  private readonly passivation: Passivation

  constructor(options: ActivationsOptions) {
    this.options = options
    const { budget, clock, limits, residents, store } = options
    this.leftovers = new Leftovers(options)
    this.loader = new Loader({
      store,
      clock,
      limits,
      loaded: (activation) => this.begin(activation),
      failed: (activation, error) => this.abandon(activation, error),
    })
    const passivate = (activation: Activation): void => this.end(activation)
    this.passivation = new Passivation({ budget, clock, residents, passivate })
  }

  /** The activation of an actor, made if it is not in memory; it loads when its first turn is due. */
  of(residents: Residents, name: string, nowMs: number): Activation {
    const resident = residents.byName.get(name)
    if (resident !== undefined) return resident
    // A definition may have been replaced while its name was looked up.
    const current = residents.current ?? residents
    // Room is made first: a newcomer has nothing under way yet and must not be taken for idle.
    this.passivation.admit(current)
    this.options.changed(name)
    return current.byName.get(name) ?? current.add(name, nowMs)
  }

  /** Brings one more worker to life. @returns false when it does not start. */
  addWorker(pool: Pool): boolean {
    const { residents } = pool.front
    this.passivation.admit(residents)
    const worker = residents.addWorker(pool, this.options.useClock.nowMs)
    this.activate(worker)
    return worker.phase !== 'closed'
  }

  /** Begins a life: asks for the stored state, or starts without one. */
  activate(activation: Activation): void {
    const { definition, pool } = activation.residents
    if (pool === null && this.options.held(activation.id)) return
    if (this.options.membership?.isAway(activation) === true) {
      this.end(activation)
      this.sendOn(activation)
      if (pool !== null) this.sendOn(pool.front)
      return
    }
    if (definition.stateful) this.loader.load(activation)
    else if (this.leftovers.mayStand(activation.residents)) void this.follow(activation)
    else this.startAfresh(activation)
  }

  /** Begins a life of an actor that keeps nothing, and of which something may be stored all the same. */
  private async follow(activation: Activation): Promise<void> {
    activation.phase = 'loading'
    let failure: SpawnError | null = null
    try {
      await this.leftovers.follow(activation)
    } catch (cause) {
      failure = unavailable(activation, cause)
    }
    if (isClosed(activation)) return
    if (failure === null) this.startAfresh(activation)
    else this.abandon(activation, failure)
  }

  private startAfresh(activation: Activation): void {
    try {
      startAfresh(activation)
    } catch (cause) {
      this.abandon(activation, unreadable(activation, 0, cause))
      return
    }
    this.begin(activation)
  }

  /** Lets an actor's next turn run. */
  wake(activation: Activation): void {
    const { beside, phase, residents, waiting } = activation
    if (residents.pool !== null) this.options.rested(residents.pool, activation)
    if ((waiting > 0 || beside !== null) && phase !== 'closed') this.options.dispatcher.enqueue(activation)
  }

  drop(activation: Activation, error: SpawnError): void {
    if (activation.phase === 'closed') return
    this.options.logger.warn('an activation was dropped', {
      actor: activation.id.name,
      parent: activation.id.parent,
      revision: activation.revision,
      error: error.message,
    })
    if (error.code === 'STATE_CONFLICT') void this.leftovers.suspect(activation)
    this.end(activation)
    this.failTurns(activation, error)
    this.moveWaiting(activation, error)
  }

  abandon(activation: Activation, error: SpawnError): void {
    if (activation.phase === 'closed') return
    this.end(activation)
    this.failTurns(activation, error)
    this.failWaiting(activation, error)
    const queries = activation.beside?.queries
    for (let query = queries?.shift(); query !== undefined; query = queries?.shift()) query.fail(error)
    const { pool } = activation.residents
    if (pool !== null && pool.count === 0) this.failWaiting(pool.front, error)
  }

  private failWaiting(activation: Activation, error: SpawnError): void {
    for (let message = activation.shift(); message !== null; message = activation.shift()) message.fail(error)
  }

  /** The running turn of an actor was given up: the next may run, unless it was the one that begins all others. */
  proceed(activation: Activation, givenUp: Message, error: SpawnError): void {
    if (givenUp.starts) this.abandon(activation, error)
    else this.wake(activation)
  }

  retire(activation: Activation): void {
    const text = `"${addressText(activation.id)}" was deleted while it waited`
    const error = new SpawnError('STATE_CONFLICT', text)
    this.end(activation)
    this.failTurns(activation, error)
    this.moveWaiting(activation, error)
  }

  expel(activation: Activation, error: SpawnError): void {
    const { pending } = activation
    this.end(activation)
    if (pending !== null) this.options.forsake(pending, error)
    this.failTurns(activation, error)
    this.sendOn(activation)
  }

  /** What waits for an actor and has not run goes to where it lives now. */
  sendOn(activation: Activation): void {
    const remote = this.options.membership?.remote
    const queries = activation.beside?.queries
    for (let query = queries?.shift(); query !== undefined; query = queries?.shift()) remote?.forward(query)
    for (let message = activation.shift(); message !== null; message = activation.shift())
      remote?.forward(message)
  }

  stop(): void {
    this.passivation.stop()
  }

  /** Takes it out of memory, as it is. */
  end(activation: Activation): void {
    activation.phase = 'closed'
    activation.pending = null
    activation.snapshotOwed = false
    activation.residents.remove(activation)
    this.options.changed(activation.id.name)
  }

  /** Fails the turn that runs and those around it. What waited for them to go on waits like any other message then. */
  private failTurns(activation: Activation, error: SpawnError): void {
    for (let turn = activation.running; turn !== null; turn = activation.running) {
      activation.leave(turn)
      turn.fail(error)
    }
    for (const message of activation.beside?.takeLeftBehind() ?? []) activation.push(message)
  }

  private open(activation: Activation): void {
    if (activation.phase === 'closed') return
    activation.open = true
    this.wake(activation)
  }

  /** Envelopes do not move: what stands before them may have failed, and then it must come first again. */
  private moveWaiting(activation: Activation, error: SpawnError): void {
    const queries = activation.beside?.queries
    for (let query = queries?.shift(); query !== undefined; query = queries?.shift()) {
      if (query.stage === 'queued') this.options.query(this.successor(activation), query)
    }
    const { pool } = activation.residents
    if (pool !== null) this.options.dispatcher.enqueue(pool.front)
    if (activation.waiting === 0) return
    const successor = this.successor(activation)
    for (let message = activation.shift(); message !== null; message = activation.shift()) {
      // The successor begins with an init action of its own.
      if (message.starts) message.succeed(undefined)
      else if (message.parcel !== null) message.fail(error)
      else successor.push(message)
    }
    this.wake(successor)
  }

  private successor({ id, residents }: Activation): Activation {
    return this.of(residents, id.name, this.options.useClock.nowMs)
  }

  /** The state is there: the init action goes first, before all that wait. */
  private begin(activation: Activation): void {
    this.options.armed(activation)
    this.options.began(activation)
    const { initAction } = activation.residents.definition
    if (initAction === null) {
      activation.open = true
    } else {
      const { inflight, limits } = this.options
      const message = new Message(inflight, initAction, {}, activation.id, null, limits.callTimeoutMs, false)
      message.special.starts = true
      activation.pushFirst(message)
      // Queries see what it did once that is durable; if it never is, the activation ends.
      message.answer().then(
        () => this.open(activation),
        (error: SpawnError) => inflight.unheard(message, error),
      )
    }
    this.wake(activation)
  }
}

/** It may have ended while it was waited for. */
function isClosed({ phase }: Activation): boolean {
  return phase === 'closed'
}
