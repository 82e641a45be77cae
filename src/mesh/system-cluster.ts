// One system on one member, as its engine sees the cluster. Decides whether an actor is here, from the view, what others have
// acknowledged, and the lease; the rest it hands to its parts: handoff.ts, call-routing.ts, mail.ts.
//
// Invariant: what is asked within one step is answered from one view, and `isHere` only while the lease holds.

import { letterFrom, recipientOf } from '../actor/index.ts'
import { assert, type CancelSignal, type SpawnError } from '../base/index.ts'
import type {
  Cluster,
  HandedEnvelope,
  HostedDefinition,
  RemoteAnnouncement,
  RemoteAnswer,
  RemoteCall,
  Tenant,
  Whereabouts,
} from '../ports/index.ts'
import { CallRouting } from './call-routing.ts'
import { Directory } from './directory.ts'
import type { MeshGround, Standpoint } from './ground.ts'
import { Handoff } from './handoff.ts'
import { Holdings } from './holdings.ts'
import { Mail } from './mail.ts'
import { vacancyError } from './placement.ts'
import { memberOf, type ViewMember, type ViewRecord } from './view.ts'

export class SystemCluster implements Cluster, Standpoint {
  readonly system: string
  readonly self: string
  readonly #ground: MeshGround
  readonly #host: (system: string, definitions: readonly HostedDefinition[]) => Promise<void>
  readonly #handoff: Handoff
  readonly #routing: CallRouting
  readonly #mail: Mail
  #directory: Directory
  #record: ViewRecord
  #holdings: Holdings
  #tenant: Tenant | null = null

  constructor(
    system: string,
    ground: MeshGround,
    host: (system: string, definitions: readonly HostedDefinition[]) => Promise<void>,
  ) {
    this.system = system
    this.self = ground.membership.self.id
    this.#ground = ground
    this.#host = host
    const { view } = ground.membership
    this.#directory = new Directory(view, system, this.self)
    this.#record = { current: view, unsettled: [], since: view.epoch }
    this.#holdings = new Holdings(this.#record, system, this.self, null)
    this.#holdings.update(this.#acked)
    this.#handoff = new Handoff(this, ground)
    this.#routing = new CallRouting(this, ground)
    this.#mail = new Mail(this, ground)
  }

  /** The engine that it is for; once. */
  attach(tenant: Tenant): void {
    assert(this.#tenant === null, 'a system of a member has one engine')
    this.#tenant = tenant
  }

  /** The engine has stopped: nothing of it is in memory. */
  detach(): void {
    this.#tenant = null
  }

  /** Null: no engine is there yet, or any more. */
  get tenant(): Tenant | null {
    return this.#tenant
  }

  get directory(): Directory {
    return this.#directory
  }

  get holdings(): Holdings {
    return this.#holdings
  }

  get epoch(): number {
    return this.#directory.view.epoch
  }

  get holdsLease(): boolean {
    return this.#ground.membership.serves
  }

  isHere(definition: string, name: string): boolean {
    if (!this.#ground.membership.serves || !this.#directory.isMine(definition, name)) return false
    return this.#holdings.isSettled || this.#isFree(definition, name)
  }

  isMine(definition: string, name: string): boolean {
    return this.#directory.isMine(definition, name)
  }

  caresFor(definition: string, name: string): boolean {
    return this.#directory.keeper(definition, name)?.id === this.self
  }

  whenHere(definition: string, name: string): Promise<void> {
    return this.#handoff.whenHere(definition, name)
  }

  definition(name: string): HostedDefinition | null {
    return this.#directory.definition(name)
  }

  listeners(channel: string): readonly HostedDefinition[] {
    return this.#directory.listeners(channel)
  }

  hosts(definition: string): readonly string[] {
    return this.#directory.hosts(definition)
  }

  isReachedElsewhere(definition: string): boolean {
    return this.#directory.isReachedElsewhere(definition)
  }

  has(member: string): boolean {
    return this.#directory.view.members.some(({ id }) => id === member)
  }

  call(call: RemoteCall, signal: CancelSignal | undefined): Promise<RemoteAnswer> {
    return this.#routing.call(call, signal)
  }

  hand(envelopes: readonly HandedEnvelope[]): void {
    this.#mail.hand(envelopes)
  }

  tell(member: string, envelope: string, end: RemoteAnswer | SpawnError): void {
    this.#mail.tell(member, envelope, end)
  }

  poke(to: readonly { readonly definition: string; readonly name: string }[]): void {
    this.#mail.poke(to)
  }

  announce(announcement: RemoteAnnouncement): void {
    this.#mail.announce(announcement)
  }

  hosting(definitions: readonly HostedDefinition[]): Promise<void> {
    return this.#host(this.system, definitions)
  }

  /** The member that an envelope is for; null: nobody can take it now, it stands in the store. */
  receiverOf({ envelope, member }: HandedEnvelope): string | null {
    if (member !== null) return this.has(member) ? member : null
    const { definition, name } = recipientOf(letterFrom(envelope.id, envelope.header), this.system)
    return this.#directory.keeper(definition, name)?.id ?? null
  }

  /** A later view is applied: from here on every answer is from it. Resolves when what is not this member's is let go of. */
  async viewed(record: ViewRecord): Promise<void> {
    this.#record = record
    this.#directory = new Directory(record.current, this.system, this.self)
    this.#holdings = new Holdings(record, this.system, this.self, this.#holdings)
    this.#holdings.update(this.#acked)
    this.#tenant?.placed()
    this.#mail.viewed()
    this.#handoff.look()
    await this.letGo()
  }

  async letGo(): Promise<void> {
    await this.#tenant?.releaseAll()
    if (memberOf(this.#directory.view, this.self)?.phase === 'draining') await this.#tenant?.passOn()
  }

  acknowledged(): void {
    this.#holdings.update(this.#acked)
    this.#handoff.look()
  }

  serving(): void {
    this.#tenant?.placed()
    this.#handoff.look()
  }

  expelled(): void {
    this.#tenant?.expelled()
    this.#handoff.look()
  }

  whereabouts(definition: string, name: string): Whereabouts {
    const owner = this.#directory.owner(definition, name)
    if (owner === null) {
      const { message } = vacancyError(this.#directory.place(definition), this.system, definition, name)
      return { member: null, reason: message, isServed: false }
    }
    const isServed =
      owner.id === this.self ? this.isHere(definition, name) : this.#isServedBy(owner, definition, name)
    return { member: owner.id, reason: null, isServed }
  }

  /** As far as is known here: another member has applied this view, and those that may have had the actor have let go of it. */
  #isServedBy(owner: ViewMember, definition: string, name: string): boolean {
    if (this.#acked(owner) !== this.epoch) return false
    if (this.#directory.place(definition).isLocal) return true
    const holdings = new Holdings(this.#record, this.system, owner.id, null)
    holdings.update(this.#acked)
    return holdings.isFree(definition, name)
  }

  /** Of a `local` one each member has its own: nobody lets go of it for another. */
  #isFree(definition: string, name: string): boolean {
    return this.#directory.place(definition).isLocal || this.#holdings.isFree(definition, name)
  }

  readonly #acked = (member: ViewMember): number => this.#ground.membership.acked(member)
}
