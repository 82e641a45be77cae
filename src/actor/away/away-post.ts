// Envelopes whose actors live on other members: which are handed on, and which wait until their actor is here. What is held
// and delivered here is the courier's.
//
// Invariant: an envelope is held here only while its actor is (or a turn of it that waits for the envelope: way-back.ts), and only if it was read from the store after that actor came,
// or committed since. So what its last member has taken is not delivered again, and order is kept over a move. To hand one
// on is a short cut: who cares for it finds it in the store anyway.

import { type Clock, messageOf } from '../../base/index.ts'
import type { Cluster, HandedEnvelope, Logger } from '../../ports/index.ts'
import type { Askers } from './askers.ts'
import type { Catalog } from '../catalog.ts'
import { isOutbound, type Letter, type Recipient, recipientOf } from '../post/letter.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import { Parcel } from '../post/parcel.ts'
import { correspondent } from '../post/postmark.ts'
import { leadsBackHere, leadsBackTo } from './way-back.ts'

export interface AwayPostOptions {
  readonly system: string
  readonly cluster: Cluster
  readonly catalog: Catalog
  readonly clock: Clock
  readonly logger: Logger
  readonly askers: Askers
  readonly commit: (load: OutsideLoad) => Promise<boolean>
  /** The actor of these is here now: what stands in the store for it may be more than these. */
  readonly cameHere: (asked: readonly Parcel[]) => void
}

/** How long after it was handed on an envelope may have missed its receiver, when the view changes, in milliseconds. */
const MISSED_MS = 30_000
/** Receivers, and deliveries, that are remembered for that. */
const REMEMBERED = 4_096

export class AwayPost {
  private readonly options: AwayPostOptions
  /** Actors that are to come here, each with what somebody waits for. Nothing for them is held before. */
  private readonly coming = new Map<string, Parcel[]>()
  private leaving: Parcel[] = []
  private placedAtMs = Number.NEGATIVE_INFINITY
  /** What was delivered here of late: when it is handed to this member only then, it is not delivered again. */
  private readonly delivered = new Set<string>()
  /** Who was sent to of late, and when, oldest first. */
  private readonly sentTo = new Map<string, Recipient & { readonly atMs: number }>()

  constructor(options: AwayPostOptions) {
    this.options = options
  }

  /** Whether it is this member's to deliver. */
  cares(parcel: Parcel): boolean {
    const { cluster, system } = this.options
    const { letter, member } = parcel
    // What was for a member that is gone is for whoever finds it.
    if (member !== null && cluster.has(member)) return member === cluster.self
    const { definition, name } = this.recipient(letter)
    return cluster.caresFor(definition, name) || leadsBackHere(parcel, system)
  }

  /** Whether one that was just committed leaves this member. */
  leaves(parcel: Parcel): boolean {
    return !this.cares(parcel) || this.backAt(parcel) !== null
  }

  /** The other member where a turn of its receiver waits for it; null: none is known. */
  private backAt(parcel: Parcel): string | null {
    const { cluster, system } = this.options
    const member = leadsBackTo(parcel, system)
    return member !== null && member !== cluster.self && cluster.has(member) ? member : null
  }

  /**
   * Whether it can be held now. If not, it is seen to: its actor is waited for, and who waits for its end is not forgotten.
   */
  takes(parcel: Parcel): boolean {
    if (!this.cares(parcel)) {
      if (isAsked(parcel)) this.handOn([parcel])
      return false
    }
    // What is for a member is for it alone, wherever actors live.
    if (parcel.member === this.options.cluster.self) return this.options.cluster.holdsLease
    if (leadsBackHere(parcel, this.options.system)) return true
    const to = this.recipient(parcel.letter)
    const key = keyOf(to)
    const coming = this.coming.get(key)
    if (coming === undefined && this.isHere(to)) return true
    if (coming === undefined) this.await(key, to, isAsked(parcel) ? [parcel] : [])
    else if (isAsked(parcel)) coming.push(parcel)
    return false
  }

  /** It leaves this member with the next `send`. */
  add(parcel: Parcel): void {
    this.leaving.push(parcel)
  }

  send(): void {
    if (this.leaving.length === 0) return
    const { leaving } = this
    this.leaving = []
    this.handOn(leaving, (parcel) => this.backAt(parcel))
  }

  /** Something may have been sent that this member does not know of. */
  poke(parcels: readonly Parcel[]): void {
    const away = parcels.filter(
      (parcel) => parcel.box !== 'dead' && parcel.box !== 'fact' && !this.cares(parcel),
    )
    if (away.length > 0) this.options.cluster.poke(away.map(({ letter }) => this.recipient(letter)))
  }

