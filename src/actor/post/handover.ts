// An envelope as a call of its actor: what it takes from its letter and from the call that waits for its answer, and when it
// cannot be handed over. Which envelopes are handed over, and in what order, is courier.ts's.
//
// Invariant: whatever becomes of it, the parcel is told.

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'
import { type ActorId, jsonCodec } from '../../protocol/index.ts'
import { notHere } from '../away/remote-calls.ts'
import type { Membership } from '../away/membership.ts'
import type { SystemCalls } from '../away/system-calls.ts'
import { checkChain } from '../call-chain.ts'
import { actionOf, type Catalog } from '../catalog.ts'
import { timeoutOf } from '../checks.ts'
import type { Engine } from '../engine.ts'
import type { Inflight } from '../inflight.ts'
import { Residents } from '../life/residents.ts'
import type { UseClock } from '../life/use-clock.ts'
import { Message } from '../message.ts'
import type { Reception } from '../reception.ts'
import type { Reentry } from '../reentry.ts'
import { checkRoom } from '../room.ts'
import type { Correspondent } from './letter.ts'
import type { Parcel } from './parcel.ts'

export interface HandoverOptions {
  /** The system whose envelopes these are. */
  readonly system: string
  /** How long the turn of one may take that does not say so, in milliseconds. */
  readonly callTimeoutMs: number
  readonly engine: Engine
  /** Throws when none are taken now. */
  readonly admit: () => void
}

export class Handover {
  private readonly system: string
  private readonly callTimeoutMs: number
  private readonly admit: () => void
  private readonly catalog: Catalog
  private readonly inflight: Inflight
  private readonly reception: Reception
  private readonly reentry: Reentry
  private readonly systems: SystemCalls
  private readonly useClock: UseClock
  /** Null: all actors live here. */
  private readonly membership: Membership | null

  constructor({ admit, callTimeoutMs, engine, system }: HandoverOptions) {
    this.system = system
    this.callTimeoutMs = callTimeoutMs
    this.admit = admit
    this.catalog = engine.catalog
    this.inflight = engine.inflight
    this.reception = engine.reception
    this.reentry = engine.reentry
    this.systems = engine.systems
    this.useClock = engine.useClock
    this.membership = engine.membership
  }

  /** Hands an envelope to its actor. */
  hand(parcel: Parcel): void {
    const { system, to } = parcel.letter
    try {
      if (this.systems.isOther(system)) {
        this.admit()
        if (this.membership?.lease.holds() === false) throw notHere(this.idOf(to))
        void this.systems.deliver(parcel)
        return
      }
      const residents = this.catalog.find(to[1], to[0])
      if (residents === null) void this.locate(parcel)
      else this.handTo(residents, parcel)
    } catch (thrown) {
      parcel.undelivered(notHanded(thrown))
    }
  }

  /** Hands it to an actor of which the store, or another member, has to say what it is. */
  private async locate(parcel: Parcel): Promise<void> {
    const [parent, name] = parcel.letter.to
    try {
      const found = await this.catalog.locate(name, parent)
      if (!(found instanceof Residents)) throw notHere(this.catalog.idOf(found, name))
      this.handTo(found, parcel)
    } catch (thrown) {
      parcel.undelivered(notHanded(thrown))
    }
  }

  private handTo(residents: Residents, parcel: Parcel): void {
    this.admit()
    const { letter } = parcel
    const { from, key, metadata, to } = letter
    // One that was given up meanwhile sets no deadline any more.
    const asker = parcel.asker?.stage === 'settled' ? null : parcel.asker
    const nowMs = this.useClock.nowMs
    const life = this.reception.lifeOf(residents, to[1], nowMs)
    const cause = asker === null ? null : asker.cause
    const target = cause === null ? null : (life ?? { id: residents.id(to[1]), residents })
    const within = cause === null || target === null ? null : checkChain(target, letter.action, false, cause)
    const activation = life ?? within?.activation
    if (activation === undefined) throw notHere(residents.id(to[1]))
    const action = actionOf(residents, letter.action)
    checkRoom(activation, false, within)
    const readsJson = action.payload.name === jsonCodec.name
    const payload = readsJson ? parcel.takeJson() : (parcel.payload ?? undefined)
    const call = { payload, metadata, idempotencyKey: key }
    // What its metadata says of time was said to the caller of the turn that it comes from; of a call for later, of itself.
    const timeoutMs = letter.kind === 'call' ? timeoutOf(call, this.callTimeoutMs) : this.callTimeoutMs
    const caller = from === null ? null : this.idOf(from)
    const message = new Message(this.inflight, action, call, caller, cause, timeoutMs, true)
    if (asker !== null) message.endWith(asker)
    message.parcel = parcel
    activation.lastUsedMs = nowMs
    if (within === null) this.reception.place(activation, message, nowMs)
    else this.reentry.take(message, within)
  }

  private idOf([parent, name]: Correspondent): ActorId {
    return { system: this.system, parent, name }
  }
}

function notHanded(thrown: unknown): SpawnError {
  return isSpawnError(thrown) ? thrown : new SpawnError('DEFECT', messageOf(thrown), { cause: thrown })
}
