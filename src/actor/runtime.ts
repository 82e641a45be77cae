// The runtime of one member: the gateway to its actors, and its life. It decides when calls are taken and what else a
// gateway can be asked; what a call needs is calls.ts's, what happens to it turn.ts's.
//
// Started in order (store, then the named actors) and stopped in reverse: no new calls, turns finish, states commit,
// the store closes.

import { type Clock, LIMITS, type Limits, messageOf, type Random, SpawnError } from '../base/index.ts'
import type {
  ActorFilter,
  ActorPage,
  Call,
  ChannelListener,
  Cluster,
  DeadLetters,
  Definition,
  DefinitionView,
  Erasure,
  Gateway,
  Inspection,
  JsonAnswer,
  Logger,
  OtherSystems,
  PageRequest,
  PublishOptions,
  Schedules,
  SpawnOptions,
  Statestore,
} from '../ports/index.ts'
import { anyCodec, checkName, Packed } from '../protocol/index.ts'
import { Beginnings } from './away/beginnings.ts'
import { Calls } from './calls.ts'
import { checkEntries, checkTimes } from './checks.ts'
import { definitionView } from './definition-view.ts'
import { Engine } from './engine.ts'
import { checkErasable } from './past/erasing.ts'
import { Handover } from './post/handover.ts'
import { Letters, pageOf } from './post/letters.ts'
import { Operations } from './operations.ts'
import { hostedOf } from './away/placement.ts'
import { Pasts } from './past/past.ts'
import { FactReading } from './past/facts.ts'
import { Pruning } from './past/pruning.ts'
import { Tenancy } from './away/tenancy.ts'
import { NO_METADATA, type Opaque } from './terms.ts'
import { TurnReceipt } from './turn-receipt.ts'

export interface RuntimeOptions {
  /** The name of the actor system that it serves. */
  readonly system: string
  readonly definitions: readonly Definition[]
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Whether others use the store too: then they open it before the start, prune it, and close it after the stop. */
  readonly sharesStore?: boolean | undefined
  /** The start of the store, where it has begun already. */
  readonly opening?: Promise<void> | undefined
  /** Overrides of LIMITS. */
  readonly limits?: Partial<Limits> | undefined
  /** Stored with every commit; a later owner has a higher one. In a cluster, its own is. */
  readonly epoch?: number | undefined
  /** The members that share the actors; absent: this is the only one. */
  readonly cluster?: Cluster | undefined
  /** The way to actors of other systems; null or absent: it is alone. */
  readonly systems?: OtherSystems | null | undefined
  /**
   * How long after its making definitions may still come by `define`, in milliseconds: so long, envelopes for actors that
   * are not known wait for them. Default 0: all are there.
   */
  readonly lateDefinitionsMs?: number | undefined
}

export interface StopOptions {
  /** How long running calls may take to finish, in milliseconds; then they are given up. Default 30,000. */
  readonly drainMs?: number | undefined
}

const DRAIN_MS = 30_000

type Phase = 'new' | 'running' | 'draining' | 'stopped'

export class Runtime implements Gateway {
  readonly system: string
  private readonly store: Statestore
  private readonly sharesStore: boolean
  private readonly opening: Promise<void> | undefined
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly cluster: Cluster | null
  private readonly engine: Engine
  private readonly calls: Calls
  private readonly handover: Handover
  private readonly letters: Letters
  readonly past: Pasts
  readonly facts: FactReading
  /** This runtime as its cluster sees it; null: it has none. */
  readonly tenant: Tenancy | null
  private readonly operations: Operations
  private readonly beginnings: Beginnings
  private phase: Phase = 'new'
  private stopped: Promise<void> | null = null
  /** Null: who shares the store sees to it. */
  private readonly pruning: Pruning | null

