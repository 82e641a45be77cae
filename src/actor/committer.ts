// The order of commit, reply and effects. Turns of many actors are gathered into groups; one group is on its way to the
// store at a time, and the next gathers meanwhile (group commit). What rests on a commit is told when its group returns:
// durable, in the order of the turns, or lost. What nobody waits for is done while a group is on its way.
//
// A crash before the group returns: nobody was told anything. A store that fails after it wrote: the callers are told
// that it may have happened, the activation is dropped, and the next call reads what stands in the store.

import { type Clock, type Limits, messageOf, type Random, SpawnError } from '../base/index.ts'
import type { Logger, Statestore, Verdict } from '../ports/index.ts'
import { addressText, type Packed } from '../protocol/index.ts'
import { fitting } from './group-size.ts'
import type { Activation } from './life/activation.ts'
import { drawBirth, UNBORN } from './life/birth.ts'
import type { Membership } from './away/membership.ts'
import { OutsideCommit, type OutsideLoad } from './outside-commit.ts'
import { PendingCommit, type Waiter } from './pending-commit.ts'
import type { Cargo } from './post/cargo.ts'

/** What stands in a group. */
export type GroupedCommit = PendingCommit | OutsideCommit

/** What is done while the store works, because nobody waits for it. */
export interface Meanwhile {
  /** Whether there is anything. */
  readonly waits: boolean
  run(): void
}

/** Where that goes which commits carry. */
export interface Carrier {
  readonly meanwhile: Meanwhile
  /** What a commit carried is durable and may leave. */
  departed(commit: GroupedCommit): void
  /** What these commits carried may be durable or not, or others of the same actors are. */
  uncertain(group: readonly GroupedCommit[]): void
}

export interface CommitterOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: Limits
  /** Whose epoch commits bear. */
  readonly member: { readonly epoch: number }
  /** Null: it is alone, and what is durable may always be told. */
  readonly membership: Membership | null
  /** Ends an activation whose state can no longer be trusted. */
  readonly drop: (activation: Activation, error: SpawnError) => void
  /** There when the first commit is. */
  readonly carrier: () => Carrier
}

/** Commits, and turns that bring more than a state, after which the store is told how the group begins that is gathered. */
const EXPECTED_AT = 24

export class Committer {
  private readonly options: CommitterOptions
  private open: GroupedCommit[] = []
  /** How many of these the store expects, from the first on; and how many turns since then have brought more than a state. */
  private expected = 0
  private laden = 0
  private flushing = false
  private scheduled = false
  private onIdle: (() => void) | null = null
  private readonly flushNow = (): void => {
    this.scheduled = false
    void this.flush()
  }

  constructor(options: CommitterOptions) {
    this.options = options
  }

  /**
   * Hands the actor's newest state to the next group.
   *
   * @param state encoded; what the store is to hold.
   * @param waiter told when it is durable or lost; null: nobody waits.
   * @param cargo what goes with it; null: nothing.
   */
  submit(activation: Activation, state: Packed | null, waiter: Waiter | null, cargo: Cargo | null): void {
    const { pending } = activation
    let commit: PendingCommit
    if (pending !== null && !pending.sent && keepsLatestOnly(pending) && this.hasRoom(pending)) {
      commit = pending
      commit.replace(state)
    } else {
      if (activation.birth === UNBORN) activation.birth = drawBirth(this.options.random)
      commit = new PendingCommit(activation, this.options.member.epoch, state)
      if (pending !== null) pending.successor = commit
      commit.predecessor = pending
      activation.pending = commit
      this.open.push(commit)
    }
    activation.submitted = activation.revision
    if (state !== null) activation.weigh(state.value.length)
    activation.snapshotOwed = false
    if (waiter !== null) commit.wait(waiter)
    if (cargo !== null) this.load(commit, cargo)
    this.schedule()
  }

  /** Whether a commit takes another turn: each may bring much, and those that leave facts bring a whole state. */
  private hasRoom({ weight }: PendingCommit): boolean {
    return weight < this.options.limits.commitGroupBytes
  }

  /** Hands over the cargo of a turn that changed nothing: the state in the store stays as it is. */
  keep(activation: Activation, waiter: Waiter, cargo: Cargo): void {
    const { pending } = activation
    if (pending === null || pending.sent || !this.hasRoom(pending)) {
      this.submit(activation, null, waiter, cargo)
      return
    }
    pending.wait(waiter)
    this.load(pending, cargo)
  }

  private load(commit: PendingCommit, cargo: Cargo): void {
    commit.load(cargo)
    this.laden += 1
    if (this.laden >= EXPECTED_AT && !this.flushing) this.expect()
  }

  /** While the last turns of a group are under way, the store can work for those before them, if these are many. */
  private expect(): void {
    const { clock, store } = this.options
    const count = this.open.length - this.expected
    if (store.expect === undefined || count < EXPECTED_AT || count < 2 * this.expected) return
    const beginning = this.open.slice(this.expected)
    if (beginning.some(({ lost }) => lost)) return
    this.expected = this.open.length
    this.laden = 0
    const nowMs = clock.now()
    for (const commit of beginning) commit.leave(nowMs)
    store.expect(beginning)
  }

  /**
   * Commits what belongs to no actor.
   *
   * @returns false when one of the envelopes that it takes does not stand.
   * @throws SpawnError STORE_UNAVAILABLE when the outcome is unknown.
   */
  outside(load: OutsideLoad): Promise<boolean> {
    const { member, system } = this.options
    const commit = new OutsideCommit(system, member.epoch, load)
    this.open.push(commit)
    this.schedule()
    return commit.verdict
  }

