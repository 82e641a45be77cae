// The wiring of this room: one of each piece, and who tells whom. Nothing is decided here.

import type { Clock, Limits, Random } from '../base/index.ts'
import type { Definition, Logger, Statestore } from '../ports/index.ts'
import { Activations } from './activations.ts'
import { Budget } from './budget.ts'
import { Catalog } from './catalog.ts'
import { Committer } from './committer.ts'
import { Dispatcher } from './dispatcher.ts'
import { Inflight } from './inflight.ts'
import type { Send } from './message.ts'
import { Outcomes } from './outcome.ts'
import { Snapshots } from './snapshots.ts'
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
}

export class Engine {
  readonly budget: Budget
  readonly catalog: Catalog
  readonly inflight: Inflight
  readonly committer: Committer
  readonly snapshots: Snapshots
  readonly dispatcher: Dispatcher
  readonly activations: Activations

  constructor(options: EngineOptions) {
    const { clock, epoch, limits, logger, random, send, store } = options
    const budget = new Budget(limits)
    this.budget = budget
    this.catalog = new Catalog(options.system, options.definitions, store, budget)
    this.inflight = new Inflight({
      clock,
      logger,
      send,
      proceed: (activation, givenUp, error) => this.activations.proceed(activation, givenUp, error),
    })
    this.committer = new Committer({
      store,
      clock,
      random,
      logger,
      limits,
      epoch,
      drop: (activation, error) => this.activations.drop(activation, error),
    })
    this.snapshots = new Snapshots(clock, this.committer)
    this.dispatcher = new Dispatcher(clock, {
      step: (activation) => turns.step(activation),
      begin: (activation, message) => turns.begin(activation, message),
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
    })
    const { activations } = this
    const outcomes = new Outcomes({ clock, limits, inflight, activations, committer, snapshots })
    const turns = new Turns({ store, clock, inflight, activations, outcomes })
  }
}