  constructor(options: RuntimeOptions) {
    checkName('system', options.system)
    this.system = options.system
    this.store = options.store
    this.sharesStore = options.sharesStore === true
    this.opening = options.opening
    checkErasable(options.definitions, options.store)
    this.clock = options.clock
    this.logger = options.logger
    const limits: Limits = { ...LIMITS, ...options.limits }
    const { clock, definitions, epoch = 1, lateDefinitionsMs = 0, logger, random, store, system } = options
    const cluster = options.cluster ?? null
    this.cluster = cluster
    const member = cluster ?? { epoch }
    this.engine = new Engine({
      system,
      definitions,
      store,
      clock,
      random,
      logger,
      limits,
      member,
      cluster,
      lateDefinitionsMs,
      systems: options.systems ?? null,
      send: (name, call, cause) => this.calls.send(name, call, cause),
      deliver: (parcel) => this.handover.hand(parcel),
    })
    const { engine } = this
    this.pruning = this.sharesStore ? null : new Pruning({ store, clock, logger })
    const knowsAll = cluster === null && lateDefinitionsMs === 0
    this.calls = new Calls({ limits, engine, knowsAll, admit: (nested) => this.checkRunning(nested) })
    const { callTimeoutMs } = limits
    this.handover = new Handover({ system, callTimeoutMs, engine, admit: () => this.checkRunning(true) })
    this.letters = new Letters({
      system,
      store,
      catalog: engine.catalog,
      postmark: engine.post.postmark,
      admit: () => this.checkRunning(false),
      commit: (load) => engine.committer.outside(load),
      supersede: (id) => engine.post.courier.supersede(id),
    })
    const { catalog, membership } = engine
    const admit = (): void => this.checkRunning(false)
    const { calls } = this
    const operations = new Operations({ engine, calls, store, clock, logger, member, admit })
    this.operations = operations
    const restore: Pasts['restore'] = (...asked) => operations.restore(...asked)
    this.past = new Pasts({ store, restore, catalog, admit })
    this.facts = new FactReading({ system, store, clock, catalog, news: engine.post.news, admit })
    const beginnings = new Beginnings({ calls, timers: engine.post.timers, logger, cluster })
    this.beginnings = beginnings
    this.tenant =
      membership === null
        ? null
        : new Tenancy({ system, clock, engine, membership, calls, operations, beginnings })
  }

  get ready(): boolean {
    return this.phase === 'running'
  }

  get definitions(): readonly DefinitionView[] {
    return this.engine.catalog.all.map(({ definition }) => definitionView(definition))
  }

  /** Actors in memory now. */
  get residentActors(): number {
    return this.engine.budget.count
  }

  /**
   * Opens the store and begins to activate the named stateful actors. It does not wait for them: one that does not start
   * is logged, and tried again at its next call.
   */
  async start(): Promise<void> {
    if (this.phase !== 'new') throw new SpawnError('INVALID_ARGUMENT', 'a runtime is started once')
    if (!this.sharesStore) await (this.opening ?? this.store.start())
    this.phase = 'running'
    this.engine.post.start()
    this.pruning?.start()
    this.tellHosted()
    this.beginnings.defined(this.engine.catalog.all)
  }

  /**
   * Puts definitions in the place of those of the same names, and takes others away, while it runs. Turns that have begun
   * end under the definition that they began with; what waits goes to the new one, or gets ACTOR_NOT_FOUND. States stay.
   * One that is the very definition that is there changes nothing.
   *
   * @throws SpawnError INVALID_ARGUMENT when two have one name, DRAINING when it is stopping; then nothing is changed.
   */
  define(definitions: readonly Definition[], undefine: readonly string[] = []): void {
    if (this.phase !== 'new') this.checkRunning(false)
    checkErasable(definitions, this.store)
    const { catalog, leaving } = this.engine
    for (const residents of catalog.change(definitions, undefine)) leaving.dismiss(residents)
    this.tellHosted()
    if (this.phase === 'running') this.beginnings.defined(catalog.all)
  }

  /** Whether the code of its actors can be reached has changed. */
  reachChanged(): void {
    if (this.phase === 'running') this.tellHosted()
  }

  /** Finishes what is running, commits, and closes the store. Called again, it answers with the same promise. */
  stop(options: StopOptions = {}): Promise<void> {
    this.stopped ??= this.shutDown(options.drainMs ?? DRAIN_MS)
    return this.stopped
  }

  invoke(name: string, call: Call): Promise<unknown> {
    return this.calls.send(name, call, null)
  }

