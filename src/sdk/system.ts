// `system(name, options)`: a builder that can be exported and started, and the System that is running then. It decides
// nothing about turns; it is the runtime's gateway in the words of an application.

import { SpawnError, systemClock } from '../base/index.ts'
import type {
  ActorPage,
  Call,
  ChannelListener,
  DeadLetters,
  DefinitionView,
  Diff,
  Gateway,
  History,
  Inspection,
  Kind,
  PageRequest,
  PublishOptions,
  Restored,
  Schedules,
  SpawnOptions,
  Erasure,
} from '../ports/index.ts'
import {
  type ActorDefinition,
  callOf,
  type InstanceName,
  type InvokeForReceipt,
  type InvokeLater,
  type InvokeOptions,
  type Receipt,
  type Ref,
  refOf,
  type Sender,
} from '../hosts/index.ts'
import type { Composition } from './compose.ts'
import { type FactOf, type FactsOptions, factsAsked } from './facts-options.ts'
import { type CountOptions, countingOf, type ListOptions, listingOf } from './listing.ts'
import { deadLettersOf, schedulesOf } from './outbox-views.ts'
import {
  actorAsked,
  diffAsked,
  type DiffSettings,
  inspectAsked,
  type InspectionOf,
  pageAsked,
  type PastInspectionOf,
  restoreAsked,
  type RestoreSettings,
  type RevisionNamed,
  type RevisionSelection,
  spawnAsked,
} from './past-options.ts'
import type { ActorGiven, ActorSelection } from './selection.ts'
import { Settings } from './settings.ts'
import { stderrLogger } from './stderr-logger.ts'
import { ServedSystem } from './serving/served-system.ts'
import { type ServeOptions, servePlanOf } from './serving/serve-options.ts'
import { planOf, type SystemOptions, type SystemPlan } from './system-options.ts'

/** The same in every copy of this package that a process may have loaded. */
const MARK = Symbol.for('spawn-mesh.system')

export interface StopSettings {
  /** How long running calls may take to finish, in milliseconds; then they are given up. Default 30,000. */
  readonly timeout?: number | undefined
}

/** A system that runs. `await using` stops it at the end of the block. */
export class System implements AsyncDisposable, Sender {
  readonly name: string
  /** Calls that are to come later: those with `delay`, `scheduledTo` or `cron`, and the effects of actors that have one. */
  readonly schedules: Schedules
  /** Effects, broadcasts and calls for later that could not be delivered; they stand until somebody decides. */
  readonly deadLetters: DeadLetters
  readonly #composition: Composition
  readonly #gateway: Gateway

