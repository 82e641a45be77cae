// Calls on their way to a mailbox: what each needs before it may stand there, or have its turn at once. A definition, an
// action, a deadline, room. On the path of every call, so what most calls do not need is asked last and costs nothing.

import { type Limits, SpawnError } from '../base/index.ts'
import type { ActionDefinition, Call, HostedDefinition } from '../ports/index.ts'
import { type ActorId, addressText, checkName } from '../protocol/index.ts'
import type { Activation } from './life/activation.ts'
import { checkChain } from './call-chain.ts'
import { BuiltinAction } from './builtin.ts'
import { foreignAction } from './away/carried.ts'
import { actionOf, type Catalog } from './catalog.ts'
import { checkCall, timeoutOf } from './checks.ts'
import type { Committer } from './committer.ts'
import type { Engine } from './engine.ts'
import type { Cause } from './away/foreign-turn.ts'
import type { Inflight } from './inflight.ts'
import type { Letter } from './post/letter.ts'
import type { Membership } from './away/membership.ts'
import { Message } from './message.ts'
import { correspondent, isTimed, lasting, type Postmark } from './post/postmark.ts'
import type { Queries } from './queries.ts'
import { Query } from './query.ts'
import type { Reception } from './reception.ts'
import type { Reentry } from './reentry.ts'
import { destinationOf, notHere } from './away/remote-calls.ts'
import { Residents } from './life/residents.ts'
import { checkRoom } from './room.ts'
import type { SystemCalls } from './away/system-calls.ts'
import type { Arrived, Terms } from './terms.ts'
import type { UseClock } from './life/use-clock.ts'

export interface CallsOptions {
  readonly limits: Limits
  readonly engine: Engine
  /** Whether there are no definitions but those that are known here: no other member may host one, and no host bring one. */
  readonly knowsAll: boolean
  /** Throws when no calls are taken now; `nested`: none that turns make, either. */
  readonly admit: (nested: boolean) => void
}

export class Calls {
  private readonly callTimeoutMs: number
  private readonly knowsAll: boolean
  private readonly admit: (nested: boolean) => void
  private readonly useClock: UseClock
  private readonly catalog: Catalog
  private readonly inflight: Inflight
  private readonly postmark: Postmark
  private readonly committer: Committer
  private readonly queries: Queries
  private readonly reception: Reception
  private readonly reentry: Reentry
  private readonly systems: SystemCalls
  /** Null: all actors live here. */
  private readonly membership: Membership | null

  constructor({ admit, engine, knowsAll, limits }: CallsOptions) {
    this.knowsAll = knowsAll
    this.callTimeoutMs = limits.callTimeoutMs
    this.admit = admit
    this.useClock = engine.useClock
    this.catalog = engine.catalog
    this.inflight = engine.inflight
    this.postmark = engine.post.postmark
    this.committer = engine.committer
    this.queries = engine.queries
    this.reception = engine.reception
    this.reentry = engine.reentry
    this.systems = engine.systems
    this.membership = engine.membership
  }

