// The wiring of what leaves actors: composing, delivery, timers, channels. What a commit carried goes on from here.

import type { Clock, Limits, Random } from '../base/index.ts'
import type { Logger, Statestore } from '../ports/index.ts'
import type { Catalog } from './catalog.ts'
import { Channels } from './channels.ts'
import type { GroupedCommit } from './committer.ts'
import { Courier } from './courier.ts'
import { Delivery } from './delivery.ts'
import { Departures } from './departures.ts'
import type { OutsideLoad } from './outside-commit.ts'
import type { Parcel } from './parcel.ts'
import { Postmark } from './postmark.ts'
import { Timers } from './timers.ts'

export interface PostOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: Limits
  readonly catalog: Catalog
  /** How long after the start definitions may still come, in milliseconds. */
  readonly lateDefinitionsMs: number
  /** Commits what belongs to no actor. */
  readonly commit: (load: OutsideLoad) => Promise<boolean>
  /** Hands an envelope to its actor. */
  readonly deliver: (parcel: Parcel) => void
}

export class Post {
  readonly channels: Channels
  readonly courier: Courier
  readonly departures: Departures
  readonly postmark: Postmark
  readonly timers: Timers

  constructor({ catalog, commit, deliver, ...rest }: PostOptions) {
    const { clock, limits, logger, random, store, system } = rest
    const postmark = new Postmark(system, catalog, clock, random)
    const channels = new Channels(catalog, logger)
    const delivery = new Delivery({ ...rest, postmark, commit })
    const toPool = ({ letter: { to } }: Parcel): boolean =>
      catalog.residents(to[1], to[0])?.definition.kind === 'pooled'
    const courier = new Courier({ ...rest, delivery, hand: deliver, toPool })
    const supersede = (id: string): void => courier.supersede(id)
    const timers = new Timers({ system, store, clock, logger, commit, supersede })
    this.channels = channels
    this.courier = courier
    this.departures = new Departures({ postmark, channels, timers, limits, now: () => clock.now() })
    this.postmark = postmark
    this.timers = timers
  }

  start(): void {
    this.courier.start()
  }

  /** Takes in no more than what calls wait for. */
  drain(): void {
    this.courier.drain()
    this.timers.stop()
  }

  stop(): void {
    this.courier.stop()
  }

  /** What a commit carried is durable and leaves. */
  departed(commit: GroupedCommit): void {
    for (const announcement of commit.announcements) this.channels.announce(announcement)
    this.courier.committed(commit)
  }

  /** What these commits carried may be durable or not, or others of the same actors are. */
  uncertain(group: readonly GroupedCommit[]): void {
    this.courier.uncertain(group)
  }
}
