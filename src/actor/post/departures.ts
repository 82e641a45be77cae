// What leaves with a turn: the envelopes that its workflow, and the envelope that caused it, ask for. All of them are
// composed before anything of the turn is taken, so one that cannot be sent fails the turn whole; but of an effect with a
// reply, it is told as its end.

import { isSpawnError, type Limits, SpawnError } from '../../base/index.ts'
import type {
  ActionDefinition,
  Broadcast,
  Effect,
  EffectEnd,
  FactsPolicy,
  Metadata,
  Outcome,
  Route,
  Workflow,
} from '../../ports/index.ts'
import { type ActorId, checkName, type Packed } from '../../protocol/index.ts'
import { actionOf } from '../catalog.ts'
import { checkEntries } from '../checks.ts'
import { Cargo } from './cargo.ts'
import { bytesOfMessage, type Channels } from './channels.ts'
import { isOutbound, type Letter, pathOf, stepsBefore } from './letter.ts'
import type { Message } from '../message.ts'
import type { Parcel } from './parcel.ts'
import { correspondent, isTimed, lasting, type Postmark, type Target } from './postmark.ts'
import { nextDueMs } from './rhythm.ts'
import type { Timers } from './timers.ts'

export interface DeparturesOptions {
  readonly postmark: Postmark
  readonly channels: Channels
  readonly timers: Timers
  readonly limits: Limits
  readonly now: () => number
  /** @throws SpawnError when there is no way to the system that an effect is for. */
  readonly checkOutbound: (letter: Letter) => void
}

export class Departures {
  private readonly options: DeparturesOptions

  constructor(options: DeparturesOptions) {
    this.options = options
  }

  /**
   * @returns null when nothing leaves.
   * @throws SpawnError when something of it cannot be sent.
   */
  of(message: Message, outcome: Outcome): Cargo | null {
    const { parcel } = message
    const { workflow } = outcome
    if (workflow === null && parcel === null) return null
    const cargo = new Cargo()
    if (workflow !== null) this.follow(message, outcome, workflow, cargo)
    if (parcel !== null) this.after(message, parcel, outcome, cargo)
    if (cargo.sends.length > 0) this.checkSize(message.label, cargo.sends)
    return cargo
  }

  /**
   * The cargo of a turn that has set the state of an actor whose facts are kept, with the fact. It is no message that the
   * turn sends, so it counts to none of their limits; and it cannot fail.
   */
  withFact(cargo: Cargo | null, message: Message, state: Packed | null, policy: FactsPolicy): Cargo {
    const { action, activation, metadata } = message
    const { id, revision } = activation
    const all = cargo ?? new Cargo()
    all.send(this.options.postmark.fact({ id, action: action.name, revision, state, metadata }, policy))
    return all
  }

  /** What is broadcast from outside any turn. @throws SpawnError INVALID_ARGUMENT when it is more than a turn may send. */
  broadcast(broadcast: Broadcast, from: ActorId | null, metadata: Metadata): Cargo {
    const cargo = new Cargo()
    const label = `the broadcast on "${broadcast.channel}"`
    this.spread(label, broadcast, from, metadata, cargo)
    this.checkSize(label, cargo.sends)
    return cargo
  }

  private follow(
    message: Message,
    outcome: Outcome,
    { broadcasts, effects, route, timers }: Workflow,
    cargo: Cargo,
  ): void {
    for (const effect of effects) cargo.send(this.effect(message, effect))
    const { label, metadata, self } = message
    for (const broadcast of broadcasts) this.spread(label, broadcast, self, metadata, cargo)
    if (timers !== null) {
      for (const [action, everyMs] of Object.entries(timers))
        cargo.send(this.options.timers.changed(message, action, everyMs))
    }
    if (route !== null) cargo.send(this.hop(message, outcome, route))
  }

