// The view as one member knows it: what stands in the register, and what was applied. Decides which of what it hears is
// later, and what follows when the view is gone or cannot be read. Which members there should be is membership.ts's.
//
// Invariant: views are applied in the order of their epochs, and a proposal stands behind the revision that it was made from.

import { messageOf } from '../base/index.ts'
import type { Logger, RegisterEntry } from '../ports/index.ts'
import type { RegisterLink } from './register-link.ts'
import { type Acked, nextRecord, type View, type ViewMember, type ViewRecord } from './view.ts'
import { readView, VIEW_KEY, writeView } from './view-entry.ts'

export type Learned = 'nothing' | 'later' | 'unreadable'

export class StandingView {
  record: ViewRecord | null = null
  applied: View = { epoch: 0, members: [] }
  /** What stands cannot be read: nothing may be served, or proposed. */
  isUnreadable = false
  readonly #link: RegisterLink
  readonly #logger: Logger
  #revision = 0
  /** Somebody has removed it: it is made anew, from what is known of it. */
  #isGone = false

  constructor(link: RegisterLink, logger: Logger) {
    this.#link = link
    this.#logger = logger
  }

  get members(): readonly ViewMember[] {
    return this.record?.current.members ?? []
  }

  /** Whether the view has to be changed for these to be its members. */
  lacks(members: readonly ViewMember[]): boolean {
    if (this.isUnreadable) return false
    if (this.record === null || this.#isGone || members !== this.members) return true
    return this.record.current.epoch < this.applied.epoch
  }

  /** @returns what stands then, whoever's proposal it is. */
  async propose(members: readonly ViewMember[], acked: Acked): Promise<RegisterEntry | null> {
    const value = writeView(nextRecord(this.record, members, acked, this.applied.epoch))
    const follows = this.#isGone ? 0 : this.#revision
    const revision = await this.#link.ask((register) => register.put(VIEW_KEY, value, follows))
    if (revision !== null) return { key: VIEW_KEY, value, revision }
    const standing = await this.#link.ask((register) => register.get(VIEW_KEY))
    if (standing === null) this.#isGone = true
    return standing
  }

  learn({ revision, value }: RegisterEntry): Learned {
    if (revision <= this.#revision) return 'nothing'
    this.#revision = revision
    this.#isGone = value === null
    if (value === null) return 'nothing'
    try {
      this.record = readView(value)
      this.isUnreadable = false
    } catch (thrown) {
      this.isUnreadable = true
      this.#logger.error('the view of the cluster cannot be read', { error: messageOf(thrown) })
      return 'unreadable'
    }
    if (this.record.current.epoch <= this.applied.epoch) return 'nothing'
    this.applied = this.record.current
    return 'later'
  }
}