  /** The way of every call by name: from outside (`cause` null) or from a turn. */
  send(name: string, call: Call, cause: Message | null): Promise<unknown> {
    try {
      if (this.systems.isOther(call.system)) return this.sendOut(call.system, name, call, cause)
      if (isTimed(call)) return this.schedule(name, call, cause)
      const residents = this.catalog.find(name, call.ref)
      return residents === null
        ? this.sendLocated(name, call, cause)
        : this.sendTo(residents, name, call, cause)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Commits a call for a later time. */
  private async schedule(name: string, call: Call, cause: Message | null): Promise<string> {
    checkCall(call)
    this.admit(cause !== null)
    checkName('actor', name)
    const { action, contract, cron, idempotencyKey: key, metadata, payload, ref, system } = call
    if (cron !== undefined && key !== undefined) {
      const advice = 'it would run once under it, and never again'
      throw new SpawnError('INVALID_ARGUMENT', `a call that comes again takes no idempotency key: ${advice}`)
    }
    // How long its turn will have: what cannot be meant then is told now.
    timeoutOf({ payload, metadata }, this.callTimeoutMs)
    const isOther = this.systems.isOther(system)
    // A name that is wrong now is told now, and not by a dead letter then.
    if (this.knowsAll && !isOther && this.catalog.find(name, ref) === null) {
      await this.catalog.locate(name)
      this.admit(cause !== null)
    }
    const letter: Letter = {
      kind: 'call',
      from: cause === null ? null : correspondent(cause.self),
      to: this.postmark.address(name, ref, system),
      system: isOther ? system : undefined,
      action,
      createdAtMs: this.postmark.nowMs,
      metadata: lasting(metadata),
      key,
    }
    if (isOther) this.systems.checkLater(letter, call)
    const packed = this.postmark.pack({ name, ref, system, action, contract }, payload)
    const parcel = this.postmark.envelope(letter, packed, call)
    await this.committer.outside({ sends: [parcel], takes: [] })
    return parcel.id
  }

  private sendLocated(name: string, call: Call, cause: Message | null): Promise<unknown> {
    const elsewhere = this.catalog.elsewhere(name, call.ref)
    return elsewhere === null
      ? this.sendLookedUp(name, call, cause)
      : this.sendAway(elsewhere, name, call, cause)
  }

  private async sendLookedUp(name: string, call: Call, cause: Message | null): Promise<unknown> {
    const found = await this.catalog.locate(name)
    if (found instanceof Residents) return this.sendTo(found, name, call, cause)
    return this.sendAway(found, name, call, cause)
  }

  /** A call of an actor whose definition only other members host. */
  private sendAway(
    hosted: HostedDefinition,
    name: string,
    call: Call,
    cause: Message | null,
  ): Promise<unknown> {
    checkCall(call)
    checkName('actor', name)
    this.admit(cause !== null)
    const destination = {
      definition: hosted.name,
      id: this.catalog.idOf(hosted, name),
      action: call.contract ?? foreignAction(call.action),
    }
    if (this.membership === null) throw notHere(destination.id)
    if (call.signal?.aborted === true) throw cancelled(destination.id, destination.action)
    return this.membership.remote.send(destination, call, cause)
  }

  private sendTo(residents: Residents, name: string, call: Call, cause: Message | null): Promise<unknown> {
    checkCall(call)
    return this.enqueue(residents, name, actionOf(residents, call.action), call, cause)
  }

  /** Puts a call into its actor's mailbox, or runs it at once; or brings it to the member where the actor lives. */
  enqueue(
    residents: Residents,
    name: string,
    action: ActionDefinition,
    call: Terms | Arrived,
    cause: Cause | null,
  ): Promise<unknown> {
    this.admit(cause !== null)
    const nowMs = this.useClock.nowMs
    const isLost = this.isOutOfReach(residents) && !(action instanceof BuiltinAction)
    const activation =
      (isLost ? null : this.reception.lifeOf(residents, name, nowMs)) ??
      this.waitingFor(residents, name, action, call, cause)
    if (activation === null) return this.leave(residents, name, action, call, cause)
    const waits = call.async !== true
    const query = action.query && residents.pool === null
    const within = cause !== null && waits ? checkChain(activation, action.name, query, cause) : null
    const plain = !query && within === null
    if (!plain || activation.waiting >= residents.room) checkRoom(activation, query, within)
    if (call.signal?.aborted === true) throw cancelled(activation.id, action)

    const timeoutMs = timeoutOf(call, this.callTimeoutMs)
    const caller = cause === null ? (call.caller ?? null) : cause.self
    const chain = waits ? cause : null
    activation.lastUsedMs = nowMs
    if (query) {
      const message = new Query(this.inflight, action, call, caller, chain, timeoutMs, waits)
      if (chain !== null) message.endBy(chain.endsAtMs)
      return this.ask(activation, message, call)
    }
    const message = new Message(this.inflight, action, call, caller, chain, timeoutMs, waits)
    if (chain !== null) message.endBy(chain.endsAtMs)
    if (within !== null) this.reentry.take(message, within)
    else if (waits) this.reception.place(activation, message, nowMs)
    else this.reception.queue(activation, message)
    if (!waits) return ACCEPTED
    if (call.signal !== undefined) message.follow(call.signal)
    return message.answer()
  }

  /** Whether the code of an actor can be reached from other members only. */
  isOutOfReach(residents: Residents): boolean {
    return this.membership !== null && this.membership.isOutOfReach(residents)
  }

  /** Whether an actor can be called here without asking who has it. */
  isHere(residents: Residents, name: string): boolean {
    if (residents.pool === null && residents.byName.has(name)) return true
    return this.membership === null || this.membership.isHere(residents, name)
  }

  /** The life of an actor that does not live here any more, and has a turn here which lets this call in; else null. */
  waitingFor(
    residents: Residents,
    name: string,
    action: ActionDefinition,
    call: Terms,
    cause: Cause | null,
  ): Activation | null {
    if (cause === null || call.async === true) return null
    const target = { id: residents.id(name), residents }
    const within = checkChain(target, action.name, action.query && residents.pool === null, cause)
    return within === null ? null : within.activation
  }

  private leave(
    residents: Residents,
    name: string,
    action: ActionDefinition,
    call: Terms,
    cause: Cause | null,
  ): Promise<unknown> {
    const destination = destinationOf(residents, name, action)
    const isOwn = action instanceof BuiltinAction && residents.actions.get(action.name) !== action
    if (this.membership === null || isOwn) throw notHere(destination.id)
    if (call.signal?.aborted === true) throw cancelled(destination.id, action)
    return this.membership.remote.send(destination, call, cause)
  }

  private ask(activation: Activation, message: Query, { signal }: Terms): Promise<unknown> {
    this.queries.take(activation, message)
    if (!message.heard) return ACCEPTED
    if (signal !== undefined) message.follow(signal)
    return message.answer()
  }

  /** A call of an actor of another system. */
  private sendOut(system: string, name: string, call: Call, cause: Message | null): Promise<unknown> {
    if (isTimed(call)) return this.schedule(name, call, cause)
    this.admit(cause !== null)
    return this.systems.send(system, name, call, cause)
  }
}

const ACCEPTED: Promise<unknown> = Promise.resolve(undefined)

function cancelled(id: ActorId, action: ActionDefinition): SpawnError {
  const target = `"${addressText(id)}" action "${action.name}"`
  return new SpawnError('CANCELLED', `${target} did not run: its caller had cancelled it before`)
}