  private effect(message: Message, effect: Effect): Parcel {
    const { postmark } = this.options
    const { action, metadata, ref, reply, system, to } = effect
    const from = correspondent(message.self)
    // A misspelt one would be found when all else is done.
    if (reply !== undefined) actionOf(message.activation.residents, reply.action)
    const told = reply === undefined ? undefined : { to: from, ...reply }
    const letter: Letter = {
      kind: 'effect',
      from,
      to: postmark.address(to, ref, system),
      action,
      createdAtMs: isTimed(effect) ? postmark.nowMs : postmark.momentMs,
      metadata: lasting(message.metadata),
      system,
      reply: told,
    }
    try {
      checkName('actor', to)
      if (metadata !== undefined) {
        const all = { ...message.metadata, ...metadata }
        // What each turn of a long chain adds comes to more than any of them has said.
        checkEntries('metadata', all)
        return this.addressed({ ...letter, metadata: lasting(all) }, message, effect)
      }
      return this.addressed(letter, message, effect)
    } catch (error) {
      // Who waits to be told how it ends is told: to fail the turn instead would end nothing.
      if (told === undefined || !isSpawnError(error)) throw error
      return postmark.failure(postmark.envelope(letter, null), told, error)
    }
  }

  private addressed(letter: Letter, message: Message, effect: Effect): Parcel {
    const { action, contract, payload, ref, system, to } = effect
    if (isOutbound(letter, message.self.system)) this.options.checkOutbound(letter)
    return this.options.postmark.addressed(
      letter,
      { name: to, ref, system, action, contract },
      payload,
      effect,
    )
  }

  private spread(
    label: string,
    { channel, payload }: Broadcast,
    from: ActorId | null,
    metadata: Metadata,
    cargo: Cargo,
  ): void {
    const { channels, postmark } = this.options
    const sender = from === null ? null : correspondent(from)
    const createdAtMs = postmark.nowMs
    const carried = lasting(metadata)
    const elsewhere = channels.elsewhere(channel)
    // An instance that moves may be reached by two ways; under one key it has one turn.
    const onceKey = elsewhere.some(({ member }) => member !== null) ? postmark.nextId() : undefined
    // Subscribers of one action share their bytes: a store may keep them once.
    const packed = new Map<string, Packed | null>()
    const subscribers = channels.subscribers(channel)
    this.checkCount(label, cargo.sends.length + subscribers.length)
    for (const { action, id } of subscribers) {
      const definition = id.parent === '' ? id.name : id.parent
      const key = `${definition}\0${action}`
      let bytes = packed.get(key)
      if (bytes === undefined) {
        const target = { name: id.name, ref: id.parent, system: undefined, action }
        bytes = postmark.packAnyway(target, payload)
        packed.set(key, bytes)
      }
      const to = correspondent(id)
      const shared = id.parent === '' ? undefined : onceKey
      const letter: Letter = {
        kind: 'broadcast',
        from: sender,
        to,
        action,
        createdAtMs,
        metadata: carried,
        key: shared,
      }
      cargo.send(postmark.envelope(letter, bytes))
    }
    for (const { action, among, definition, member } of elsewhere) {
      const ref = member === null ? undefined : definition
      const target = { name: definition, ref, system: undefined, action }
      const bytes = bytesOfMessage(payload, packed.values()) ?? postmark.packAnyway(target, payload)
      const common = { from: sender, to: ['', definition] as const, action, createdAtMs, metadata: carried }
      const letter: Letter =
        member === null
          ? { ...common, kind: 'broadcast' }
          : { ...common, kind: 'spread', key: onceKey, member, among }
      cargo.send(postmark.envelope(letter, bytes))
    }
    if (!channels.hasListeners(channel)) return
    const bytes = bytesOfMessage(payload, packed.values())
    cargo.announce({ channel, payload, bytes, from, metadata })
  }

