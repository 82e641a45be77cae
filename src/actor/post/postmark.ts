// How a message becomes an envelope: its id, its due time, its payload in the bytes that the receiver's action reads.
// Decides nothing about when or whether one is sent.
//
// Invariants: ids differ, over all restarts and members: each life of a runtime draws a prefix of its own. The id of a call for
// later says whether somebody may wait for its end: so one that cannot be read can be taken back, if nobody does.

import { type Clock, isSpawnError, LIMITS, type Random, SpawnError } from '../../base/index.ts'
import {
  type ActionDefinition,
  type Box,
  FACT_PREFIX,
  type FactsPolicy,
  FOR_EVER_MS,
  type Metadata,
  type Timing,
} from '../../ports/index.ts'
import {
  type ActorId,
  anyCodec,
  type Codec,
  copyOfJson,
  JSON_TYPE_URL,
  jsonCodec,
  Packed,
} from '../../protocol/index.ts'
import { actionOf, type Catalog } from '../catalog.ts'
import { drawBirth } from '../life/birth.ts'
import type { Residents } from '../life/residents.ts'
import {
  type Correspondent,
  failureIn,
  isOutbound,
  type Letter,
  NOBODY,
  type ReplyAddress,
} from './letter.ts'
import { Parcel } from './parcel.ts'
import { nextByCron, type Rhythm } from './rhythm.ts'

/** Who a message goes to, as a caller names them. */
export interface Target {
  readonly name: string
  readonly ref: string | undefined
  readonly system: string | undefined
  readonly action: string
  /** The action as the caller has it; absent: it is not known. */
  readonly contract?: ActionDefinition | undefined
}

/** A turn that leaves a fact. */
export interface NewFact {
  readonly id: ActorId
  readonly action: string
  readonly revision: number
  readonly state: Packed | null
  readonly metadata: Metadata | undefined
}

const UTC = 'UTC'

/** Between the two parts of an id: of most, and of a call for later whose end nobody waits for. */
const DASH = '-'
const UNAWAITED_DASH = '_'

const UNAWAITED = new RegExp(`^[0-9a-z]+${UNAWAITED_DASH}`)

/** The last two digits of ids, in their order: to write a number with base 36 takes several times as long. */
const ENDS: readonly string[] = Array.from({ length: 1_296 }, (_, at) => at.toString(36).padStart(2, '0'))

export class Postmark {
  private readonly system: string
  private readonly clock: Clock
  private readonly catalog: Catalog
  private readonly knowsAll: boolean
  private readonly prefix: string
  /** What the next ids begin with; how many more of them there are in front of their last two digits. */
  private head: string
  private heads = 0
  private count = 0
  /** Null: the clock has not been looked at since timers and I/O last had their chance. */
  private moment: number | null = null
  private readonly pass = (): void => void (this.moment = null)

  /** @param knowsAll whether there are no definitions but those of the catalog. */
  constructor(system: string, catalog: Catalog, knowsAll: boolean, clock: Clock, random: Random) {
    this.system = system
    this.catalog = catalog
    this.knowsAll = knowsAll
    this.clock = clock
    this.prefix = drawBirth(random).toString(36) + DASH
    this.head = this.prefix
  }

  /** When a letter that is written now was created. */
  get nowMs(): number {
    return this.clock.now()
  }

  /**
   * The same for one that leaves at once, to nobody's disadvantage when it is some turns old: one look at the clock for all
   * that are written together. On some machines a look takes as long as all else that is done for a letter.
   */
  get momentMs(): number {
    if (this.moment !== null) return this.moment
    this.clock.defer(this.pass)
    this.moment = this.clock.now()
    return this.moment
  }

  /** A new envelope; `timing` says when it comes. */
  envelope(letter: Letter, payload: Packed | null, timing?: Timing): Parcel {
    if (timing === undefined || !isTimed(timing))
      return new Parcel(this.nextId(), 'delivery', 0, payload, letter, true)
    const { dueAtMs, rhythm } = whenOf(timing, letter.createdAtMs)
    const box: Box = dueAtMs === 0 ? 'delivery' : 'schedule'
    const id = this.nextId()
    return new Parcel(
      letter.reply === undefined ? id.replace(DASH, UNAWAITED_DASH) : id,
      box,
      dueAtMs,
      payload,
      rhythm === undefined ? letter : { ...letter, rhythm },
      true,
    )
  }

