// The wiring of this room: one of each piece, and who tells whom. Nothing is decided here.

import type { Clock, Limits, Random } from '../base/index.ts'
import type { Cluster, Definition, Logger, OtherSystems, Statestore } from '../ports/index.ts'
import type { Activation } from './life/activation.ts'
import { Activations } from './life/activations.ts'
import { Budget } from './life/budget.ts'
import { Catalog } from './catalog.ts'
import { Committer } from './committer.ts'
import { Dispatcher } from './dispatcher.ts'
import { Expulsion } from './away/expulsion.ts'
import { Inflight } from './inflight.ts'
import { Leaving } from './life/leaving.ts'
import type { Letter } from './post/letter.ts'
import { Membership } from './away/membership.ts'
import type { Message, Send } from './message.ts'
import { Outcomes } from './outcome.ts'
import type { OutsideLoad } from './outside-commit.ts'
import type { Parcel } from './post/parcel.ts'
import { Pools } from './life/pools.ts'
import { Post } from './post/post.ts'
import { Queries } from './queries.ts'
import type { Query } from './query.ts'
import { Reentry } from './reentry.ts'
import { Reception } from './reception.ts'
import { RoutedOutcomes } from './post/routed-outcome.ts'
import { Snapshots } from './life/snapshots.ts'
import { SystemCalls } from './away/system-calls.ts'
import { Turns } from './turn.ts'
import { UseClock } from './life/use-clock.ts'

export interface EngineOptions {
  readonly system: string
  readonly definitions: readonly Definition[]
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: Limits
  /** Whose epoch commits bear. */
  readonly member: { readonly epoch: number }
  /** Null: this is the only member. */
  readonly cluster: Cluster | null
  /** How long after the start definitions may still come, in milliseconds. */
  readonly lateDefinitionsMs: number
  readonly send: Send
  /** Null: this system is alone. */
  readonly systems: OtherSystems | null
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
  readonly systems: SystemCalls
  readonly snapshots: Snapshots
  readonly dispatcher: Dispatcher
  readonly activations: Activations
  readonly queries: Queries
  readonly reception: Reception
  readonly reentry: Reentry
  readonly pools: Pools
  readonly leaving: Leaving
  readonly expulsion: Expulsion
  /** Null: it is alone, and all actors live here. */
  readonly membership: Membership | null

  constructor(options: EngineOptions) {
    const { clock, cluster, definitions, limits, logger, send, store, system } = options
    this.budget = new Budget(limits)
    this.useClock = new UseClock(clock)
    this.catalog = new Catalog(system, definitions, store, this.budget, cluster)
    this.inflight = new Inflight({
      clock,
      logger,
      send,
      proceed: (activation, givenUp, error) => this.activations.proceed(activation, givenUp, error),
    })
    const membership = cluster === null ? null : this.memberOf(cluster, limits)
    this.membership = membership
    this.committer = new Committer({
      ...options,
      membership,
      drop: (activation, error) => this.activations.drop(activation, error),
      carrier: () => this.post,
    })
    this.post = this.postOf(options)
    this.systems = this.systemCallsOf(options)
    const { departures, timers } = this.post
    this.snapshots = new Snapshots(clock, this.committer)
    const begin = (activation: Activation, message: Message): void => turns.begin(activation, message)
    this.dispatcher = new Dispatcher(clock, {
      step: (activation) => turns.step(activation),
      begin,
      read: (activation, message) => this.queries.begin(activation, message),
    })
    const { budget, catalog, committer, dispatcher, inflight, snapshots, useClock } = this
    const query = (activation: Activation, message: Query): void => this.queries.take(activation, message)
    const shared = { clock, useClock, inflight, dispatcher, membership }
    this.activations = new Activations({
      ...options,
      ...shared,
      budget,
      residents: catalog.all,
      changed: (name) => this.catalog.forget(name),
      held: (id) => this.leaving.holds(id),
      // The timers of all others are set when the runtime starts, or they are defined.
      armed: ({ id, residents }) => id.parent !== '' && timers.arm(residents, id),
      began: (activation) => this.post.began(activation),
      query,
      forsake: (newest, error) => this.committer.forsake(newest, error),
      rested: (pool, worker) => this.pools.rested(pool, worker),
    })
    const { activations } = this
    const parts = { ...shared, activations, begin }
    this.queries = new Queries(parts)
    this.reentry = new Reentry(parts)
    this.pools = new Pools(parts)
    const { pools, queries, reentry } = this
    this.reception = new Reception({ ...parts, pools })
    this.leaving = new Leaving({ ...parts, catalog, query, writeOwed: (left) => snapshots.write(left) })
    this.expulsion = new Expulsion({ logger, catalog, activations, leaving: this.leaving, post: this.post })
    const outcomes = new Outcomes({ ...parts, limits, committer, snapshots, departures })
    const routed = new RoutedOutcomes({ system, store, clock, catalog })
    const turns = new Turns({ ...parts, store, outcomes, pools, queries, reentry, routed })
  }

  private postOf(options: EngineOptions): Post {
    const { catalog, inflight, membership } = this
    const commit = (load: OutsideLoad): Promise<boolean> => this.committer.outside(load)
    const checkOutbound = (letter: Letter): void => this.systems.checkOutbound(letter)
    return new Post({ ...options, catalog, inflight, membership, commit, checkOutbound })
  }

  private systemCallsOf({ limits, system, systems }: EngineOptions): SystemCalls {
    const { inflight, post } = this
    const { callTimeoutMs } = limits
    const commit = (load: OutsideLoad): Promise<boolean> => this.committer.outside(load)
    return new SystemCalls({ system, systems, inflight, departures: post.departures, callTimeoutMs, commit })
  }

  private memberOf(cluster: Cluster, { callTimeoutMs }: Limits): Membership {
    const { catalog, inflight } = this
    const expel = (): void => this.expulsion.expel()
    return new Membership({ cluster, catalog, inflight, callTimeoutMs, expel })
  }
}
