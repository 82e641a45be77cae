// What goes to other members without an answer to wait for: envelopes, the ends of those that asked, hints, announcements.
// Decides to whom, how much waits, and what is left to be found in the store: envelopes stand there, whatever becomes of them
// here, so one that is in doubt is not sent again, but pointed at.
//
// Invariant: envelopes for one member come in their order, one batch at a time. After one that may not have come, and under
// each view, the next says that the store has to be looked into first: under another view they may have gone elsewhere.

import { messageOf, type SpawnError } from '../base/index.ts'
import type { HandedEnvelope, RemoteAnnouncement, RemoteAnswer } from '../ports/index.ts'
import type { PeerBody } from './peers/peer-request.ts'
import type { MeshGround, Standpoint } from './ground.ts'

/** Envelopes of one batch, and of all that wait for one member; and the bytes of their payloads. */
const BATCH = 512
const WAITING = 8_192
const WAITING_BYTES = 16 * 1_048_576

const HAND_TIMEOUT_MS = 10_000
const TELL_TIMEOUT_MS = 60_000

/** What waits for one member. */
interface Bag {
  envelopes: HandedEnvelope[]
  bytes: number
  /** Something may not have come: it is to look into the store. */
  afresh: boolean
  isUnderWay: boolean
}

export class Mail {
  readonly #cluster: Standpoint
  readonly #ground: MeshGround
  readonly #bags = new Map<string, Bag>()

  constructor(cluster: Standpoint, ground: MeshGround) {
    this.#cluster = cluster
    this.#ground = ground
  }

  hand(envelopes: readonly HandedEnvelope[]): void {
    const { self, tenant } = this.#cluster
    const own: HandedEnvelope[] = []
    for (const handed of envelopes) {
      const to = this.#cluster.receiverOf(handed)
      if (to === self) own.push(handed)
      else if (to !== null) this.#put(to, handed)
    }
    if (own.length > 0) tenant?.handed(self, own)
    for (const [member, bag] of this.#bags) this.#send(member, bag)
  }

  poke(to: readonly { readonly definition: string; readonly name: string }[]): void {
    const { directory, self, tenant } = this.#cluster
    const members = new Set(to.map(({ definition, name }) => directory.keeper(definition, name)?.id))
    for (const member of members) {
      if (member === self) tenant?.poked()
      else if (member !== undefined) this.#doubt(member)
    }
  }

  tell(member: string, envelope: string, end: RemoteAnswer | SpawnError): void {
    const { self, tenant } = this.#cluster
    if (member === self) tenant?.told(envelope, end)
    else if (this.#cluster.has(member)) this.#post(member, { kind: 'told', envelope, end }, TELL_TIMEOUT_MS)
  }

  announce(announcement: RemoteAnnouncement): void {
    for (const member of this.#cluster.directory.neighbours())
      this.#post(member, { kind: 'announce', announcement }, HAND_TIMEOUT_MS)
  }

  /**
   * A view is applied. Whoever cares for an actor now may have looked into the store before what this member has sent stood
   * there: this member may have been the last to hear of the view.
   */
  viewed(): void {
    this.#tellAllToLook()
  }

  #tellAllToLook(): void {
    for (const member of this.#cluster.directory.neighbours()) this.#doubt(member)
  }

  #bag(member: string): Bag {
    const known = this.#bags.get(member)
    if (known !== undefined) return known
    const bag: Bag = { envelopes: [], bytes: 0, afresh: false, isUnderWay: false }
    this.#bags.set(member, bag)
    return bag
  }

  #put(member: string, handed: HandedEnvelope): void {
    const bag = this.#bag(member)
    const bytes = handed.envelope.payload?.value.length ?? 0
    // More than memory takes is found in the store, and so is all that comes behind it.
    if (bag.envelopes.length >= WAITING || bag.bytes + bytes > WAITING_BYTES) this.#leave(bag)
    bag.envelopes.push(handed)
    bag.bytes += bytes
  }

  #leave(bag: Bag): void {
    this.#ground.counts.unhanded += bag.envelopes.length
    bag.envelopes = []
    bag.bytes = 0
    bag.afresh = true
  }

