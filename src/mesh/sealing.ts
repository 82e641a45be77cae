// What a member does to the entries of others: it seals that of one that is overdue, and clears away those that stand for
// nobody. Decides neither who is a member, nor when: that is the view's, and membership.ts's.
//
// Invariant: an entry is sealed behind the revision that stood unchanged for so long, or not at all; that of a process which
// has ended, behind whichever stands.

import type { Logger } from '../ports/index.ts'
import type { Lookout } from './lookout.ts'
import { memberKey, writeMember } from './member-entry.ts'
import type { RegisterLink } from './register-link.ts'
import type { ViewMember } from './view.ts'

export class Sealing {
  readonly #lookout: Lookout
  readonly #link: RegisterLink
  readonly #logger: Logger
  /** A lease, and a margin. */
  readonly #lostMs: number
  /** Members whose processes have ended. */
  readonly #dead = new Set<string>()

  constructor(lookout: Lookout, link: RegisterLink, logger: Logger, lostMs: number) {
    this.#lookout = lookout
    this.#link = link
    this.#logger = logger
    this.#lostMs = lostMs
  }

  /** How long until a session is taken for lost. */
  overdueMs(member: ViewMember): number {
    if (this.#lookout.isOver(member)) return Infinity
    return this.#dead.has(member.id) ? 0 : this.#lookout.waitMs(member.id, this.#lostMs)
  }

  /** Its process has ended, so it renews nothing any more. */
  bury(id: string): void {
    this.#dead.add(id)
  }

  /** Ends the lease of a member that has not renewed it; when it has after all, nothing is changed. */
  async seal({ id, session }: ViewMember): Promise<void> {
    const { exists, revision } = this.#lookout.sight(id)
    const key = memberKey(id)
    const value = writeMember({ id, session, beat: 0, acked: 0, sealed: true })
    const sealed = await this.#link.ask((register) => register.put(key, value, exists ? revision : 0))
    if (sealed !== null) {
      const why = this.#dead.has(id) ? 'its process has ended' : 'it has not renewed its lease'
      this.#logger.warn(`a member is lost: ${why}`, { member: id, session })
      this.#lookout.saw(id, { key, value, revision: sealed })
      return
    }
    const standing = await this.#link.ask((register) => register.get(key))
    if (standing === null) this.#lookout.gone(id)
    else this.#lookout.saw(id, standing)
  }

  /** An entry that stands for no member, for so long that nobody can be about to join with it. */
  goneLongAgo(isMember: (id: string) => boolean): string | null {
    this.#lookout.forget(isMember)
    for (const id of this.#lookout.ids()) {
      if (!isMember(id) && this.#lookout.waitMs(id, this.#lostMs * 2) === 0) return id
    }
    return null
  }

  async clearAway(id: string): Promise<void> {
    const { revision } = this.#lookout.sight(id)
    const removed = await this.#link.ask((register) => register.remove(memberKey(id), revision))
    if (!removed) return this.#lookout.startAnew()
    this.#lookout.gone(id)
    this.#dead.delete(id)
  }
}
