// The runtime of one member: the gateway to its actors. It decides what a call needs before it may stand in a mailbox: a
// definition, an action, a deadline, room. What happens then is turn.ts's.
//
// Started in order (store, then the named actors) and stopped in reverse: no new calls, turns finish, states commit,
// the store closes.

import {
  type Clock,
  LIMITS,
  type Limits,
  messageOf,
  type Random,
  SpawnError,
  type Timer,
} from '../base/index.ts'
import type {
  ActionDefinition,
  ActorFilter,
  ActorPage,
  Call,
  Definition,
  Gateway,
  Inspection,
  Logger,
  PageRequest,
  SpawnOptions,
  Statestore,
} from '../ports/index.ts'
import { addressText, checkName, Packed } from '../protocol/index.ts'
import type { Activation } from './activation.ts'
import {
  type BuiltinAction,
  deleteAction,
  inspectAction,
  restoreAction,
  spawnAction,
  startAction,
} from './builtin.ts'
import { checkChain } from './call-chain.ts'
import { actionOf } from './catalog.ts'
import { checkCall, timeoutOf } from './checks.ts'
import { Engine } from './engine.ts'
import { Message } from './message.ts'
import type { Residents } from './residents.ts'

export interface RuntimeOptions {
  /** The name of the actor system that it serves. */
  readonly system: string
  readonly definitions: readonly Definition[]
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Overrides of LIMITS. */
  readonly limits?: Partial<Limits> | undefined
  /** Stored with every commit; a later owner has a higher one. */
  readonly epoch?: number | undefined
}

export interface StopOptions {
  /** How long running calls may take to finish, in milliseconds; then they are given up. Default 30,000. */
  readonly drainMs?: number | undefined
}

const DRAIN_MS = 30_000

/** How often outcomes and revisions of the past that have expired are looked for, in milliseconds, and how many go. */
const PRUNE_EVERY_MS = 60_000
const PRUNE_AT_ONCE = 1_000

type Phase = 'new' | 'running' | 'draining' | 'stopped'

export class Runtime implements Gateway {
  readonly system: string
  private readonly store: Statestore
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly limits: Limits
  private readonly engine: Engine
  private phase: Phase = 'new'
  private stopped: Promise<void> | null = null
  private pruning: Timer | null = null

  constructor(options: RuntimeOptions) {
    checkName('system', options.system)
    this.system = options.system
    this.store = options.store
    this.clock = options.clock
    this.logger = options.logger
    this.limits = { ...LIMITS, ...options.limits }
    const { clock, definitions, epoch = 1, logger, random, store, system } = options
    this.engine = new Engine({
      system,
      definitions,
      store,
      clock,
      random,
      logger,
      limits: this.limits,
      epoch,
      sender: this,
    })
  }

  get ready(): boolean {
    return this.phase === 'running'
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
    await this.store.start()
    this.phase = 'running'
    this.pruneLater()
    const eager = this.engine.catalog.all.filter(
      ({ definition }) => definition.kind === 'named' && definition.stateful,
    )
    for (const residents of eager) void this.activate(residents)
  }

  /** Finishes what is running, commits, and closes the store. Called again, it answers with the same promise. */
  stop(options: StopOptions = {}): Promise<void> {
    this.stopped ??= this.shutDown(options.drainMs ?? DRAIN_MS)
    return this.stopped
  }

  invoke(name: string, call: Call): Promise<unknown> {
    return this.send(name, call, null)
  }

  async invokeJson(name: string, call: Call): Promise<unknown> {
    const residents = this.engine.catalog.find(name, call.ref) ?? (await this.engine.catalog.locate(name))
    const { response } = actionOf(residents, call.action)
    const reply = await this.sendTo(residents, name, call, null)
    if (reply === undefined) return undefined
    return response.toJson(reply instanceof Packed ? response.accept(reply) : reply)
  }

  async spawn(name: string, options: SpawnOptions = {}): Promise<void> {
    const { ref, revision } = options
    if (revision !== undefined && !(Number.isSafeInteger(revision) && revision > 0)) {
      throw new SpawnError('INVALID_ARGUMENT', `a revision is a whole number from 1, not ${revision}`)
    }
    const action = revision === undefined ? spawnAction : restoreAction(this.store, { revision })
    await this.run(this.catalogued(name, ref), name, action)
  }

  async inspect(name: string, ref?: string): Promise<Inspection> {
    // The built-in action answers with nothing else.
    return (await this.run(await this.known(name, ref), name, inspectAction)) as Inspection
  }

  async delete(name: string, ref?: string): Promise<void> {
    await this.run(await this.known(name, ref), name, deleteAction(this.store))
  }

  async list(filter: Omit<ActorFilter, 'system'>, page: Partial<PageRequest> = {}): Promise<ActorPage> {
    const limit = page.limit ?? LIMITS.defaultPageSize
    if (!(Number.isSafeInteger(limit) && limit > 0 && limit <= LIMITS.pageSize)) {
      throw new SpawnError('INVALID_ARGUMENT', `a page has 1 to ${LIMITS.pageSize} actors, not ${limit}`)
    }
    this.checkRunning()
    return this.store.list({ ...filter, system: this.system }, { ...page, limit })
  }

