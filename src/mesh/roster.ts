// Which members there should be, by all that one of them knows: itself as it is now, the others unless their sessions are over,
// each in the phase that somebody asked for. Decides only that; the view follows by membership.ts.

import type { Lookout } from './lookout.ts'
import { hasSession, memberOf, type View, type ViewMember, withMember, withoutMembers } from './view.ts'
import { asRead } from './view-entry.ts'

export class Roster {
  /** This member, as all others are to see it. */
  self: ViewMember
  readonly #lookout: Lookout
  /** What was asked for here, of any member, and the view does not say yet. */
  readonly #asked = new Map<string, ViewMember['phase']>()

  constructor(self: ViewMember, lookout: Lookout) {
    this.self = asRead(self)
    this.#lookout = lookout
  }

  become(changes: Partial<ViewMember>): void {
    this.self = asRead({ ...this.self, ...changes })
  }

  ask(id: string, phase: ViewMember['phase']): void {
    this.#asked.set(id, phase)
  }

  /** Nobody waits for it any more. */
  unask(id: string, phase: ViewMember['phase']): void {
    if (this.#asked.get(id) === phase) this.#asked.delete(id)
  }

  /** Whether a view has this member as it is now. */
  isListed(view: View): boolean {
    const listed = memberOf(view, this.self.id)
    return listed !== null && isSame(listed, this.self)
  }

  /** A view was applied: somebody may have taken this member out of service, or back in. */
  applied(view: View): void {
    const phase = memberOf(view, this.self.id)?.phase
    if (phase !== undefined && hasSession(view, this.self)) this.become({ phase })
  }

  /** The very list that stands, when that is right. */
  members(standing: readonly ViewMember[]): readonly ViewMember[] {
    let members = withoutMembers(
      standing,
      (member) => member.id !== this.self.id && this.#lookout.isOver(member),
    )
    for (const [id, phase] of this.#asked) {
      const member = members.find((each) => each.id === id)
      if (id === this.self.id) this.become({ phase })
      else if (member !== undefined && member.phase !== phase)
        members = withMember(members, { ...member, phase })
    }
    const listed = members.find(({ id }) => id === this.self.id)
    return listed !== undefined && isSame(listed, this.self) ? members : withMember(members, this.self)
  }

  /** Without this member. */
  others(standing: readonly ViewMember[]): readonly ViewMember[] {
    return withoutMembers(standing, (member) => member.id === this.self.id || this.#lookout.isOver(member))
  }
}

function isSame(left: ViewMember, right: ViewMember): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