  async invokeJson(name: string, call: Call): Promise<JsonAnswer> {
    if (this.engine.systems.isOther(call.system)) {
      const json = anyCodec.toJson(await this.invokePacked(name, call))
      return { json, receipt: null, scheduleId: null }
    }
    const answer = await this.calls.send(name, { ...call, receipt: true }, null)
    if (answer instanceof TurnReceipt) return { json: answer.json(), receipt: answer, scheduleId: null }
    return { json: undefined, receipt: null, scheduleId: typeof answer === 'string' ? answer : null }
  }

  async invokePacked(name: string, call: Call): Promise<Packed | undefined> {
    const isOther = this.engine.systems.isOther(call.system)
    const asked: Call | Opaque = isOther
      ? { ...call, receipt: false, opaque: true }
      : call.receipt === true
        ? call
        : { ...call, receipt: true }
    const turn = call.caller === undefined ? null : this.engine.catalog.turnOf(call.caller)
    const answer = await (turn === null ? this.calls.send(name, asked, null) : turn.call(name, asked))
    if (answer instanceof TurnReceipt) return answer.packed()
    return answer instanceof Packed ? answer : undefined
  }

  spawn(name: string, options: SpawnOptions = {}): Promise<void> {
    return this.operations.spawn(name, options)
  }

  inspect(name: string, ref?: string): Promise<Inspection> {
    return this.operations.inspect(name, ref)
  }

  delete(name: string, ref?: string): Promise<void> {
    return this.operations.delete(name, ref)
  }

  erase(name: string, ref?: string): Promise<Erasure> {
    return this.operations.erase(name, ref)
  }

  async list(filter: Omit<ActorFilter, 'system'>, page: Partial<PageRequest> = {}): Promise<ActorPage> {
    this.checkRunning(false)
    checkTimes(filter)
    return this.store.list({ ...filter, system: this.system }, pageOf(page))
  }

  async count(filter: Omit<ActorFilter, 'system'>): Promise<number> {
    this.checkRunning(false)
    checkTimes(filter)
    return this.store.count({ ...filter, system: this.system })
  }

  async publish(channel: string, payload: unknown, options: PublishOptions = {}): Promise<void> {
    const { metadata = NO_METADATA } = options
    this.checkRunning(false)
    checkName('channel', channel)
    checkEntries('metadata', metadata)
    const { committer, post } = this.engine
    await committer.outside(post.departures.broadcast({ channel, payload }, null, metadata))
  }

  subscribe(channel: string, listener: ChannelListener): () => void {
    checkName('channel', channel)
    return this.engine.post.channels.subscribe(channel, listener)
  }

  get schedules(): Schedules {
    return this.letters.schedules
  }

  get deadLetters(): DeadLetters {
    return this.letters.deadLetters
  }

  /** A draining runtime finishes what it has begun: calls of its turns come in, others do not. */
  private checkRunning(nested: boolean): void {
    if (this.phase === 'running' || (nested && this.phase === 'draining')) return
    const what = this.phase === 'new' ? 'has not started' : 'is stopping'
    throw new SpawnError('DRAINING', `the system "${this.system}" ${what} and takes no calls`)
  }

  /** Lets the other members know what is hosted here. It waits for nothing: a call waits until they do. */
  private tellHosted(): void {
    const { all } = this.engine.catalog
    const told = this.cluster?.hosting(all.map(({ definition }) => hostedOf(definition)))
    told?.catch((error: unknown) => {
      this.logger.error('what is hosted here could not be told', { error: messageOf(error) })
    })
  }

  private async shutDown(drainMs: number): Promise<void> {
    const { activations, committer, inflight, leaving, post, snapshots } = this.engine
    const begun = this.phase === 'running'
    this.phase = 'draining'
    this.pruning?.stop()
    post.drain()
    if (begun) {
      const limit = this.clock.after(drainMs, () => inflight.giveUpAll('DRAINING'))
      await inflight.empty()
      limit.cancel()
      snapshots.writeAll()
      await committer.idle()
    }
    this.phase = 'stopped'
    this.tenant?.end()
    post.stop()
    leaving.stop()
    activations.stop()
    inflight.stop()
    if (!this.sharesStore) await this.store.stop()
  }
}
