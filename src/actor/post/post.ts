// The wiring of what leaves actors: composing, delivery, timers, channels. What a commit carried goes on from here.

import { type Clock, type Limits, messageOf, type Random, SpawnError } from '../../base/index.ts'
import type {
  Cluster,
  HandedEnvelope,
  Kind,
  Logger,
  RemoteAnnouncement,
  Statestore,
} from '../../ports/index.ts'
import { type ActorId, anyCodec } from '../../protocol/index.ts'
import type { Activation } from '../life/activation.ts'
import { Askers } from '../away/askers.ts'
import { AwayPost } from '../away/away-post.ts'
import type { Catalog } from '../catalog.ts'
import { type Announcement, Channels } from './channels.ts'
import type { Carrier, GroupedCommit, Meanwhile } from '../committer.ts'
import { Courier } from './courier.ts'
import { Delivery } from './delivery.ts'
import { Departures } from './departures.ts'
import type { Inflight } from '../inflight.ts'
import { isOutbound, type Letter } from './letter.ts'
import type { Membership } from '../away/membership.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import { FactNews } from '../past/fact-news.ts'
import type { Parcel } from './parcel.ts'
import { Postmark } from './postmark.ts'
import type { Residents } from '../life/residents.ts'
import { Spreading } from './spreading.ts'
import { Timers } from './timers.ts'

export interface PostOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: Limits
  readonly catalog: Catalog
  readonly inflight: Inflight
  /** Null: all actors live here. */
  readonly membership: Membership | null
  /** How long after the start definitions may still come, in milliseconds. */
  readonly lateDefinitionsMs: number
  /** Commits what belongs to no actor. */
  readonly commit: (load: OutsideLoad) => Promise<boolean>
  /** @throws SpawnError when there is no way to the system that an effect is for. */
  readonly checkOutbound: (letter: Letter) => void
  /** Hands an envelope to its actor. */
  readonly deliver: (parcel: Parcel) => void
}

export class Post implements Carrier {
  readonly channels: Channels
  readonly courier: Courier
  readonly departures: Departures
  readonly postmark: Postmark
  readonly timers: Timers
  readonly news: FactNews
  private readonly logger: Logger
  /** Null: no envelope leaves. */
  readonly away: AwayPost | null = null
  readonly askers: Askers | null = null
  readonly spreading: Spreading | null = null
  private readonly cluster: Cluster | null = null

  constructor({ catalog, checkOutbound, commit, deliver, membership, ...rest }: PostOptions) {
    const { clock, limits, logger, random, store, system } = rest
    this.logger = logger
    const knowsAll = membership === null && rest.lateDefinitionsMs === 0
    const postmark = new Postmark(system, catalog, knowsAll, clock, random)
    const channels = new Channels(catalog, membership?.cluster ?? null, logger)
    const kindOf = (definition: string): Kind | undefined => catalog.kindOf(definition)
    const delivery = new Delivery({ ...rest, postmark, commit, kindOf })
    const toPool = ({ letter }: Parcel): boolean =>
      !isOutbound(letter, system) &&
      catalog.residents(letter.to[1], letter.to[0])?.definition.kind === 'pooled'
    if (membership !== null) {
      const { abroad, cluster } = membership
      const askers = new Askers({ ...rest, abroad, catalog, cluster })
      const cameHere = (asked: readonly Parcel[]): void => courier.look(asked)
      this.askers = askers
      this.away = new AwayPost({ ...rest, askers, catalog, cluster, commit, cameHere })
      this.spreading = new Spreading({ ...rest, catalog, cluster, commit, postmark })
      this.cluster = cluster
    }
    const { away, spreading } = this
    const news = new FactNews(clock)
    this.news = news
    const hand = (parcel: Parcel): void => {
      if (spreading !== null && parcel.letter.kind === 'spread') void spreading.take(parcel)
      else deliver(parcel)
    }
    const courier: Courier = new Courier({ ...rest, delivery, hand, toPool, away, news })
    const supersede = (id: string): void => courier.supersede(id)
    const cares = ({ definition }: Residents, { name }: ActorId): boolean =>
      membership === null || membership.cluster.caresFor(definition.name, name)
    const timers = new Timers({ system, store, clock, logger, commit, cares, supersede })
    this.channels = channels
    this.courier = courier
    this.departures = new Departures({
      postmark,
      channels,
      timers,
      limits,
      now: () => clock.now(),
      checkOutbound,
    })
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
    this.news.end()
  }

  stop(): void {
    this.courier.stop()
  }

  get meanwhile(): Meanwhile {
    return this.courier
  }

  /** What a commit carried is durable and leaves. */
  departed(commit: GroupedCommit): void {
    for (const announcement of commit.announcements) this.announce(announcement)
    this.courier.committed(commit)
  }

  private announce(announcement: Announcement): void {
    this.channels.announce(announcement)
    if (this.cluster === null) return
    const { bytes, channel, from, metadata, payload } = announcement
    try {
      const packed = bytes ?? anyCodec.accept(payload) ?? null
      this.cluster.announce({ channel, from, metadata, payload: packed })
    } catch (thrown) {
      const error = messageOf(thrown)
      this.logger.error('a broadcast could not be told to listeners on other members', { channel, error })
    }
  }

  /** Another member has broadcast. */
  announced({ payload, ...event }: RemoteAnnouncement): void {
    this.channels.announce({ ...event, payload: this.channels.read(event.channel, payload) })
  }

  /** What these commits carried may be durable or not, or others of the same actors are. */
  uncertain(group: readonly GroupedCommit[]): void {
    this.courier.uncertain(group)
    for (const { sends } of group) this.away?.poke(sends)
  }

  /** An actor has come to life. */
  began({ id }: Activation): void {
    this.courier.begins(id)
    if (this.away?.hasMoved === true) this.courier.doubt(id)
  }

  /** Other members have committed these, for actors of this one. */
  handed(member: string, envelopes: readonly HandedEnvelope[]): void {
    if (this.away !== null) this.courier.handed(this.away.handed(member, envelopes))
  }

  /** Others may deliver what is held here. */
  expelled(): void {
    this.courier.expelled(passedOn())
  }
}

/** What is told of a call whose next hop another member delivers. */
function passedOn(): SpawnError {
  const text =
    'the call was passed on, and this member lost its lease before it was answered; it may have happened'
  return new SpawnError('LEASE_LOST', text)
}
