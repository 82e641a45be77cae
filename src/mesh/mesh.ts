// A member of a cluster: its membership, the links to the others, and a cluster for each system that runs here. The wiring, and
// what a change of the view sets in motion, in which order; it decides when all that moved away is let go of, and says so.

import { type Clock, messageOf, type Random } from '../base/index.ts'
import type {
  ClusterStatus,
  ClusterView,
  HostedDefinition,
  Logger,
  MemberView,
  Register,
  Whereabouts,
  Wire,
} from '../ports/index.ts'
import { noCounts } from './counts.ts'
import { Membership } from './membership.ts'
import { Peers } from './peers/peers.ts'
import { Service } from './service.ts'
import type { MeshGround } from './ground.ts'
import { SystemCluster } from './system-cluster.ts'
import { MESH_TIMING, type MeshTiming } from './timing.ts'
import type { ViewMember, ViewRecord } from './view.ts'

export interface MeshOptions {
  readonly register: Register
  readonly wire: Wire
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Of the cluster, and of this process alone: 1 to 64 letters, digits, `-` and `_`. Default: made from `name`. */
  readonly id?: string
  /** What people know this process by; default: `node`. */
  readonly name?: string | undefined
  /** The machine or process, as people know it. */
  readonly node: string
  readonly zone?: string | null
  readonly labels?: Readonly<Record<string, string>>
  /** Its share of the actors, against those of the others. Default: 1. */
  readonly capacity?: number
  readonly version: string
  readonly timing?: Partial<MeshTiming>
  /** What else must be true for it to serve; false once, it is a member no more. Looked at often, so it must be quick. */
  readonly grounds?: (() => boolean) | undefined
}

/** How long a member that leaves waits for the others, at most: one of them may be gone. */
const LEAVE_MS = 1_000

export class Mesh implements ClusterView {
  readonly id: string
  readonly #membership: Membership
  readonly #ground: MeshGround
  readonly #clusters = new Map<string, SystemCluster>()
  readonly #hosted = new Map<string, readonly HostedDefinition[]>()
  /** Those of the view before. */
  #members: readonly string[] = []
  #stopped: Promise<void> | null = null