  #doubt(member: string): void {
    const bag = this.#bag(member)
    bag.afresh = true
    this.#send(member, bag)
  }

  #send(member: string, bag: Bag): void {
    if (bag.isUnderWay) return
    if (bag.envelopes.length === 0 && !bag.afresh) return
    if (!this.#cluster.has(member) || this.#bags.get(member) !== bag) {
      this.#leave(bag)
      if (this.#bags.get(member) === bag) this.#bags.delete(member)
      this.#cluster.tenant?.poked()
      this.#tellAllToLook()
      return
    }
    const { epoch, system } = this.#cluster
    const { afresh } = bag
    const envelopes = bag.envelopes.splice(0, BATCH)
    bag.isUnderWay = true
    bag.afresh = false
    bag.bytes -= envelopes.reduce((sum, { envelope }) => sum + (envelope.payload?.value.length ?? 0), 0)
    const body = { kind: 'hand', afresh, envelopes } as const
    this.#ground.links.request(member, { system, epoch, body }, { timeoutMs: HAND_TIMEOUT_MS }).then(
      (reply) => {
        if (reply.kind === 'done') this.#came(member, bag, envelopes.length)
        else if (reply.kind === 'notOwner') void this.#moved(member, bag, envelopes, reply.epoch)
        else this.#lost(member, bag, envelopes.length, reply.kind === 'failed' ? reply.error : reply.kind)
      },
      (thrown: unknown) => this.#lost(member, bag, envelopes.length, thrown),
    )
  }

  #came(member: string, bag: Bag, count: number): void {
    this.#ground.counts.handed += count
    bag.isUnderWay = false
    this.#send(member, bag)
  }

  /** Some are another member's by now: all of them are handed on, under the view that says so. */
  async #moved(member: string, bag: Bag, envelopes: readonly HandedEnvelope[], epoch: number): Promise<void> {
    const { clock, membership, timing } = this.#ground
    const isKnown = (): boolean => membership.view.epoch >= epoch
    const isLater = epoch > this.#cluster.epoch && (await membership.reached(isKnown, timing.viewWaitMs))
    // By its own view nothing has changed: it comes to this one.
    if (!isLater) await new Promise<void>((resolve) => void clock.after(timing.retryMs, resolve))
    bag.isUnderWay = false
    bag.afresh = true
    for (const to of new Set(envelopes.map((handed) => this.#cluster.receiverOf(handed)))) {
      if (to === this.#cluster.self) this.#cluster.tenant?.poked()
      else if (to !== null) this.#bag(to).afresh = true
    }
    this.hand(envelopes)
    this.#send(member, bag)
  }

  #lost(member: string, bag: Bag, count: number, thrown: unknown): void {
    const { clock, counts, membership, timing } = this.#ground
    this.#failed(member, 'hand', thrown)
    counts.unhanded += count
    bag.afresh = true
    // It has left, and reaches nobody: they look into the store under the view without it.
    if (membership.stage === 'left') return
    clock.after(timing.retryMs, () => {
      bag.isUnderWay = false
      this.#send(member, bag)
    })
  }

  #post(member: string, body: PeerBody, timeoutMs: number): void {
    const { epoch, system } = this.#cluster
    this.#ground.links.request(member, { system, epoch, body }, { timeoutMs }).then(
      (reply) => {
        if (reply.kind !== 'done') this.#failed(member, body.kind, reply.kind)
      },
      (thrown: unknown) => this.#failed(member, body.kind, thrown),
    )
  }

  #failed(member: string, kind: string, thrown: unknown): void {
    const fields = { member, kind, system: this.#cluster.system, error: messageOf(thrown) }
    this.#ground.logger.debug('a member did not take what was sent to it', fields)
  }
}