  /** Resolves when nothing is left to commit. */
  idle(): Promise<void> {
    if (!this.flushing && this.open.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.onIdle = () => {
        this.onIdle = null
        resolve()
      }
    })
  }

  private get carrier(): Carrier {
    return this.options.carrier()
  }

  private schedule(): void {
    if (this.scheduled || this.flushing || !this.hasWork) return
    this.scheduled = true
    // Not at once: all turns that are ready now belong into the same group.
    this.options.clock.defer(this.flushNow)
  }

  private get hasWork(): boolean {
    return this.open.length > 0 || this.carrier.meanwhile.waits
  }

  private async flush(): Promise<void> {
    const group = this.takeGroup()
    const concluded = group.length > 0 ? this.commit(group) : null
    this.runMeanwhile()
    if (concluded !== null) await concluded
    if (this.hasWork) this.schedule()
    else this.onIdle?.()
  }

  /** What it throws is no failure of the group that has left: that one's outcome is the store's to say. */
  private runMeanwhile(): void {
    try {
      this.carrier.meanwhile.run()
    } catch (thrown) {
      const error = messageOf(thrown)
      this.options.logger.error('what waited for a group to leave could not be handed over', { error })
    }
  }

  private async commit(group: readonly GroupedCommit[]): Promise<void> {
    this.flushing = true
    let verdicts: Verdict[] | null = null
    let failure: unknown = null
    try {
      verdicts = await this.options.store.commit(group)
    } catch (error) {
      failure = error
    }
    this.flushing = false
    if (verdicts === null) this.lose(group, failure)
    else this.conclude(group, verdicts)
  }

  private takeGroup(): GroupedCommit[] {
    const count = fitting(this.open, this.options.limits)
    const candidates = this.open.length === count ? this.open : this.open.slice(0, count)
    this.open = this.open.length === count ? [] : this.open.slice(count)
    this.expected = 0
    this.laden = 0
    const group = candidates.some((commit) => commit.lost)
      ? candidates.filter((commit) => !commit.lost)
      : candidates
    // One look at the clock for all of them.
    const nowMs = this.options.clock.now()
    for (const commit of group) if (!commit.sent) commit.leave(nowMs)
    return group
  }

  private conclude(group: readonly GroupedCommit[], verdicts: readonly Verdict[]): void {
    // Without a lease, others may serve these actors: then nothing of this is told, and all of it is lost by now.
    this.options.membership?.lease.holds()
    const { carrier } = this
    let at = 0
    for (const commit of group) {
      const committed = verdicts[at] === 'committed'
      at += 1
      if (commit.lost) {
        if (committed && commit.carries) carrier.uncertain([commit])
        continue
      }
      if (commit instanceof OutsideCommit) commit.conclude(committed)
      else if (committed) settle(commit)
      else this.overtaken(commit)
      if (committed && commit.carries) carrier.departed(commit)
    }
  }

  private lose(group: readonly GroupedCommit[], failure: unknown): void {
    this.options.logger.error('a group of commits failed', {
      actors: group.length,
      error: messageOf(failure),
    })
    const sent = group.filter(({ sends }) => sends.length > 0)
    if (sent.length > 0) this.carrier.uncertain(sent)
    for (const commit of group) {
      if (commit instanceof OutsideCommit) commit.fail(uncommitted('what was sent', failure))
      else if (!commit.lost) this.loseChain(commit, uncommitted(`"${addressText(commit.id)}"`, failure))
    }
  }

  /** Something was committed that this process did not know of. */
  private overtaken(commit: PendingCommit): void {
    this.carrier.uncertain([commit])
    this.loseChain(commit, conflict(commit))
  }

  /** Nobody here may tell any more whether an actor's commits are durable: the newest, and those before it. */
  forsake(newest: PendingCommit, error: SpawnError): void {
    const commits = [newest]
    for (let commit = newest.predecessor; commit !== null; commit = commit.predecessor)
      commits.unshift(commit)
    for (const commit of commits) commit.lost = true
    for (const commit of commits) for (const waiter of commit.waiters) waiter.failed(error)
  }

  private loseChain(from: PendingCommit, error: SpawnError): void {
    for (let commit: PendingCommit | null = from; commit !== null; commit = commit.successor) {
      commit.lost = true
      for (const waiter of commit.waiters) waiter.failed(error)
    }
    this.options.drop(from.activation, error)
  }
}

/** Tells those who wait for it that it is durable. */
function settle(commit: PendingCommit): void {
  const { activation, waiters } = commit
  activation.concluded(commit)
  if (commit.successor !== null) commit.successor.predecessor = null
  for (const waiter of waiters) waiter.committed()
}

/** Whether the revisions between two commits may be left out: a later state may take an unsent one's place. */
function keepsLatestOnly(commit: PendingCommit): boolean {
  return commit.history.revisions === 0 && commit.history.durationMs === 0
}

function conflict(commit: PendingCommit): SpawnError {
  const actor = addressText(commit.id)
  return new SpawnError(
    'STATE_CONFLICT',
    `"${actor}" was changed by another owner since revision ${commit.follows}; nothing was committed, call again`,
    { details: { follows: commit.follows } },
  )
}

/** What is told of a commit when the store has failed it. */
export function uncommitted(what: string, cause: unknown): SpawnError {
  const message = `${what} could not be committed, and it may have happened: ${messageOf(cause)}`
  const code = cause instanceof SpawnError && cause.group === 'store' ? cause.code : 'STORE_UNAVAILABLE'
  return new SpawnError(code, message, { cause })
}
