// `system(name, options)`: a builder that can be exported and started, and the System that is running then. It decides
// nothing about turns; it is the runtime's gateway in the words of an application.

import { SpawnError, systemClock } from '../base/index.ts'
import type {
  ActorPage,
  Call,
  ChannelListener,
  DeadLetters,
  Gateway,
  Inspection,
  Kind,
  PublishOptions,
  Schedules,
  SpawnOptions,
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
import { type Composition, compose, handlersHost } from './compose.ts'
import { type CountOptions, countingOf, type ListOptions, listingOf } from './listing.ts'
import { deadLettersOf, schedulesOf } from './outbox-views.ts'
import { Settings } from './settings.ts'
import { stderrLogger } from './stderr-logger.ts'
import { ServedSystem } from './serving/served-system.ts'
import { type ServeOptions, servePlanOf } from './serving/serve-options.ts'
import { planOf, type SystemOptions, type SystemPlan } from './system-options.ts'

/** The same in every copy of this package that a process may have loaded. */
const MARK = Symbol.for('spawn-mesh.system')

/** Which actor, where a name alone does not say it. */
export interface ActorSelection {
  /** The unnamed definition that the actor is an instance of. */
  readonly ref?: string | undefined
}

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
   * Spawning one that exists is no error.
   */
  async spawn(name: string, options: SpawnOptions = {}): Promise<void> {
    checkOptions('spawn', name, options, ['ref', 'revision'])
    return this.#gateway.spawn(name, options)
  }

  /** State, revision and tags of an actor, as they are durably. @throws SpawnError ACTOR_NOT_FOUND */
  async inspect(name: string, options: ActorSelection = {}): Promise<Inspection> {
    checkOptions('inspect', name, options, ['ref'])
    return this.#gateway.inspect(name, options.ref)
  }

  /** A page of the stored actors, by definition (`parent`), `name`, `prefix`, `tags` and last activity. */
  async list(options: ListOptions = {}): Promise<ActorPage> {
    const { filter, page } = listingOf(this.name, options)
    return this.#gateway.list(filter, page)
  }

  /** How many stored actors match. */
  async count(options: CountOptions = {}): Promise<number> {
    return this.#gateway.count(countingOf(this.name, options))
  }

  /** Removes an actor with its past, after the turns that wait. @throws SpawnError ACTOR_NOT_FOUND */
  async delete(name: string, options: ActorSelection = {}): Promise<void> {
    checkOptions('delete', name, options, ['ref'])
    return this.#gateway.delete(name, options.ref)
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
   * when the proxy has taken the registration, and waits for one that is not there yet. `store` and `http` do not count.
   *
   * @throws SpawnError INVALID_ARGUMENT for options, for a port that is taken, and what the proxy refuses.
   */
  async serve(options: ServeOptions): Promise<ServedSystem> {
    const plan = servePlanOf(this.name, options)
    const { actors, clock = systemClock, limits, random } = this.#plan
    const logger = this.#plan.logger ?? stderrLogger(clock)
    const handlers = handlersHost(clock, logger)
    // Only who serves pays for its loading.
    const { serve } = await import('./serving/serve.ts')
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

  /** Opens the store, and the port if one was asked for. What was opened is closed again when a later part fails. */
  async start(): Promise<System> {
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
