// One turn of an actor: load, run, commit, reply. Start reading here; outcome.ts is the other half.
//
// What it keeps: messages run in order, one at a time. A turn that fails, times out or is dropped leaves no trace. The
// next turn does not wait for the commit of the one before: it runs on the uncommitted state, and what leaves the actor
// waits instead (outcome.ts).

import { type Clock, SpawnError } from '../base/index.ts'
import type { Outcome, Statestore } from '../ports/index.ts'
import type { Activation } from './life/activation.ts'
import type { Activations } from './life/activations.ts'
import type { Inflight } from './inflight.ts'
import { keptReply, usedForAnother } from './kept-reply.ts'
import { KnownKeys } from './life/known-keys.ts'
import type { Membership } from './away/membership.ts'
import type { Message } from './message.ts'
import type { Outcomes } from './outcome.ts'
import { ignore, isPromise, perform } from './perform.ts'
import type { Pools } from './life/pools.ts'
import type { Queries } from './queries.ts'
import type { Reentry } from './reentry.ts'
import { routeOf, type RoutedOutcomes } from './post/routed-outcome.ts'
import type { UseClock } from './life/use-clock.ts'

export interface TurnsOptions {
  readonly store: Statestore
  readonly clock: Clock
  readonly useClock: UseClock
  readonly inflight: Inflight
  readonly activations: Activations
  readonly outcomes: Outcomes
  readonly routed: RoutedOutcomes
  readonly pools: Pools
  readonly queries: Queries
  readonly reentry: Reentry
  /** Null: all actors live here. */
  readonly membership: Membership | null
}

export class Turns {
  private readonly options: TurnsOptions
  private readonly membership: Membership | null

  constructor(options: TurnsOptions) {
    this.options = options
    this.membership = options.membership
  }

  /** Runs the next turn of an actor, or begins what must come before it. True: another may follow at once. */
  step(activation: Activation): boolean {
    const { pool } = activation.residents
    if (pool !== null && activation === pool.front) return this.options.pools.step(pool)
    if (activation.phase === 'cold' && activation.waiting > 0) this.options.activations.activate(activation)
    if (activation.beside !== null) {
      this.options.queries.step(activation)
      this.options.reentry.step(activation, activation.beside)
    }
    if (activation.phase !== 'ready' || activation.running !== null) {
      this.options.inflight.watchWaiting(activation)
    } else {
      const message = activation.shift()
      if (message !== null && message.stage === 'queued') this.begin(activation, message)
    }
    if (pool !== null) this.options.pools.rested(pool, activation)
    return activation.due
  }

  /** Begins the turn of a message: checks what was kept of an earlier one with its key, or runs it. */
  begin(activation: Activation, message: Message): void {
    if (this.membership !== null && !this.membership.admits(message)) return
    message.stage = 'running'
    if (message.action.timeoutMs !== null) message.limit(message.action.timeoutMs)
    if (isSuperseded(activation, message)) {
      // Like any failure it waits for what it rests on: who reads the store then finds what took its place.
      this.options.outcomes.fail(activation, message, superseded(message))
      return
    }
    const { idempotencyKey: key } = message
    if (key === undefined || activation.keys?.isFresh(key) === true) this.run(activation, message)
    else this.wait(activation, message, this.repeatOrRun(activation, message, key))
  }

  /** Runs the action on its host. One that answers at once costs no microtask. */
  private run(activation: Activation, message: Message): void {
    let result: Outcome | PromiseLike<Outcome>
    try {
      result = perform(message)
    } catch (thrown) {
      this.options.outcomes.fail(activation, message, thrown)
      return
    }
    // An action may have given itself up, by aborting its caller's signal: then nobody looks at what it returns.
    const over = message.stage !== 'running'
    if (isPromise(result)) {
      if (over) ignore(result)
      else this.wait(activation, message, result)
    } else if (!over) {
      this.options.outcomes.apply(activation, message, result)
    }
  }

  /** The turn has to wait: the actor's next messages do too, and all their deadlines are watched from now on. */
  private wait(activation: Activation, message: Message, result: PromiseLike<Outcome | null>): void {
    activation.enter(message)
    this.options.inflight.watch(message)
    this.options.inflight.watchWaiting(activation)
    const { outcomes } = this.options
    result.then(
      (outcome) => {
        if (outcome !== null)
          this.end(activation, message, () => outcomes.apply(activation, message, outcome))
      },
      (thrown: unknown) => this.end(activation, message, () => outcomes.fail(activation, message, thrown)),
    )
  }

  /** The turn that had to wait is over; another may still run within it, and ends first. */
  private end(activation: Activation, message: Message, conclude: () => void): void {
    // When the lease is lost, it has failed by now.
    this.membership?.lease.holds()
    if (message.stage !== 'running') return
    if (activation.running !== message && activation.beside !== null) {
      activation.beside.endLater(message, () => this.end(activation, message, conclude))
      return
    }
    this.resume(activation, message)
    // What was cancelled meanwhile cannot be committed, and nothing is to rest on it.
    if (message.parcel?.superseded === true)
      this.options.outcomes.fail(activation, message, superseded(message))
    else conclude()
    this.options.activations.wake(activation)
  }

  private resume(activation: Activation, message: Message): void {
    activation.leave(message)
    activation.lastUsedMs = this.options.useClock.nowMs
  }

  /**
   * Asks for all keys of an actor, where that spares the next calls a lookup each. While nothing is under way: what is
   * answered would not have it.
   *
   * @returns whether the message's key is none of them.
   */
  private async learnKeys(activation: Activation, message: Message, key: string): Promise<boolean> {
    const { budget, pool } = activation.residents
    // Workers of a pool commit under one id, so none of them knows what the others have used.
    if (pool !== null) return false
    const keys = (activation.keys ??= new KnownKeys(budget))
    const limit = keys.asks()
    if (limit === 0) return false
    const hashes = await this.options.store.outcomeKeys(activation.id, limit)
    if (message.stage !== 'running') return false
    keys.learn(hashes)
    return keys.isFresh(key)
  }

  /** Answers a call that was made before from what was kept of it, with null; else runs it. */
  private async repeatOrRun(activation: Activation, message: Message, key: string): Promise<Outcome | null> {
    await activation.pending?.durable()
    const isFresh = await this.learnKeys(activation, message, key)
    const { clock, store } = this.options
    const kept = isFresh ? null : await store.loadOutcome(activation.id, key, clock.now())
    if (message.stage !== 'running') return null
    if (kept === null) return perform(message)
    const { action, reply: first } = keptReply(kept.reply)
    if (action !== null && action !== message.action.name) throw usedForAnother(message.label, action)
    const route = routeOf(first)
    const reply = first === null || route !== null ? undefined : message.action.response.accept(first)
    this.resume(activation, message)
    if (route === null) {
      message.succeed(reply)
    } else {
      message.passOn()
      void this.options.routed.answer(message, route)
    }
    this.options.activations.wake(activation)
    return null
  }
}

/** Whether the envelope that it delivers is not the one that stands under its id, or soon will not be. */
function isSuperseded({ pending }: Activation, { parcel }: Message): boolean {
  if (parcel === null) return false
  // A tick may have been read from the store before a turn that changes its timer was durable.
  if (parcel.box === 'timer' && pending?.isAboutToSend(parcel.id) === true) parcel.superseded = true
  return parcel.superseded
}

function superseded({ label }: Message): SpawnError {
  return new SpawnError('CANCELLED', `${label} did not run: it was cancelled or changed before`)
}
