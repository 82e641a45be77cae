// A commit that belongs to no actor: it sends and takes envelopes, and is told its verdict. For what comes from outside
// any turn, and for what the courier has to say about an envelope.

import type { SpawnError } from '../base/index.ts'
import type { Commit, OutcomeRecord, Tags } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import type { Announcement } from './post/channels.ts'
import type { Parcel } from './post/parcel.ts'

export interface OutsideLoad {
  readonly sends: readonly Parcel[]
  readonly takes: readonly string[]
  readonly occasions?: Commit['occasions']
  readonly announcements?: readonly Announcement[]
}

const NO_OUTCOMES: readonly OutcomeRecord[] = Object.freeze([])
const NO_TAGS: Tags = Object.freeze({})
const NO_ANNOUNCEMENTS: readonly Announcement[] = Object.freeze([])

export class OutsideCommit implements Commit {
  readonly id: ActorId
  readonly follows = 0
  readonly revision = 0
  readonly birth = 0
  readonly epoch: number
  readonly tags = NO_TAGS
  readonly state = null
  readonly history = { revisions: 0, durationMs: 0 }
  committedAtMs = 0
  readonly outcomes = NO_OUTCOMES
  readonly sends: readonly Parcel[]
  readonly takes: readonly string[]
  readonly occasions: Commit['occasions']
  readonly announcements: readonly Announcement[]
  readonly lost = false
  readonly carries = true
  sent = false
  private resolve: (committed: boolean) => void = () => {}
  private reject: (error: SpawnError) => void = () => {}
  /** Whether it was committed; false: one of what it takes does not stand. Rejects when the outcome is unknown. */
  readonly verdict: Promise<boolean>

  constructor(system: string, epoch: number, load: OutsideLoad) {
    this.id = { system, parent: '', name: '' }
    this.epoch = epoch
    this.sends = load.sends
    this.takes = load.takes
    this.occasions = load.occasions
    this.announcements = load.announcements ?? NO_ANNOUNCEMENTS
    this.verdict = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  leave(nowMs: number): void {
    this.sent = true
    this.committedAtMs = nowMs
  }

  conclude(committed: boolean): void {
    this.resolve(committed)
  }

  fail(error: SpawnError): void {
    this.reject(error)
  }
}