  private hop(message: Message, outcome: Outcome, route: Route): Parcel {
    const { limits, postmark } = this.options
    const { action, contract, kind, ref } = route
    const { parcel } = message
    const to = postmark.address(route.to, ref)
    // What came as an envelope goes on in its bytes: the turn may have changed the value that was read of them.
    const came = parcel === null ? message.payload : (parcel.payload ?? undefined)
    const payload = kind === 'pipe' ? outcome.response : came
    const letter: Letter = {
      kind: 'hop',
      from: correspondent(message.self),
      to,
      action,
      createdAtMs: postmark.momentMs,
      metadata: lasting(message.metadata),
      by: message.action.name,
      earlier: parcel === null ? undefined : stepsBefore(parcel.letter),
      reply: parcel?.letter.reply,
    }
    if (2 + (letter.earlier?.length ?? 0) > limits.hops) throw tooManyHops(pathOf(letter), limits.hops)
    const target: Target = { name: route.to, ref, system: undefined, action, contract }
    const sent = postmark.addressed(letter, target, payload)
    // Not the key of the call: on its way it may come to one actor twice.
    const hop = message.idempotencyKey === undefined ? sent : sent.revised({ key: sent.id })
    hop.asker = message.asker
    return hop
  }

  /** What an envelope asks for whose turn in another system is done. */
  afterOutbound(parcel: Parcel, action: ActionDefinition, response: unknown): Cargo {
    const cargo = new Cargo()
    cargo.take(parcel)
    this.tellEnd(parcel, action, response, cargo)
    this.recur(parcel, cargo)
    return cargo
  }

  /** What the envelope that caused this turn asks for: that its end is told, or that it comes again. */
  private after(message: Message, parcel: Parcel, outcome: Outcome, cargo: Cargo): void {
    cargo.take(parcel)
    const routed = outcome.workflow !== null && outcome.workflow.route !== null
    if (!routed) this.tellEnd(parcel, message.action, outcome.response, cargo)
    // A turn that changed its own timer has said when it comes again; one that is not declared any more does not.
    if (parcel.letter.rhythm === undefined || cargo.sends.some(({ id }) => id === parcel.id)) return
    if (parcel.box === 'timer' && !message.activation.residents.hasTimer(message.action.name)) return
    this.recur(parcel, cargo)
  }

  private tellEnd(
    parcel: Parcel,
    { response: codec }: ActionDefinition,
    response: unknown,
    cargo: Cargo,
  ): void {
    const { reply } = parcel.letter
    if (reply === undefined) return
    const { token } = reply
    const end: EffectEnd = response === undefined ? { token } : { token, response: codec.toJson(response) }
    cargo.send(this.options.postmark.reply(parcel, reply, end))
  }

  private recur(parcel: Parcel, cargo: Cargo): void {
    const { rhythm } = parcel.letter
    if (rhythm === undefined) return
    const dueAtMs = nextDueMs(rhythm, parcel.dueAtMs, this.options.now())
    if (dueAtMs !== null) cargo.send(parcel.afresh(dueAtMs))
  }

  private checkSize(label: string, sends: readonly Parcel[]): void {
    this.checkCount(label, sends.length)
    const { turnSendBytes } = this.options.limits
    let bytes = 0
    for (const parcel of sends) bytes += parcel.bytes
    if (bytes > turnSendBytes) throw tooMuch(`${label} sends ${bytes} bytes`, 'turnSendBytes', turnSendBytes)
  }

  private checkCount(label: string, count: number): void {
    const { turnSends } = this.options.limits
    if (count > turnSends) throw tooMuch(`${label} sends ${count} messages`, 'turnSends', turnSends)
  }
}

function tooMuch(what: string, name: string, limit: number): SpawnError {
  return new SpawnError('INVALID_ARGUMENT', `${what} at once; the limit \`${name}\` is ${limit}`)
}

function tooManyHops(path: readonly string[], limit: number): SpawnError {
  const before = path.lastIndexOf(path.at(-1) ?? '', -2)
  const round = before === -1 ? '' : `; it goes round in ${path.slice(before).join(' → ')}`
  const message = `a call was passed on through more than ${limit} hops${round}`
  return new SpawnError('CALL_CYCLE', message, { details: { path: [...path] } })
}
