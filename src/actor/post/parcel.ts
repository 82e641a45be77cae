// One envelope as the engine has it in memory: its letter read, its lane known, and the call that waits for its answer.
// It is handed over as a call, and tells its lane when that call has had its turn, and how it ended.

import { isSpawnError, messageOf, type SpawnError } from '../../base/index.ts'
import type { Box, Commit, Envelope, HeaderParts, Logger, StandingEnvelope } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { type Entry, hashOf } from './buckets.ts'
import { type Correspondent, headerOf, type Letter, letterFrom, partsOf } from './letter.ts'
import type { Message } from '../message.ts'

/** Told what becomes of a parcel that was handed over. */
export interface ParcelWatcher {
  /** Its turn is done, and will count if its commit does. */
  turned(parcel: Parcel): void
  /** Its turn is durable. `by` is null when it was no turn of an actor. */
  delivered(parcel: Parcel, by: Message | null, reply: unknown): void
  undelivered(parcel: Parcel, error: SpawnError): void
}

export class Parcel implements Envelope, Entry<Parcel> {
  readonly id: string
  readonly box: Box
  readonly dueAtMs: number
  readonly payload: Packed | null
  readonly letter: Letter
  readonly isNew: boolean
  /** Of its id. */
  readonly hash: number
  next: Parcel | null = null
  /** The one behind it in its lane. */
  behind: Parcel | null = null
  /** The call that its answer is the answer of; null: nobody in this process waits. */
  asker: Message | null = null
  watcher: ParcelWatcher | null = null
  /** Its payload as a value of its own, for the first who reads it as JSON; undefined: there are its bytes alone. */
  live: unknown = undefined
  /** Whether its receiver keeps no order: a pool, whose workers take what comes beside each other. */
  unordered = false
  /** Whether the commit that takes it was submitted. */
  taken = false
  /** It was cancelled, or another envelope was sent under its id: its turn must not begin any more. */
  superseded = false
  /** Why it was not delivered the last time, until that has been dealt with. */
  failure: SpawnError | null = null

  /** @param isNew whether its id was never used before. */
  constructor(id: string, box: Box, dueAtMs: number, payload: Packed | null, letter: Letter, isNew = false) {
    this.id = id
    this.hash = hashOf(id)
    this.box = box
    this.dueAtMs = dueAtMs
    this.payload = payload
    this.letter = letter
    this.isNew = isNew
  }

  /** @throws SpawnError STATE_UNREADABLE, or STORE_UNAVAILABLE when it may be read later. */
  static standing({ box, dueAtMs, header, id, payload }: StandingEnvelope): Parcel {
    return new Parcel(id, box, dueAtMs, payload, letterFrom(id, header))
  }

  /**
   * Null for one that cannot be read: it stays where it is, and no other waits for it.
   *
   * @throws SpawnError STORE_UNAVAILABLE when it may be read later.
   */
  static readable(envelope: StandingEnvelope, logger: Logger): Parcel | null {
    try {
      return Parcel.standing(envelope)
    } catch (thrown) {
      if (isSpawnError(thrown) && thrown.code === 'STORE_UNAVAILABLE') throw thrown
      logger.error('an envelope cannot be read', { envelope: envelope.id, error: messageOf(thrown) })
      return null
    }
  }

  get header(): string {
    return headerOf(this.letter)
  }

  get headerParts(): HeaderParts {
    return partsOf(this.letter)
  }

  /** The member that it is for; null: the one where its actor lives. */
  get member(): string | null {
    return this.letter.member ?? null
  }

  /** Of what comes again: which occasion a commit takes that takes it. */
  get occasions(): Commit['occasions'] {
    return this.letter.rhythm === undefined ? undefined : new Map([[this.id, this.dueAtMs]])
  }

  /** Its payload, for an action that reads JSON. What a turn may have changed is not handed out again. */
  takeJson(): unknown {
    const { live } = this
    this.live = undefined
    return live === undefined ? (this.payload ?? undefined) : live
  }

  /** Its turn is done. */
  turned(): void {
    this.taken = true
    this.watcher?.turned(this)
  }

  delivered(by: Message | null, reply: unknown): void {
    this.watcher?.delivered(this, by, reply)
  }

  undelivered(error: SpawnError): void {
    this.watcher?.undelivered(this, error)
  }

  /** The same envelope with something new in its letter. */
  revised(changes: Partial<Letter>, box: Box = this.box, dueAtMs: number = this.dueAtMs): Parcel {
    return new Parcel(this.id, box, dueAtMs, this.payload, { ...this.letter, ...changes })
  }

  /** Of its payload. */
  get bytes(): number {
    return this.payload === null ? 0 : this.payload.value.length
  }

  /** The same envelope as if it had never been delivered: the next occasion of what comes again, or a dead letter's. */
  afresh(dueAtMs: number, box: Box = this.box): Parcel {
    const { attempts: _attempts, error: _error, retryAtMs: _retryAtMs, ...letter } = this.letter
    return new Parcel(this.id, box, dueAtMs, this.payload, letter)
  }

  /** Whether it waits for no other: what comes from outside, a timer, and what goes to a pool. */
  get standsAlone(): boolean {
    return this.unordered || this.letter.from === null || this.letter.kind === 'timer'
  }

  /** Who its lane is of: what goes for all that this one sends; null: it stands alone. */
  get sender(): string | null {
    const { from } = this.letter
    return from === null || this.standsAlone ? null : senderText(from)
  }

  /** Whether they are of one lane: who must wait for whom. Parcels of one lane are delivered in order. */
  isBeside(other: Parcel): boolean {
    if (this.standsAlone || other.standsAlone) return this.id === other.id
    const { from, system, to } = this.letter
    const { letter } = other
    return (
      to[1] === letter.to[1] &&
      from?.[1] === letter.from?.[1] &&
      to[0] === letter.to[0] &&
      from?.[0] === letter.from?.[0] &&
      system === letter.system
    )
  }

  /** What its lane is called. */
  get lane(): string {
    const { from, system = '', to } = this.letter
    if (from === null || this.standsAlone) return this.id
    return `${from[0]}\0${from[1]}\0${to[0]}\0${to[1]}\0${system}`
  }
}

/** Whose messages are meant, as one text. */
export function senderText([parent, name]: Correspondent): string {
  return `${parent}\0${name}`
}