  /** The view has changed: what was handed to members that did not care for it any more may have been dropped by them. */
  placed(): void {
    this.placedAtMs = this.options.clock.now()
    const sinceMs = this.placedAtMs - MISSED_MS
    const missed = [...this.sentTo.values()].filter(({ atMs }) => atMs >= sinceMs)
    this.sentTo.clear()
    if (missed.length > 0)
      this.options.cluster.poke(missed.map(({ definition, name }) => ({ definition, name })))
  }

  /** Whether what an actor has sent on its last member may still be on its way. */
  get hasMoved(): boolean {
    return this.options.clock.now() - this.placedAtMs < MISSED_MS
  }

  /** It has left this member: taken, or let go of. */
  left({ id }: Parcel): void {
    const { delivered } = this
    delivered.add(id)
    if (delivered.size <= REMEMBERED) return
    for (const oldest of delivered) {
      delivered.delete(oldest)
      break
    }
  }

  /** Whether only the store can say if it still stands. */
  isDoubtful({ id }: Parcel): boolean {
    return this.delivered.has(id)
  }

  /** Envelopes that another member has handed to this one. */
  handed(from: string, envelopes: readonly HandedEnvelope[]): Parcel[] {
    const { askers, logger } = this.options
    const parcels: Parcel[] = []
    for (const { asksForMs, chain, envelope } of envelopes) {
      const parcel = Parcel.readable({ ...envelope, place: 0 }, logger)
      if (parcel === null) continue
      if (asksForMs !== null) parcel.asker = askers.standIn(from, parcel, chain, asksForMs)
      parcels.push(parcel)
    }
    return parcels
  }

  /** Whether it names an instance without its definition. */
  isUnaddressed({ letter }: Parcel): boolean {
    const { catalog, system } = this.options
    const [parent, name] = letter.to
    return parent === '' && !isOutbound(letter, system) && catalog.kindOf(name) === undefined
  }

  /** An instance that was named without its definition: its envelope is addressed anew, and goes where that instance lives. */
  async readdress(parcel: Parcel): Promise<void> {
    const { catalog, commit, logger } = this.options
    const [, name] = parcel.letter.to
    try {
      const found = await catalog.locate(name)
      const id = 'definition' in found ? found.id(name) : catalog.idOf(found, name)
      const again = parcel.revised({ to: correspondent(id) })
      again.asker = parcel.asker
      await commit({ sends: [again], takes: [parcel.id], occasions: parcel.occasions })
    } catch (thrown) {
      logger.warn('an envelope could not be addressed', { envelope: parcel.id, error: messageOf(thrown) })
    }
  }

  /**
   * Hands envelopes on, in order; who waits for one of them is told by the member that takes it.
   *
   * @param first the member that is to have it before the one where its actor lives; null: none.
   */
  private handOn(parcels: readonly Parcel[], first: (parcel: Parcel) => string | null = () => null): void {
    const { askers, clock, cluster } = this.options
    const nowMs = clock.now()
    for (const { letter } of parcels) this.remember(this.recipient(letter), nowMs)
    cluster.hand(
      parcels.map((parcel) => {
        const { box, dueAtMs, header, id, payload } = parcel
        const member = parcel.member ?? first(parcel)
        return { envelope: { id, box, dueAtMs, header, payload }, member, ...askers.asks(parcel) }
      }),
    )
  }

  private remember(to: Recipient, atMs: number): void {
    const key = keyOf(to)
    this.sentTo.delete(key)
    this.sentTo.set(key, { ...to, atMs })
    for (const oldest of this.sentTo.keys()) {
      if (this.sentTo.size <= REMEMBERED) break
      this.sentTo.delete(oldest)
    }
  }

  private recipient(letter: Letter): Recipient {
    return recipientOf(letter, this.options.system)
  }

  private isHere({ definition, name }: Recipient): boolean {
    const { cluster } = this.options
    // Of what nobody hosts, one member finds out that it has no receiver, or has one under another address.
    return cluster.isHere(definition, name) || (cluster.holdsLease && cluster.definition(definition) === null)
  }

  private await(key: string, { definition, name }: Recipient, asked: Parcel[]): void {
    this.coming.set(key, asked)
    const { cameHere, cluster } = this.options
    cluster.whenHere(definition, name).then(
      () => {
        this.coming.delete(key)
        cameHere(asked)
      },
      () => {
        this.coming.delete(key)
        const still = asked.filter((parcel) => isAsked(parcel))
        if (still.length > 0) this.handOn(still)
      },
    )
  }
}

/** Whether somebody still waits for its end. */
function isAsked({ asker }: Parcel): boolean {
  return asker !== null && asker.stage !== 'settled'
}

function keyOf({ definition, name }: Recipient): string {
  return `${definition}\0${name}`
}