  /** Made by a builder's `start`. */
  constructor(name: string, composition: Composition) {
    this.name = name
    this.#composition = composition
    this.#gateway = composition.gateway
    this.schedules = schedulesOf(this.#gateway)
    this.deadLetters = deadLettersOf(this.#gateway)
  }

  /** Where HTTP is answered, such as `http://127.0.0.1:9001`; null when no port was asked for. */
  get url(): string | null {
    return this.#composition.url
  }

  /** What each definition of this program is and can do, in the order in which they were given. */
  get definitions(): readonly DefinitionView[] {
    return this.#gateway.definitions
  }

  /** Whether it takes calls. */
  get ready(): boolean {
    return this.#gateway.ready
  }

  /**
   * Calls an action of an actor by name: `invoke('incrementor', { action: 'add', payload: { value: 1 } })`. For an
   * instance of an unnamed definition, `ref` names the definition.
   *
   * @returns the response; undefined when there is none, or for an `async` call. With `receipt: true` a Receipt that has the
   *   response in it; with `delay`, `scheduledTo` or `cron` the id of the schedule, as soon as that is durable.
   * @throws SpawnError, any code; see docs/errors.md
   */
  invoke(name: string, options: InvokeLater): Promise<string>
  invoke(name: string, options: InvokeForReceipt): Promise<Receipt>
  invoke(name: string, options: InvokeOptions): Promise<unknown>
  invoke(name: string, options: InvokeOptions): Promise<unknown> {
    // Not an async function: its promise would cost every call three microtasks.
    try {
      return this.#gateway.invoke(name, callOf(name, options))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The typed calls of an actor: `ref(incrementor).add({ value: 1 })`, `ref(user, 'user-1').rename('Ada')`. */
  ref<State, Actions, K extends Kind>(
    definition: ActorDefinition<State, Actions, K>,
    ...[name]: InstanceName<K>
  ): Ref<State, Actions> {
    return refOf(this, definition, name)
  }

  /** The call that a ref makes; applications use `invoke` or `ref`. */
  send(name: string, call: Call): Promise<unknown> {
    return this.#gateway.invoke(name, call)
  }

  /**
   * Makes an actor exist, or lets it go on from a revision of its past: `spawn('user-1', { ref: 'user', revision: 3 })`.
   * Spawning one that exists is no error. Takes a ref in place of the name, as all below do.
   */
  async spawn(actor: ActorGiven, options: SpawnOptions = {}): Promise<void> {
    const asked = spawnAsked(actor, options)
    return this.#gateway.spawn(asked.name, asked.options)
  }

  /**
   * State, revision and tags of an actor, as they are durably; with `revision` or `at`, as they were.
   *
   * @throws SpawnError ACTOR_NOT_FOUND; INVALID_ARGUMENT for a revision that is not kept.
   */
  inspect<State>(
    actor: ActorGiven<State>,
    options: ActorSelection & RevisionNamed,
  ): Promise<PastInspectionOf<State>>
  inspect<State>(actor: ActorGiven<State>, options?: RevisionSelection): Promise<InspectionOf<State>>
  async inspect(actor: ActorGiven, options: RevisionSelection = {}): Promise<Inspection> {
    const { name, query, ref } = inspectAsked(actor, options)
    return query === null ? this.#gateway.inspect(name, ref) : this.#gateway.past.inspect(name, query, ref)
  }

  /** The revisions of an actor that are kept, newest first, without their states. @throws SpawnError ACTOR_NOT_FOUND */
  async history(actor: ActorGiven, options: ActorSelection & Partial<PageRequest> = {}): Promise<History> {
    const { name, ref } = pageAsked('history', actor, options)
    const { limit, after } = options
    const page = { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) }
    return this.#gateway.past.history(name, ref, page)
  }

  /** What changed between two revisions, field by field; by default in the last one. @throws SpawnError as `inspect` */
  async diff(actor: ActorGiven, options: DiffSettings = {}): Promise<Diff> {
    const asked = diffAsked(actor, options)
    return this.#gateway.past.diff(asked.name, asked.options)
  }

  /**
   * Makes a revision of the past the newest: `restore('user-1', { ref: 'user', revision: 3 })`. It is a turn of the actor and
   * a new revision. What the actor has sent or scheduled is not undone.
   *
   * @throws SpawnError as `inspect`; STATE_CONFLICT when something else was committed meanwhile.
   */
  async restore(actor: ActorGiven, options: RestoreSettings): Promise<Restored> {
    const asked = restoreAsked(actor, options)
    return this.#gateway.past.restore(asked.name, asked.query, asked.options)
  }

  /**
   * What the turns of `sourceable` actors have made of their states, in order: of all actors, or of some. With `follow` it
   * goes on with those that come. Who keeps the `position` of the last fact that was dealt with goes on behind it after a crash.
   *
   * @throws SpawnError INVALID_ARGUMENT at once; as it is read STATE_UNREADABLE for a fact that cannot be, with its position
   *   in `details`; DRAINING when the system stops.
   */
  facts<State = unknown>(options: FactsOptions<State> = {}): AsyncGenerator<FactOf<State>, void, undefined> {
    const facts = this.#gateway.facts.each(factsAsked(this.name, options))
    // What a state is, its definition says.
    return facts as AsyncGenerator<FactOf<State>, void, undefined>
  }

  /**
   * A page of the stored actors, by definition (`parent`), `name`, `prefix`, `tags` and last activity.
   *
   * @throws SpawnError INVALID_ARGUMENT
   */
  async list(options: ListOptions = {}): Promise<ActorPage> {
    const { filter, page } = listingOf(this.name, options)
    return this.#gateway.list(filter, page)
  }

  /** How many stored actors match. @throws SpawnError INVALID_ARGUMENT */
  async count(options: CountOptions = {}): Promise<number> {
    return this.#gateway.count(countingOf(this.name, options))
  }

  /** Removes an actor with its past, after the turns that wait. @throws SpawnError ACTOR_NOT_FOUND */
  async delete(actor: ActorGiven, options: ActorSelection = {}): Promise<void> {
    const { name, ref } = actorAsked('delete', actor, options)
    return this.#gateway.delete(name, ref)
  }

  /**
   * Erases an actor whose definition is `erasable`, after the turns that wait: its key is destroyed, and all that the store
   * has of it is removed. Nothing of it can be read any more, in no copy. Asked again, it answers with the same proof.
   *
   * @throws SpawnError ACTOR_NOT_FOUND; INVALID_ARGUMENT for an actor without a key of its own.
   */
  async erase(actor: ActorGiven, options: ActorSelection = {}): Promise<Erasure> {
    const { name, ref } = actorAsked('erase', actor, options)
    return this.#gateway.erase(name, ref)
  }

  /**
   * Broadcasts to every actor that subscribes to a channel, and to the listeners of this process. Resolves when it is
   * durable: from then on it reaches each of them.
   *
   * @throws SpawnError INVALID_ARGUMENT
   */
  async publish(channel: string, payload?: unknown, options: PublishOptions = {}): Promise<void> {
    checkOptions('publish', channel, options, ['metadata'])
    return this.#gateway.publish(channel, payload, options)
  }

  /**
   * Hears what is broadcast on a channel by actors and by `publish`: once it is durable, at most once, in this process.
   * What must not be missed is for an actor with `channels`.
   *
   * @returns a function that ends the subscription; calling it again does nothing.
   * @throws SpawnError INVALID_ARGUMENT
   */
  subscribe(channel: string, listener: ChannelListener): () => void {
    if (typeof listener !== 'function') {
      const fault = 'needs a listener: a function (payload, event) => …'
      throw new SpawnError('INVALID_ARGUMENT', `the subscription to "${channel}" ${fault}`)
    }
    return this.#gateway.subscribe(channel, listener)
  }

  /** Takes no more calls, finishes those that run, commits, closes the port and the store. Stopping twice is allowed. */
  async stop(options: StopSettings = {}): Promise<void> {
    const settings = new Settings(`stop of system "${this.name}"`, options, ['timeout'])
    return this.#composition.stop({ drainMs: settings.milliseconds('timeout', null) ?? undefined })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** A system that can be started: what `system(...)` answers with. A module that exports one can be served by the CLI. */
export class SystemBuilder {
  readonly [MARK] = true
  readonly name: string
  readonly options: SystemOptions
  readonly #plan: SystemPlan

  /** @throws SpawnError INVALID_ARGUMENT */
  constructor(name: string, options: SystemOptions) {
    this.#plan = planOf(name, options)
    this.name = name
    this.options = options
  }

  /** Another builder, with some options replaced. */
  with(options: Partial<SystemOptions>): SystemBuilder {
    return new SystemBuilder(this.name, { ...this.options, ...options })
  }

  /**
   * Makes this process a host of a Spawn proxy, which keeps the actors: their state, their mailboxes, their timers. Resolves
   * when the proxy has taken the registration, and waits for one that is not there yet. What is the proxy's to say (`store`,
   * `encryption`, `cluster`, `workers`, `http`, all limits but `callTimeoutMs`) does not count.
   *
   * @throws SpawnError INVALID_ARGUMENT for options, for a port that is taken, and what the proxy refuses.
   */
  async serve(options: ServeOptions): Promise<ServedSystem> {
    const plan = servePlanOf(this.name, options)
    const { actors, clock = systemClock, limits, random } = this.#plan
    const logger = this.#plan.logger ?? stderrLogger(clock)
    // Only who serves pays for its loading; who only defines actors, for no more than that.
    const [{ handlersHost }, { serve }] = await Promise.all([
      import('./compose.ts'),
      import('./serving/serve.ts'),
    ])
    const handlers = handlersHost(clock, logger)
    const { callTimeoutMs } = limits
    const serving = await serve(plan, {
      system: this.name,
      actors,
      handlers,
      clock,
      random,
      logger,
      callTimeoutMs,
    })
    return new ServedSystem(this.name, serving)
  }

  /**
   * Opens the store, and the port if one was asked for. What was opened is closed again when a later part fails.
   *
   * @throws SpawnError of the part that does not start, with what to do: STORE_UNAVAILABLE, STATE_UNREADABLE for a store,
   *   MEMBER_UNAVAILABLE for a cluster, INVALID_ARGUMENT for a port that is taken.
   */
  async start(): Promise<System> {
    const { compose } = await import('./compose.ts')
    return new System(this.name, await compose(this.#plan))
  }
}

/**
 * Describes a system: its name, its actors, its store.
 *
 * @throws SpawnError INVALID_ARGUMENT that names the option, what is wrong with it and what is accepted.
 */
export function system(name: string, options: SystemOptions): SystemBuilder {
  return new SystemBuilder(name, options)
}

/** Whether `value` was made by `system(...)`. */
export function isSystemBuilder(value: unknown): value is SystemBuilder {
  return typeof value === 'object' && value !== null && MARK in value
}

function checkOptions(method: string, subject: string, options: object, known: readonly string[]): void {
  void new Settings(`${method} of "${subject}"`, options, known)
}