  constructor(options: MeshOptions) {
    const { clock, logger, random, register, wire } = options
    this.id = options.id ?? idFrom(options.name ?? options.node, random)
    const timing = { ...MESH_TIMING, ...options.timing }
    const counts = noCounts()
    this.#membership = new Membership({
      register,
      clock,
      random,
      logger,
      timing,
      grounds: options.grounds,
      self: {
        id: this.id,
        node: options.node,
        zone: options.zone ?? '',
        labels: options.labels ?? {},
        capacity: options.capacity ?? 1,
        version: options.version,
        startedAtMs: clock.now(),
      },
      events: {
        viewed: (record) => this.#viewed(record),
        acknowledged: () => this.#each((cluster) => cluster.acknowledged()),
        expelled: () => this.#expelled(),
        serving: () => this.#each((cluster) => cluster.serving()),
      },
    })
    const service = new Service(() => this.#ground, this.#clusters)
    const links = new Peers({
      wire,
      clock,
      random,
      logger,
      serve: (from, request, signal) => service.serve(from, request, signal),
    })
    this.#ground = { membership: this.#membership, links, clock, logger, timing, counts }
  }

  /**
   * Joins. Systems that host something by then are in the first view that names this member.
   *
   * @throws SpawnError MEMBER_UNAVAILABLE that says what could not be reached, or agreed.
   */
  async start(): Promise<void> {
    await this.#ground.links.start(this.id)
    try {
      await this.#membership.start()
    } catch (thrown) {
      await this.#ground.links.stop()
      throw thrown
    }
  }

  /** The cluster of one system on this member: always the same. Its engine is attached before anything is asked of it. */
  of(system: string): SystemCluster {
    const known = this.#clusters.get(system)
    if (known !== undefined) return known
    const cluster = this.#clusterOf(system)
    this.#clusters.set(system, cluster)
    return cluster
  }

  #clusterOf(system: string): SystemCluster {
    return new SystemCluster(system, this.#ground, (name, definitions) => this.#host(name, definitions))
  }

  /**
   * Gives all actors away: none is placed here from the next view on, and calls are brought on to the others until `stop`.
   *
   * @returns whether all were let go of within the time.
   */
  drain(options: { readonly drainMs: number }): Promise<boolean> {
    return this.#membership.drain(options.drainMs)
  }

  /** Leaves. What is still here is dropped at once: stop the systems before, and drain before that. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** The process of another member has surely ended: its actors need not wait until its lease is over. */
  bury(member: string): void {
    this.#membership.bury(member)
  }

  setPhase(member: string, phase: 'up' | 'draining'): Promise<void> {
    return this.#membership.setPhase(member, phase)
  }

  status(): ClusterStatus {
    const { counts, membership, timing } = this.#ground
    return {
      self: this.id,
      epoch: membership.view.epoch,
      holdsLease: membership.serves,
      leaseAgeMs: membership.lease.ageMs,
      leaseMs: timing.leaseMs,
      members: membership.view.members.map((member) => this.#shown(member)),
      counts: { ...counts, released: this.#released },
    }
  }

  whereabouts(system: string, definition: string, name: string): Whereabouts {
    // Anybody may ask for any name: what does not run here is not kept.
    const cluster = this.#clusters.get(system) ?? this.#clusterOf(system)
    return cluster.whereabouts(definition, name)
  }

  /** Whether any member hosts something of a system. */
  hosts(system: string): boolean {
    return this.#membership.view.members.some((member) => member.hosts.some((host) => host.system === system))
  }

  get #released(): number {
    let sum = 0
    for (const { tenant } of this.#clusters.values()) sum += tenant?.released ?? 0
    return sum
  }

  async #stop(): Promise<void> {
    await this.#takeLeave()
    await this.#membership.stop()
    await this.#ground.links.stop()
  }

  /** Who still brings calls here, or is to hear of a reply, would not know what has run of them when this member is gone. */
  async #takeLeave(): Promise<void> {
    const membership = this.#membership
    if (!membership.serves) return
    const areElsewhere = (): boolean =>
      !membership.serves ||
      membership.view.members.every((member) => membership.acked(member) >= membership.view.epoch)
    await membership.reached(areElsewhere, LEAVE_MS)
    await this.#ground.links.replied(LEAVE_MS)
  }

  async #host(system: string, definitions: readonly HostedDefinition[]): Promise<void> {
    const membership = this.#membership
    this.#hosted.set(system, definitions)
    const all = [...this.#hosted].flatMap(([name, hosted]) =>
      hosted.map((each) => ({ system: name, hosted: each })),
    )
    membership.host(all)
    // Before it joins there is no view to wait for.
    if (membership.stage === 'new') return
    await membership.reached(() => membership.isListed, Infinity)
  }

  #viewed(record: ViewRecord): void {
    const { counts, links } = this.#ground
    counts.views += 1
    const members = record.current.members.map(({ id }) => id)
    for (const gone of this.#members) if (!members.includes(gone) && gone !== this.id) links.forget(gone)
    this.#members = members
    const released = [...this.#clusters.values()].map((cluster) => cluster.viewed(record))
    void this.#settle(record.current.epoch, Promise.all(released))
  }

  /** What is let go of is acknowledged, unless another view has come meanwhile. */
  async #settle(epoch: number, released: Promise<unknown>): Promise<void> {
    const { clock, logger, timing } = this.#ground
    try {
      await released
      this.#membership.settled(epoch)
    } catch (thrown) {
      logger.error('actors that moved were not let go of', { epoch, error: messageOf(thrown) })
      clock.after(timing.retryMs, () => {
        if (this.#membership.view.epoch !== epoch) return
        const again = [...this.#clusters.values()].map((cluster) => cluster.letGo())
        void this.#settle(epoch, Promise.all(again))
      })
    }
  }

  #expelled(): void {
    this.#ground.counts.leasesLost += 1
    this.#each((cluster) => cluster.expelled())
  }

  #each(tell: (cluster: SystemCluster) => void): void {
    for (const cluster of this.#clusters.values()) tell(cluster)
  }

  #shown(member: ViewMember): MemberView {
    const { hosts, session: _session, ...shown } = member
    const isSelf = member.id === this.id
    const acked = this.#membership.acked(member)
    const systems = Map.groupBy(hosts, ({ system }) => system)
    return {
      ...shown,
      acked: acked < 0 ? null : acked,
      seenMsAgo: isSelf ? 0 : this.#membership.seenMsAgo(member.id),
      systems: [...systems].map(([name, hosted]) => {
        return { name, definitions: hosted.map((each) => each.hosted) }
      }),
    }
  }
}

/** Unlike that of any other process, also of the one before on the same machine: its lease may still stand. */
function idFrom(name: string, random: Random): string {
  const own = Math.floor(random.next() * 36 ** 6)
  const readable = name.replaceAll(/[^A-Za-z0-9-]+/g, '-').slice(-48)
  return `${readable}-${own.toString(36).padStart(6, '0')}`
}
