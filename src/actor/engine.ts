// The wiring of this room: one of each piece, and who tells whom. Nothing is decided here.

import type { Clock, Limits, Random } from '../base/index.ts'
import type { Definition, Logger, Statestore } from '../ports/index.ts'
import type { Activation } from './activation.ts'
import { Activations } from './activations.ts'
import { Budget } from './budget.ts'
import { Catalog } from './catalog.ts'
import { Committer } from './committer.ts'
import { Dispatcher } from './dispatcher.ts'
import { Inflight } from './inflight.ts'
import { Leaving } from './leaving.ts'
import type { Message, Send } from './message.ts'
import { Outcomes } from './outcome.ts'
import type { Parcel } from './parcel.ts'
import { Pools } from './pools.ts'
import { Post } from './post.ts'
import { Queries } from './queries.ts'
import { Reentry } from './reentry.ts'
import { RoutedOutcomes } from './routed-outcome.ts'
import { Snapshots } from './snapshots.ts'
import { Turns } from './turn.ts'
import { UseClock } from './use-clock.ts'

export interface EngineOptions {
  readonly system: string
  readonly definitions: readonly Definition[]
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: Limits
  readonly epoch: number
  /** How long after the start definitions may still come, in milliseconds. */
  readonly lateDefinitionsMs: number
  readonly send: Send
  /** Hands an envelope to its actor. */
  readonly deliver: (parcel: Parcel) => void
}

export class Engine {
  readonly budget: Budget
  readonly useClock: UseClock
  readonly catalog: Catalog
  readonly inflight: Inflight
  readonly committer: Committer
  readonly post: Post
  readonly snapshots: Snapshots
  readonly dispatcher: Dispatcher
  readonly activations: Activations
  readonly queries: Queries
  readonly reentry: Reentry
  readonly pools: Pools
  readonly leaving: Leaving

  constructor(options: EngineOptions) {
    const { clock, definitions, limits, logger, send, store, system } = options
    const budget = new Budget(limits)
    this.budget = budget
    this.useClock = new UseClock(clock)
    this.catalog = new Catalog(system, definitions, store, budget)
    const { catalog } = this
    this.inflight = new Inflight({
      clock,
      logger,
      send,
      proceed: (activation, givenUp, error) => this.activations.proceed(activation, givenUp, error),
    })
    this.committer = new Committer({
      ...options,
      drop: (activation, error) => this.activations.drop(activation, error),
      departed: (commit) => this.post.departed(commit),
      uncertain: (group) => this.post.uncertain(group),
    })
    this.post = new Post({ ...options, catalog, commit: (load) => this.committer.outside(load) })
    const { departures, timers } = this.post
    this.snapshots = new Snapshots(clock, this.committer)
    const begin = (activation: Activation, message: Message): void => turns.begin(activation, message)
    this.dispatcher = new Dispatcher(clock, {
      step: (activation) => turns.step(activation),
      begin,
      read: (activation, message) => this.queries.begin(activation, message),
    })
    const { committer, dispatcher, inflight, snapshots, useClock } = this
    this.activations = new Activations({
      ...options,
      inflight,
      dispatcher,
      budget,
      useClock,
      residents: this.catalog.all,
      changed: (name) => this.catalog.forget(name),
      held: (id) => this.leaving.holds(id),
      // The timers of all others are set when the runtime starts, or they are defined.
      armed: ({ id, residents }) => id.parent !== '' && timers.arm(residents, id),
      query: (activation, message) => this.queries.take(activation, message),
      rested: (pool, worker) => this.pools.rested(pool, worker),
    })
    const { activations } = this
    const parts = { clock, useClock, inflight, activations, dispatcher, begin }
    this.queries = new Queries(parts)
    this.reentry = new Reentry(parts)
    this.pools = new Pools(parts)
    const { pools, queries, reentry } = this
    this.leaving = new Leaving({
      clock,
      catalog: this.catalog,
      activations,
      query: (activation, message) => queries.take(activation, message),
      writeOwed: (leaving) => snapshots.write(leaving),
    })
    const outcomes = new Outcomes({ clock, limits, inflight, activations, committer, snapshots, departures })
    const routed = new RoutedOutcomes({ system, store, clock, catalog })
    const turns = new Turns({ ...parts, store, outcomes, pools, queries, reentry, routed })
  }
}
