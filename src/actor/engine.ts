// The wiring of this room: one of each piece, and who tells whom. Nothing is decided here.

import type { Clock, Limits, Random } from '../base/index.ts'
import type { Definition, Logger, Statestore } from '../ports/index.ts'
import { Activations } from './activations.ts'
import { Budget } from './budget.ts'
import { Catalog } from './catalog.ts'
import { Channels } from './channels.ts'
import { Committer } from './committer.ts'
import { Courier } from './courier.ts'
import { Delivery } from './delivery.ts'
import { Departures } from './departures.ts'
import { Dispatcher } from './dispatcher.ts'
import { Inflight } from './inflight.ts'
import type { Send } from './message.ts'
import { Outcomes } from './outcome.ts'
import type { OutsideLoad } from './outside-commit.ts'
import type { Parcel } from './parcel.ts'
import { Postmark } from './postmark.ts'
import { RoutedOutcomes } from './routed-outcome.ts'
import { Queries } from './queries.ts'
import { Snapshots } from './snapshots.ts'
import { Timers } from './timers.ts'
import { Turns } from './turn.ts'

export interface EngineOptions {
  readonly system: string
  readonly definitions: readonly Definition[]
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: Limits
  readonly epoch: number
  readonly send: Send
  /** Hands an envelope to its actor. */
  readonly deliver: (parcel: Parcel) => void
}

export class Engine {
  readonly channels: Channels
  readonly courier: Courier
  readonly departures: Departures
  readonly postmark: Postmark
  readonly timers: Timers
  readonly budget: Budget
  readonly catalog: Catalog
  readonly inflight: Inflight
  readonly committer: Committer
  readonly snapshots: Snapshots
  readonly dispatcher: Dispatcher
  readonly activations: Activations
  readonly queries: Queries

  constructor(options: EngineOptions) {
    const { clock, deliver, epoch, limits, logger, random, send, store, system } = options
    const budget = new Budget(limits)
    this.budget = budget
    this.catalog = new Catalog(system, options.definitions, store, budget)
    const { catalog } = this
    this.channels = new Channels(catalog, logger)
    this.postmark = new Postmark(system, catalog, clock, random)
    const { channels, postmark } = this
    this.inflight = new Inflight({
      clock,
      logger,
      send,
      proceed: (activation, givenUp, error) => this.activations.proceed(activation, givenUp, error),
    })
    this.committer = new Committer({
      system,
      store,
      clock,
      random,
      logger,
      limits,
      epoch,
      drop: (activation, error) => this.activations.drop(activation, error),
      departed: ({ announcements, sends }) => {
        for (const announcement of announcements) channels.announce(announcement)
        this.courier.committed(sends)
      },
      uncertain: (group) => {
        if (group.some((commit) => commit.sends.length > 0)) this.courier.uncertain()
      },
    })
    const commit = (load: OutsideLoad): Promise<boolean> => this.committer.outside(load)
    const delivery = new Delivery({ system, store, clock, random, logger, limits, postmark, commit })
    this.courier = new Courier({ system, store, clock, logger, limits, delivery, hand: deliver })
    this.timers = new Timers({
      system,
      store,
      clock,
      logger,
      commit,
      supersede: (id) => this.courier.supersede(id),
    })
    const { timers } = this
    this.departures = new Departures({ postmark, channels, timers, limits, now: () => clock.now() })
    this.snapshots = new Snapshots(clock, this.committer)
    this.dispatcher = new Dispatcher(clock, {
      step: (activation) => turns.step(activation),
      begin: (activation, message) => turns.begin(activation, message),
      read: (activation, message) => this.queries.begin(activation, message),
    })
    const { committer, dispatcher, inflight, snapshots } = this
    const residents = this.catalog.all
    this.activations = new Activations({
      store,
      clock,
      logger,
      limits,
      inflight,
      dispatcher,
      budget,
      residents,
      // The timers of all others are set when the runtime starts.
      armed: ({ id, residents }) => id.parent !== '' && timers.arm(residents, id),
      query: (activation, message) => this.queries.take(activation, message),
    })
    const { activations, departures } = this
    this.queries = new Queries({ clock, inflight, activations, dispatcher })
    const { queries } = this
    const outcomes = new Outcomes({ clock, limits, inflight, activations, committer, snapshots, departures })
    const routed = new RoutedOutcomes({ system, store, clock, catalog, postmark })
    const turns = new Turns({ store, clock, inflight, activations, outcomes, queries, routed })
  }
}
