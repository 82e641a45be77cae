// One member's life in the cluster: it gets a lease, joins the view, renews, looks out for the others, and leaves. Decides
// what is to be done next, one thing at a time: renew, seal who is overdue, propose a view, clear away. What a view means for
// actors is told to who hands in the events; what a crash between any two steps leaves is in docs/decisions/0020.
//
// Invariants: it serves only while its lease holds and the view that it has applied names its session. A session that was
// sealed never serves again: the member comes back as another one. Nothing is proposed of others but what is known of
// their sessions for good: that they are over.

import { assert, type CancelSignal, type Clock, type Random, SpawnError } from '../base/index.ts'
import type { Logger, Register, RegisterEntry } from '../ports/index.ts'
import { Lease } from './lease.ts'
import { Lookout } from './lookout.ts'
import { checkMemberId, memberIdOf } from './member-entry.ts'
import { OwnEntry } from './own-entry.ts'
import { RegisterLink } from './register-link.ts'
import { Rest } from './rest.ts'
import { Roster } from './roster.ts'
import { Sealing } from './sealing.ts'
import { StandingView } from './standing-view.ts'
import { checkTiming, type MeshTiming } from './timing.ts'
import { Troubles } from './troubles.ts'
import { hasSession, memberOf, type View, type ViewMember, type ViewRecord } from './view.ts'

/** What is told of it, in the step in which it happens. */
export interface MembershipEvents {
  /** A later view is applied. */
  viewed(record: ViewRecord): void
  /** Another member has acknowledged a view, or may have. */
  acknowledged(): void
  /** The lease is lost: nothing that was served counts any more. */
  expelled(): void
  /** It serves, anew: its lease holds, and the view names it. */
  serving(): void
}

export interface MembershipOptions {
  readonly register: Register
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly timing: MeshTiming
  /** Without what is decided here. */
  readonly self: Omit<ViewMember, 'session' | 'phase' | 'hosts'>
  readonly events: MembershipEvents
  /** What else must be true for it to hold its lease; false once, it is a member no more. Looked at often, so it must be quick. */
  readonly grounds?: (() => boolean) | undefined
}

/** `joining`: it has no lease, or is in no view yet. `draining`: it stays so, also when it comes back. `leaving`: it goes. */
export type Stage = 'new' | 'joining' | 'up' | 'draining' | 'leaving' | 'left'

type Task = readonly [name: string, run: () => Promise<void>]

export class Membership {
  readonly lease: Lease
  readonly #options: MembershipOptions
  readonly #lookout: Lookout
  readonly #link: RegisterLink
  readonly #own: OwnEntry
  readonly #view: StandingView
  readonly #sealing: Sealing
  readonly #roster: Roster
  readonly #rest: Rest
  readonly #troubles: Troubles
  #stage: Stage = 'new'
  #beatDueMs = 0
  #retryAtMs = 0
  #isServing = false
  #isExpelled = true