  /** The same, with its payload as its receiver reads it: for what is handed over at once, as a value, too. */
  addressed(letter: Letter, target: Target, payload: unknown, timing?: Timing): Parcel {
    const packed = this.pack(target, payload)
    const parcel = this.envelope(letter, packed, timing)
    if (packed !== null && packed.typeUrl === JSON_TYPE_URL && parcel.box === 'delivery')
      parcel.live = copyOfJson(payload)
    return parcel
  }

  /**
   * What a turn has made of an actor's state.
   *
   * @param state as it is committed; however large it is, it is as large once more.
   */
  fact({ action, id, metadata, revision, state }: NewFact, { durationMs }: FactsPolicy): Parcel {
    const createdAtMs = this.momentMs
    const letter: Letter = {
      kind: 'fact',
      from: correspondent(id),
      to: NOBODY,
      action,
      createdAtMs,
      metadata: lasting(metadata),
      revision,
    }
    const dueAtMs = durationMs === null ? FOR_EVER_MS : Math.min(createdAtMs + durationMs, FOR_EVER_MS)
    return new Parcel(FACT_PREFIX + this.nextId(), 'fact', dueAtMs, state, letter, true)
  }

  /** The same message under an id of its own, given up. */
  dead(parcel: Parcel, facts: Partial<Letter>): Parcel {
    const { rhythm: _rhythm, ...letter } = parcel.letter
    return new Parcel(this.nextId(), 'dead', this.clock.now(), parcel.payload, { ...letter, ...facts })
  }

  /** Tells the sender of an effect that it failed. */
  failure(parcel: Parcel, reply: ReplyAddress, error: SpawnError): Parcel {
    return this.reply(parcel, reply, { token: reply.token, error: failureIn(error) })
  }

  /** Tells the sender of an effect how it ended. */
  reply({ letter }: Parcel, { action, to }: ReplyAddress, end: unknown): Parcel {
    const { metadata } = letter
    // An actor of another system has no address here.
    const from = isOutbound(letter, this.system) ? null : letter.to
    const createdAtMs = this.nowMs
    return this.envelope({ kind: 'reply', from, to, action, createdAtMs, metadata }, jsonCodec.pack(end))
  }

  /** The actor that a name means, as far as its definition is known here. */
  address(name: string, ref: string | undefined, system?: string): Correspondent {
    if (ref === undefined || ref === '') return ['', name]
    if (this.isOther(system)) return [ref, name]
    const kind = this.catalog.residents(name, ref)?.definition.kind ?? 'unnamed'
    return [kind === 'unnamed' ? ref : '', name]
  }

  /** The payload in the form of its receiver, as far as the receiver is known here. */
  pack({ action, contract, name, ref, system }: Target, payload: unknown): Packed | null {
    const isOther = this.isOther(system)
    const residents = isOther ? undefined : this.receiverOf(name, ref)
    // That there is such an action is checked now, with the sender's turn at hand to say so.
    const codec =
      residents === undefined ? (contract?.payload ?? anyCodec) : actionOf(residents, action).payload
    if (payload === undefined) return null
    const packed = payload instanceof Packed ? payload : packFor(codec, payload, name, action)
    if (packed.value.length <= LIMITS.payloadBytes) return packed
    const size = `${packed.value.length} bytes, at most ${LIMITS.payloadBytes} are taken`
    throw new SpawnError('INVALID_ARGUMENT', `the payload for "${name}" action "${action}" has ${size}`)
  }

  /**
   * The definition that a receiver is of; undefined: it is not known here.
   *
   * @throws SpawnError of what can be no actor, whenever it is looked for: later that would be a dead letter.
   */
  private receiverOf(name: string, ref: string | undefined): Residents | undefined {
    const residents = this.catalog.residents(name, ref)
    const isInstance = ref !== undefined && ref !== ''
    const isDoubtful =
      residents === undefined ? isInstance && this.knowsAll : residents.isUnnamed !== isInstance
    if (isDoubtful) this.catalog.find(name, ref)
    return residents
  }