  /** The way of every call by name: from outside (`cause` null) or from a turn. */
  send(name: string, call: Call, cause: Message | null): Promise<unknown> {
    try {
      if (call.system !== undefined && call.system !== this.system) throw this.foreign(call.system)
      const residents = this.engine.catalog.find(name, call.ref)
      return residents === null
        ? this.sendLocated(name, call, cause)
        : this.sendTo(residents, name, call, cause)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  private async sendLocated(name: string, call: Call, cause: Message | null): Promise<unknown> {
    return this.sendTo(await this.engine.catalog.locate(name), name, call, cause)
  }

  private sendTo(residents: Residents, name: string, call: Call, cause: Message | null): Promise<unknown> {
    checkCall(call)
    return this.enqueue(residents, name, actionOf(residents, call.action), call, cause)
  }

  private enqueue(
    residents: Residents,
    name: string,
    action: ActionDefinition,
    call: Partial<Call>,
    cause: Message | null,
  ): Promise<unknown> {
    if (this.phase !== 'running' && (cause === null || this.phase !== 'draining')) this.checkRunning()
    const nowMs = this.clock.now()
    const activation = this.activationOf(residents, name, nowMs)
    const waits = call.async !== true
    const { dispatcher, inflight } = this.engine
    if (cause !== null && waits) checkChain(activation.id, action.name, cause)
    if (activation.waiting >= residents.definition.mailboxLimit) throw mailboxFull(activation)
    if (call.signal?.aborted === true) throw cancelled(activation, action)

    const ownDeadlineMs = nowMs + timeoutOf(call, this.limits.callTimeoutMs)
    const deadlineMs = cause !== null && waits ? Math.min(ownDeadlineMs, cause.deadlineMs) : ownDeadlineMs
    const caller = cause === null ? null : cause.self
    const message = new Message(inflight, action, call, caller, waits ? cause : null, deadlineMs, waits)
    activation.lastUsedMs = nowMs
    if (!waits || !dispatcher.runAtOnce(activation, message)) {
      activation.push(message)
      dispatcher.enqueue(activation)
    }
    if (!waits) return ACCEPTED
    if (call.signal !== undefined) message.follow(call.signal)
    return message.answer()
  }

  /** The activation of an actor. A name is checked once in each of its lives. */
  private activationOf(residents: Residents, name: string, nowMs: number): Activation {
    const resident = residents.byName.get(name)
    if (resident !== undefined) return resident
    checkName('actor', name)
    return this.engine.activations.of(residents, name, nowMs)
  }

  private async run(residents: Residents, name: string, action: BuiltinAction): Promise<unknown> {
    return this.enqueue(residents, name, action, {}, null)
  }

  private catalogued(name: string, ref: string | undefined): Residents {
    const residents = this.engine.catalog.find(name, ref)
    if (residents !== null) return residents
    const advice = 'to make an instance of an unnamed definition, say of which with ref'
    throw new SpawnError('ACTOR_NOT_FOUND', `there is no named actor "${name}" to spawn; ${advice}`)
  }

  private async known(name: string, ref: string | undefined): Promise<Residents> {
    return this.engine.catalog.find(name, ref) ?? this.engine.catalog.locate(name)
  }

  private foreign(system: string): SpawnError {
    const message = `the system "${system}" is not served here; this is "${this.system}"`
    return new SpawnError('ACTOR_NOT_FOUND', message)
  }

  private checkRunning(): void {
    if (this.phase === 'running') return
    const what = this.phase === 'new' ? 'has not started' : 'is stopping'
    throw new SpawnError('DRAINING', `the system "${this.system}" ${what} and takes no calls`)
  }

  private async activate(residents: Residents): Promise<void> {
    const { name } = residents.definition
    try {
      await this.run(residents, name, startAction)
    } catch (error) {
      this.logger.error('a named actor does not start', { actor: name, error: messageOf(error) })
    }
  }

  private pruneLater(): void {
    const prune = async (): Promise<void> => {
      try {
        await this.store.prune(this.clock.now(), PRUNE_AT_ONCE)
      } catch (error) {
        this.logger.warn('the store could not be pruned', { error: messageOf(error) })
      }
      if (this.phase === 'running') this.pruneLater()
    }
    this.pruning = this.clock.after(PRUNE_EVERY_MS, () => void prune(), { background: true })
  }

  private async shutDown(drainMs: number): Promise<void> {
    const { activations, committer, inflight, snapshots } = this.engine
    const begun = this.phase === 'running'
    this.phase = 'draining'
    this.pruning?.cancel()
    if (begun) {
      const limit = this.clock.after(drainMs, () => inflight.giveUpAll('DRAINING'))
      await inflight.empty()
      limit.cancel()
      snapshots.writeAll()
      await committer.idle()
    }
    this.phase = 'stopped'
    activations.stop()
    inflight.stop()
    await this.store.stop()
  }
}

const ACCEPTED: Promise<unknown> = Promise.resolve(undefined)

function cancelled(activation: Activation, action: ActionDefinition): SpawnError {
  const target = `"${addressText(activation.id)}" action "${action.name}"`
  return new SpawnError('CANCELLED', `${target} did not run: its caller had cancelled it before`)
}

function mailboxFull(activation: Activation): SpawnError {
  const limit = activation.residents.definition.mailboxLimit
  const message = `the mailbox of "${addressText(activation.id)}" is full: ${limit} messages wait; call again later`
  return new SpawnError('MAILBOX_FULL', message, { details: { limit } })
}