  constructor(options: MembershipOptions) {
    const { clock, grounds, logger, random, register, self, timing } = options
    checkTiming(timing)
    checkMemberId(self.id)
    this.#options = options
    this.#lookout = new Lookout(clock, logger)
    this.#link = new RegisterLink({
      register,
      clock,
      requestMs: timing.requestMs,
      silenceMs: timing.heartbeatMs * 2,
      resumed: () => this.#lookout.startAnew(),
    })
    this.#own = new OwnEntry(self.id, this.#link, this.#lookout, random)
    this.#view = new StandingView(this.#link, logger)
    this.#sealing = new Sealing(this.#lookout, this.#link, logger, this.#lostMs)
    const first = { session: this.#own.session, phase: 'up', hosts: [] } as const
    this.#roster = new Roster({ ...self, ...first }, this.#lookout)
    this.#rest = new Rest(clock)
    this.#troubles = new Troubles(clock, logger)
    // Who asks may be in the midst of something: what it served is dropped right after.
    this.lease = new Lease(clock, timing.leaseMs, () => clock.defer(() => this.#expel()), grounds)
  }

  get stage(): Stage {
    return this.#stage
  }

  get self(): ViewMember {
    return this.#roster.self
  }

  /** The view that is applied. */
  get view(): View {
    return this.#view.applied
  }

  /** Whether it may serve what is its own. Asked before every turn. */
  get serves(): boolean {
    return this.#isServing && this.lease.holds
  }

  acked(member: ViewMember): number {
    return member.id === this.self.id ? this.#own.acked : this.#lookout.acked(member)
  }

  /** @throws SpawnError MEMBER_UNAVAILABLE when it cannot join in time, and why. */
  async start(): Promise<void> {
    assert(this.#stage === 'new', 'a membership is started once')
    const { register, timing } = this.#options
    register.watch((entry) => this.#heard(entry))
    await register.start()
    this.#stage = 'joining'
    this.#link.heard()
    void this.#live()
    if (await this.reached(() => this.serves, timing.joinMs)) return
    const why = this.#own.isTaken
      ? 'another one has its id, and renews its lease; give each member an id of its own'
      : 'the register did not take its lease or the view; the log says what it answered'
    await this.stop()
    throw new SpawnError(
      'MEMBER_UNAVAILABLE',
      `the member "${this.self.id}" could not join its cluster within ${timing.joinMs} ms: ${why}`,
    )
  }

  /** What it hosts has changed. */
  host(hosts: ViewMember['hosts']): void {
    this.#roster.become({ hosts })
    this.#rest.end()
  }

  /** Whether all can know what it hosts. */
  get isListed(): boolean {
    return this.#roster.isListed(this.#view.applied)
  }

  /**
   * Takes a member out of service, or back in.
   *
   * @throws SpawnError INVALID_ARGUMENT, MEMBER_UNAVAILABLE
   */
  async setPhase(id: string, phase: ViewMember['phase']): Promise<void> {
    const listed = (): ViewMember | null => memberOf(this.#view.applied, id)
    if (listed() === null) {
      const ids = this.#view.applied.members.map((member) => member.id)
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `the cluster has no member "${id}"; it has ${ids.join(', ') || 'none'}`,
      )
    }
    this.#roster.ask(id, phase)
    this.#rest.end()
    const limitMs = this.#options.timing.leaseWaitMs
    const agreed = await this.reached(() => (listed()?.phase ?? phase) === phase, limitMs)
    this.#roster.unask(id, phase)
    if (agreed) return
    throw new SpawnError(
      'MEMBER_UNAVAILABLE',
      `that the member "${id}" is ${phase} could not be agreed within ${limitMs} ms; try again`,
    )
  }

  /** The process of another member has surely ended: its lease is not waited for. */
  bury(id: string): void {
    assert(id !== this.self.id, 'nobody buries himself')
    this.#sealing.bury(id)
    this.#rest.end()
  }

  /** How long ago another member was last heard of; null: it was not. */
  seenMsAgo(id: string): number | null {
    return this.#lookout.seenMsAgo(id)
  }

  /** All that is not its own under the view of this epoch is let go of, and no other view was applied meanwhile. */
  settled(epoch: number): void {
    if (epoch !== this.#view.applied.epoch || epoch <= this.#own.acked) return
    this.#own.acked = epoch
    this.#rest.end()
  }

  /**
   * No actor is placed here any more, from the next view on; it stays a member until `stop`.
   *
   * @returns whether it has let go of all within a time.
   */
  async drain(limitMs: number): Promise<boolean> {
    if (this.#stage !== 'joining' && this.#stage !== 'up') return this.#stage === 'left'
    this.#stage = 'draining'
    this.#roster.become({ phase: 'draining' })
    this.#rest.end()
    return this.reached(() => this.isListed && this.#own.acked === this.view.epoch, limitMs)
  }

  /** Leaves now, whatever it holds: nothing of it is served from here on. */
  async stop(): Promise<void> {
    this.#stage = this.#stage === 'new' || this.#stage === 'left' ? 'left' : 'leaving'
    this.lease.end()
    this.#expel()
    this.#rest.end()
    // A register that cannot be reached must not keep it: the others will find out.
    await this.reached(() => this.stage === 'left', this.#options.timing.requestMs * 2)
    this.#stage = 'left'
    this.#rest.end()
    await this.#options.register.stop()
  }

  /** Whether something comes to be within a time; looked at whenever anything has changed. */
  reached(check: () => boolean, limitMs: number, signal?: CancelSignal): Promise<boolean> {
    return this.#rest.until(check, limitMs, () => this.#stage === 'left', signal)
  }

  async #live(): Promise<void> {
    while (this.#stage !== 'left') {
      if (this.#options.grounds?.() === false) return this.#fallAway()
      const task = this.#next()
      if (task === null) await this.#rest.for(this.#restMs())
      else await this.#attempt(task)
      this.#rest.changed()
    }
    this.#rest.changed()
  }

  /** Nothing is told to the others: they find out. */
  #fallAway(): void {
    this.lease.end()
    this.#expel()
    this.#stage = 'left'
    this.#rest.changed()
  }

  async #attempt([name, run]: Task): Promise<void> {
    const { clock, random, timing } = this.#options
    try {
      await run()
    } catch (thrown) {
      this.#retryAtMs = clock.elapsedMs() + Math.round(timing.retryMs * (0.5 + random.next()))
      this.#troubles.failed(name, thrown)
    }
  }

  /** What is to be done now; null: nothing, until something is heard or time has passed. */
  #next(): Task | null {
    const nowMs = this.#options.clock.elapsedMs()
    if (nowMs < this.#retryAtMs) return null
    if (this.#stage === 'leaving') return this.#leaving()
    if (this.#waitsForId) return null
    const isDue = nowMs >= this.#beatDueMs || this.#own.isBehind
    if (isDue || !this.lease.holds) return ['renew', () => this.#renew()]
    const overdue = this.#view.applied.members.find((member) => this.#overdueMs(member) === 0)
    if (overdue !== undefined) return ['seal', () => this.#sealing.seal(overdue)]
    const members = this.#roster.members(this.#view.members)
    if (this.#view.lacks(members)) return ['propose', () => this.#propose(members)]
    const gone = this.#sealing.goneLongAgo(
      (id) => id === this.self.id || this.#view.members.some((member) => member.id === id),
    )
    return gone === null ? null : ['clear away', () => this.#sealing.clearAway(gone)]
  }

  #restMs(): number {
    const nowMs = this.#options.clock.elapsedMs()
    if (nowMs < this.#retryAtMs) return this.#retryAtMs - nowMs
    if (this.#waitsForId) return this.#lookout.waitMs(this.self.id, this.#lostMs)
    const others = this.#view.applied.members.map((member) => this.#overdueMs(member))
    return Math.max(0, Math.min(this.#beatDueMs - nowMs, this.lease.leftMs, ...others))
  }

  /** Out of the view first, then out of the register. */
  #leaving(): Task {
    const members = this.#roster.others(this.#view.members)
    if (members !== this.#view.members) return ['leave the view', () => this.#propose(members)]
    return ['leave', () => this.#leave()]
  }

  async #leave(): Promise<void> {
    this.lease.end()
    this.#expel()
    await this.#own.remove()
    this.#stage = 'left'
  }

  /** Another process may have this id: it is left alone as long as it renews its lease. */
  get #waitsForId(): boolean {
    return this.#own.isTaken && this.#lookout.waitMs(this.self.id, this.#lostMs) > 0
  }

  get #lostMs(): number {
    return this.#options.timing.leaseMs + this.#options.timing.marginMs
  }

  /** How long until another member is taken for lost. */
  #overdueMs(member: ViewMember): number {
    return member.id === this.self.id ? Infinity : this.#sealing.overdueMs(member)
  }

  async #renew(): Promise<void> {
    const { clock, logger, timing } = this.#options
    const sent = this.lease.now()
    // Without a lease it holds nothing, and says so.
    if (!this.lease.holds) {
      this.#expel()
      this.#own.acked = Math.max(this.#own.acked, this.#view.applied.epoch)
    }
    const outcome = await this.#own.renew()
    if (outcome === 'again') return
    if (outcome === 'renewed') {
      this.#beatDueMs = sent.elapsedMs + timing.heartbeatMs
      if (this.lease.renew(sent)) return
      this.#expel()
      this.lease.begin(sent)
      this.#isExpelled = false
      this.#checkServing()
      return
    }
    if (this.#isServing) {
      const why =
        outcome === 'sealed'
          ? 'another member took it for lost'
          : 'its entry is gone, or another process has its id'
      logger.warn('a member has lost its lease', { member: this.self.id, why, atMs: clock.now() })
    }
    this.#endSession()
  }

  /** What it held is dropped, and it comes back as another session. */
  #endSession(): void {
    this.lease.end()
    this.#expel()
    this.#own.renounce()
    this.#roster.become({ session: this.#own.session })
    this.#beatDueMs = 0
    if (this.#stage === 'up') this.#stage = 'joining'
  }

  #expel(): void {
    if (this.#isExpelled || this.lease.holds) return
    this.#isExpelled = true
    this.#isServing = false
    this.#options.events.expelled()
    this.#rest.end()
  }

  async #propose(members: readonly ViewMember[]): Promise<void> {
    const standing = await this.#view.propose(members, (member) => this.acked(member))
    if (standing !== null) this.#learn(standing)
  }

  #heard(entry: RegisterEntry): void {
    if (this.#stage === 'left') return
    this.#link.heard()
    const id = memberIdOf(entry.key)
    if (id === null) this.#learn(entry)
    else if (this.#lookout.saw(id, entry)) this.#options.events.acknowledged()
    this.#rest.changed()
    this.#rest.end()
  }

  #learn(entry: RegisterEntry): void {
    const learned = this.#view.learn(entry)
    if (learned === 'unreadable') this.#endSession()
    const { applied, record } = this.#view
    if (learned !== 'later' || record === null) return
    this.#lookout.expect(applied.members)
    if (this.#isServing && !hasSession(applied, this.self)) this.#endSession()
    if (this.#stage === 'up') this.#roster.applied(applied)
    this.#options.events.viewed(record)
    this.#checkServing()
  }

  #checkServing(): void {
    if (this.#isServing || !this.lease.holds) return
    if (this.#view.isUnreadable || !hasSession(this.#view.applied, this.self)) return
    this.#isServing = true
    if (this.#stage === 'joining') this.#stage = 'up'
    this.#options.events.serving()
  }
}
