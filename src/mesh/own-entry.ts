// A member's own entry in the register: what it says, and whether it is still this session's. Decides what an answer means:
// renewed; not known, for which it is read; or another's, which ends the session. When it is renewed is membership.ts's.
//
// Invariant: it is put only behind what this session wrote before, or takes over from an entry that nobody renews.

import type { Random } from '../base/index.ts'
import type { Lookout } from './lookout.ts'
import { memberKey, type MemberEntry, writeMember } from './member-entry.ts'
import type { RegisterLink } from './register-link.ts'

export type Renewal = 'renewed' | 'again' | 'sealed' | 'replaced'

export class OwnEntry {
  readonly id: string
  session: string
  /** The epoch up to which all that is not its own is let go of. */
  acked = 0
  readonly #link: RegisterLink
  readonly #lookout: Lookout
  readonly #random: Random
  /** All that this process has had. */
  readonly #sessions = new Set<string>()
  #revision = 0
  #beat = 0
  #writtenAcked = -1

  constructor(id: string, link: RegisterLink, lookout: Lookout, random: Random) {
    this.id = id
    this.#link = link
    this.#lookout = lookout
    this.#random = random
    this.session = this.#newSession()
  }

  /** What was acknowledged is not yet written. */
  get isBehind(): boolean {
    return this.#writtenAcked < this.acked
  }

  /** Another process renews an entry of the same id. */
  get isTaken(): boolean {
    const { entry } = this.#lookout.sight(this.id)
    return entry !== null && !entry.sealed && !this.#sessions.has(entry.session)
  }

  async renew(): Promise<Renewal> {
    const key = memberKey(this.id)
    this.#beat += 1
    const { acked, id, session } = this
    const value = writeMember({ id, session, beat: this.#beat, acked, sealed: false })
    const revision = await this.#link.ask((register) => register.put(key, value, this.#revision))
    if (revision === null) return this.#look()
    this.#revision = revision
    this.#writtenAcked = acked
    return 'renewed'
  }

  async remove(): Promise<void> {
    const key = memberKey(this.id)
    const standing = await this.#link.ask((register) => register.get(key))
    if (standing === null) return
    this.#lookout.saw(this.id, standing)
    const { entry, revision } = this.#lookout.sight(this.id)
    if (entry !== null && this.#sessions.has(entry.session))
      await this.#link.ask((register) => register.remove(key, revision))
  }

  /** The session has ended: it comes back as another one, that holds nothing. */
  renounce(): void {
    this.session = this.#newSession()
    this.acked = 0
    this.#writtenAcked = -1
  }

  /** Something else stands than what it wrote last: a renewal of which the answer got lost, or another's. */
  async #look(): Promise<Renewal> {
    const standing = await this.#link.ask((register) => register.get(memberKey(this.id)))
    if (standing === null) this.#lookout.gone(this.id)
    else this.#lookout.saw(this.id, standing)
    this.#revision = standing?.revision ?? 0
    const entry: MemberEntry | null = standing === null ? null : this.#lookout.sight(this.id).entry
    if (entry?.session === this.session && !entry.sealed) return 'again'
    return entry?.sealed === true ? 'sealed' : 'replaced'
  }

  #newSession(): string {
    const session = Math.floor(this.#random.next() * 2 ** 48).toString(36)
    this.#sessions.add(session)
    return session
  }
}
