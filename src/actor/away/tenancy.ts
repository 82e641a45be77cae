// The engine as its cluster sees it: what comes in from other members, and what a change of the view means to the actors that
// are in memory. Decides how much of that is done in one go; how each actor leaves is leaving.ts's and expulsion.ts's.

import type { CancelSignal, Clock, SpawnError } from '../../base/index.ts'
import type {
  HandedEnvelope,
  RemoteAnnouncement,
  RemoteAnswer,
  RemoteCall,
  Tenant,
} from '../../ports/index.ts'
import type { Activation } from '../life/activation.ts'
import { Arrivals } from './arrivals.ts'
import type { Beginnings } from './beginnings.ts'
import type { Calls } from '../calls.ts'
import type { Engine } from '../engine.ts'
import type { Membership } from './membership.ts'
import type { Operations } from '../operations.ts'
import { placementOf } from './placement.ts'
import type { Residents } from '../life/residents.ts'

export interface TenancyOptions {
  readonly system: string
  readonly clock: Clock
  readonly engine: Engine
  readonly membership: Membership
  readonly calls: Calls
  readonly operations: Operations
  readonly beginnings: Beginnings
}

/** Actors looked at in one go, so that a million of them do not stop the process. */
const SLICE = 1_000

export class Tenancy implements Tenant {
  readonly system: string
  /** Actors that were in memory and were let go of, because they are to live elsewhere. */
  released = 0
  private isOver = false
  private readonly options: TenancyOptions
  private readonly arrivals: Arrivals

  constructor(options: TenancyOptions) {
    this.options = options
    this.system = options.system
    const { engine, membership } = options
    this.arrivals = new Arrivals({ ...options, abroad: membership.abroad, catalog: engine.catalog })
  }

  receive(call: RemoteCall, signal: CancelSignal): Promise<RemoteAnswer> {
    return this.arrivals.receive(call, signal)
  }

  handed(member: string, envelopes: readonly HandedEnvelope[]): void {
    this.options.engine.post.handed(member, envelopes)
  }

  told(envelope: string, end: RemoteAnswer | SpawnError): void {
    this.options.engine.post.askers?.told(envelope, end)
  }

  announced(announcement: RemoteAnnouncement): void {
    this.options.engine.post.announced(announcement)
  }

  poked(): void {
    this.options.engine.post.courier.look()
  }

  placed(): void {
    this.options.engine.post.courier.placed()
    this.options.beginnings.placed()
  }

  async release(definition: string, name: string): Promise<void> {
    const { catalog, leaving, post } = this.options.engine
    const residents = catalog.residents(definition, undefined)
    const kind = residents?.definition.kind ?? (definition === name ? 'named' : 'unnamed')
    if (residents !== undefined && residents.pool !== null) this.releasePool(residents)
    else {
      const life = residents?.byName.get(name)
      if (life !== undefined) this.letGo(life)
    }
    await Promise.all([leaving.gone(catalog.idOf({ kind, name: definition }, name)), post.timers.settled()])
  }

  async releaseAll(): Promise<void> {
    const { catalog } = this.options.engine
    const slice = { left: SLICE }
    for (const residents of catalog.all.slice()) {
      if (placementOf(residents.definition).by === 'local') continue
      if (residents.pool === null) await this.releaseThose(residents, slice)
      else if (!this.isMine(residents, residents.definition.name)) this.releasePool(residents)
    }
    const { leaving, post } = this.options.engine
    await Promise.all([leaving.allGone(), post.timers.settled()])
  }

  async passOn(): Promise<void> {
    await this.options.engine.post.spreading?.takeAll()
  }

  /** The runtime has stopped: all that is in memory is committed, and told. */
  end(): void {
    this.isOver = true
  }

  expelled(): void {
    if (this.isOver) return
    this.options.beginnings.expelled()
    this.options.engine.expulsion.expel()
  }

  private letGo(life: Activation): void {
    this.released += 1
    const { leaving, post } = this.options.engine
    post.spreading?.movedAway(life)
    leaving.release(life)
  }

  private isMine({ definition }: Residents, name: string): boolean {
    return this.options.membership.cluster.isMine(definition.name, name)
  }

  /** The list may change while others have their chance: who comes in meanwhile may stay, and who leaves is not seen again. */
  private async releaseThose(residents: Residents, slice: { left: number }): Promise<void> {
    const { clock } = this.options
    for (const [name, life] of residents.byName) {
      if (!this.isMine(residents, name)) this.letGo(life)
      slice.left -= 1
      if (slice.left > 0) continue
      slice.left = SLICE
      await new Promise<void>((resolve) => {
        clock.defer(resolve)
      })
    }
  }

  /** Nobody waits for its workers to end: they keep nothing. */
  private releasePool({ pool }: Residents): void {
    const { activations, leaving } = this.options.engine
    if (pool === null) return
    activations.sendOn(pool.front)
    for (const worker of Array.from(pool.all)) leaving.release(worker)
  }
}
