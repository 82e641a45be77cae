// What one actor has handed to the statestore and does not yet know to be durable, and who waits to know.
// Commits of one actor form a chain, oldest first; when one is lost, all that follow it are.

import type { Commit, HistoryPolicy, OutcomeRecord, Tags } from '../ports/index.ts'
import type { SpawnError } from '../base/index.ts'
import type { ActorId, Packed } from '../protocol/index.ts'
import { weightOf } from './group-size.ts'
import type { Activation, View } from './life/activation.ts'
import { type Cargo, NO_ANNOUNCEMENTS, NO_IDS, NO_PARCELS } from './post/cargo.ts'
import type { Announcement } from './post/channels.ts'
import type { Parcel } from './post/parcel.ts'

/** Told once, in the order of waiting: either durable or lost. */
export interface Waiter {
  committed(): void
  failed(error: SpawnError): void
}

/** Never added to. */
const NO_OUTCOMES: OutcomeRecord[] = []
const NO_WAITERS: Waiter[] = []
for (const empty of [NO_OUTCOMES, NO_WAITERS]) Object.freeze(empty)

export class PendingCommit implements Commit {
  readonly activation: Activation
  readonly id: ActorId
  readonly follows: number
  readonly birth: number
  readonly epoch: number
  readonly history: HistoryPolicy
  readonly hasOwnKey: boolean
  revision: number
  tags: Tags
  state: Packed | null
  /** What the actor is by it, in its live form; null: no query asks for it. */
  view: View | null
  /** When it left for the store. */
  committedAtMs = 0
  outcomes: OutcomeRecord[] = NO_OUTCOMES
  sends: Parcel[] = NO_PARCELS
  takes: string[] = NO_IDS
  occasions: Commit['occasions'] = undefined
  announcements: Announcement[] = NO_ANNOUNCEMENTS
  /** What its outcomes and sends weigh, about. */
  weight = 0
  waiters: Waiter[] = NO_WAITERS
  /** The actor's next commit, which follows this one. */
  successor: PendingCommit | null = null
  /** The one before it, as long as that is not durable. */
  predecessor: PendingCommit | null = null
  /** Whether it has left for the store: then it is no longer changed. */
  sent = false
  /** Whether a commit before it was lost: then it is not sent. */
  lost = false

  constructor(activation: Activation, epoch: number, state: Packed | null) {
    this.activation = activation
    this.id = activation.id
    this.follows = activation.submitted
    this.birth = activation.birth
    this.revision = activation.revision
    this.epoch = epoch
    const { erasable, history } = activation.residents.definition
    this.history = history
    this.hasOwnKey = erasable === true
    this.tags = activation.tags
    this.state = state
    this.view = activation.residents.queried ? activation.view() : null
  }

  /** A later turn's state in place of this one's, where the revision between need not be kept. */
  replace(state: Packed | null): void {
    this.revision = this.activation.revision
    this.tags = this.activation.tags
    this.state = state
    if (this.view !== null) this.view = this.activation.view()
  }

  /** Takes what a turn brings; its arrays too. */
  load({ announcements, occasions, outcome, sends, takes }: Cargo): void {
    // Most send nothing, and an iterator takes its time for these, too.
    if (sends.length > 0) for (const { payload } of sends) this.weight += weightOf(payload)
    if (outcome !== null) {
      this.weight += weightOf(outcome.reply)
      if (this.outcomes === NO_OUTCOMES) this.outcomes = [outcome]
      else this.outcomes.push(outcome)
    }
    this.sends = joined(without(this.sends, sends), sends)
    this.takes = joined(this.takes, takes)
    if (occasions !== undefined) this.occasions = new Map([...(this.occasions ?? []), ...occasions])
    this.announcements = joined(this.announcements, announcements)
  }

  /** Adds one who is told. Mostly there is only one: an array that grows would have room for many more. */
  wait(waiter: Waiter): void {
    if (this.waiters === NO_WAITERS) this.waiters = [waiter]
    else this.waiters.push(waiter)
  }

  /** It leaves for the store. */
  leave(nowMs: number): void {
    this.sent = true
    this.committedAtMs = nowMs
  }

  /** Whether this commit, or one before it that is not durable either, sends an envelope of this id. */
  isAboutToSend(id: string): boolean {
    if (this.sends.some((parcel) => parcel.id === id)) return true
    return this.predecessor !== null && this.predecessor.isAboutToSend(id)
  }

  /** Whether something leaves with it. */
  get carries(): boolean {
    return this.sends !== NO_PARCELS || this.announcements !== NO_ANNOUNCEMENTS
  }

  /** Resolves when it is durable; rejects when it is lost. */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.wait({ committed: resolve, failed: reject })
    })
  }
}

function joined<Item>(first: Item[], second: Item[]): Item[] {
  if (second.length === 0) return first
  if (first.length === 0) return second
  for (const item of second) first.push(item)
  return first
}

/** A timer that was changed twice is sent once, as it was changed last. */
function without(first: Parcel[], second: readonly Parcel[]): Parcel[] {
  if (first.length === 0 || !second.some(({ box }) => box === 'timer')) return first
  return first.filter(({ id }) => !second.some((later) => later.id === id))
}