  private isOther(system: string | undefined): boolean {
    return system !== undefined && system !== this.system
  }

  /**
   * The same for a receiver that the sender did not choose: one that refuses the payload gets it as JSON, and what comes of
   * that is its own dead letter.
   */
  packAnyway(target: Target, payload: unknown): Packed | null {
    try {
      return this.pack(target, payload)
    } catch (thrown) {
      if (!isSpawnError(thrown)) throw thrown
      return payload === undefined ? null : jsonCodec.pack(jsonCodec.accept(payload))
    }
  }

  /** Differs from all others. */
  nextId(): string {
    if (this.count === ENDS.length) {
      this.count = 0
      this.heads += 1
      this.head = this.prefix + this.heads.toString(36)
    }
    const end = ENDS[this.count] ?? ''
    this.count += 1
    return this.head + end
  }
}

const AT_ONCE: { readonly dueAtMs: number; readonly rhythm?: Rhythm } = { dueAtMs: 0 }

/** @throws SpawnError INVALID_ARGUMENT */
function whenOf(timing: Timing, nowMs: number): { readonly dueAtMs: number; readonly rhythm?: Rhythm } {
  const { cron, delayMs, scheduledToMs, timeZone } = timing
  const ways =
    Number(delayMs !== undefined) + Number(scheduledToMs !== undefined) + Number(cron !== undefined)
  if (ways > 1) throw timingFault('has more than one of a delay, a time and a cron expression')
  if (timeZone !== undefined && cron === undefined)
    throw timingFault('has a time zone and no cron expression')
  if (cron !== undefined) {
    const dueAtMs = nextByCron(cron, timeZone ?? UTC, nowMs)
    if (dueAtMs === null) throw timingFault(`has the cron expression "${cron}", which never comes`)
    return { dueAtMs, rhythm: { cron, timeZone: timeZone ?? UTC } }
  }
  if (delayMs !== undefined) {
    if (!(delayMs >= 0 && Number.isSafeInteger(nowMs + Math.ceil(delayMs))))
      throw timingFault(`has the delay ${delayMs}, which is no number of milliseconds from 0`)
    return delayMs === 0 ? AT_ONCE : { dueAtMs: nowMs + Math.ceil(delayMs) }
  }
  if (scheduledToMs === undefined) return AT_ONCE
  if (!Number.isSafeInteger(Math.ceil(scheduledToMs)))
    throw timingFault(`has the time ${scheduledToMs}, which is no number of milliseconds since 1970`)
  return scheduledToMs <= nowMs ? AT_ONCE : { dueAtMs: Math.ceil(scheduledToMs) }
}

function timingFault(problem: string): SpawnError {
  return new SpawnError('INVALID_ARGUMENT', `a call for a later time ${problem}`)
}

/** Checked as the receiver will, but sent as it was given: a validator may not take what it has made of a value. */
function packFor(codec: Codec, payload: unknown, name: string, action: string): Packed {
  try {
    if (codec === jsonCodec) return jsonCodec.pack(jsonCodec.accept(payload))
    const accepted = codec.accept(payload)
    return codec.name === jsonCodec.name ? jsonCodec.pack(jsonCodec.accept(payload)) : codec.pack(accepted)
  } catch (thrown) {
    if (!isSpawnError(thrown)) throw thrown
    const message = `"${name}" action "${action}" refuses the payload: ${thrown.message}`
    throw new SpawnError(thrown.code, message, { cause: thrown, details: thrown.details })
  }
}

/** Whether a call is for a later time. */
export function isTimed({ cron, delayMs, scheduledToMs }: Timing): boolean {
  return delayMs !== undefined || scheduledToMs !== undefined || cron !== undefined
}

/** Whether nobody waits for the end of the call for later that has this id. False: its letter says whether somebody does. */
export function isUnawaited(id: string): boolean {
  return UNAWAITED.test(id)
}

export function correspondent({ name, parent }: ActorId): Correspondent {
  return [parent, name]
}

/** The metadata of a call as its letter has it: none, if there is nothing in it. */
export function lasting(metadata: Metadata | undefined): Metadata | undefined {
  for (const _key in metadata) return metadata
  return undefined
}
