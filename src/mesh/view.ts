// The view: which members there are, what each hosts, and what of earlier views still counts. Decides how one view follows
// another, as pure functions; who proposes when is membership.ts's, and that only one proposal wins is the register's.
//
// Invariants: the epoch grows by every change. Of the earlier views, `unsettled` has every one under which a member of
// this view may still hold an actor, but those before `since`.

import type { HostedDefinition, Tags } from '../ports/index.ts'

/** Earlier views that are kept, at most: who may hold what under an older one is not known. */
export const MAX_UNSETTLED = 8

/** What a member hosts, of one system. */
export interface ViewDefinition {
  readonly system: string
  readonly hosted: HostedDefinition
}

/** A member, between getting a lease and losing it: afterwards it comes back as another session. */
export interface ViewMember {
  readonly id: string
  readonly session: string
  readonly node: string
  /** Empty: none. */
  readonly zone: string
  readonly labels: Tags
  readonly capacity: number
  readonly version: string
  readonly startedAtMs: number
  readonly phase: 'up' | 'draining'
  readonly hosts: readonly ViewDefinition[]
}

/** The members of one epoch, the longest there first. */
export interface View {
  readonly epoch: number
  readonly members: readonly ViewMember[]
}

export interface ViewRecord {
  readonly current: View
  /** In order of their epochs, all before the current one. */
  readonly unsettled: readonly View[]
  /** What was held under views before this epoch is not known. */
  readonly since: number
}

/** The epoch up to which a member has let go of what is not its own; below 0: not known. */
export type Acked = (member: ViewMember) => number

export function memberOf(view: View, id: string): ViewMember | null {
  return view.members.find((member) => member.id === id) ?? null
}

export function hasSession(view: View, { id, session }: Pick<ViewMember, 'id' | 'session'>): boolean {
  return view.members.some((member) => member.id === id && member.session === session)
}

/** The members with one more, or with what it is now in the place of what it was. A new session goes to the end. */
export function withMember(members: readonly ViewMember[], member: ViewMember): readonly ViewMember[] {
  const at = members.findIndex(({ id, session }) => id === member.id && session === member.session)
  if (at >= 0) return members.with(at, member)
  return [...members.filter(({ id }) => id !== member.id), member]
}

/** The members without some sessions; the same list when none of them is there. */
export function withoutMembers(
  members: readonly ViewMember[],
  gone: (member: ViewMember) => boolean,
): readonly ViewMember[] {
  return members.some(gone) ? members.filter((member) => !gone(member)) : members
}

/**
 * The record after this one. @param aboveEpoch the highest epoch that is known otherwise: the next one is above.
 */
export function nextRecord(
  before: ViewRecord | null,
  members: readonly ViewMember[],
  acked: Acked,
  aboveEpoch: number,
): ViewRecord {
  const epoch = Math.max(before?.current.epoch ?? 0, aboveEpoch) + 1
  const current = { epoch, members }
  if (before === null) return { current, unsettled: [], since: 0 }
  const counting = [...before.unsettled, before.current].filter((view) => mayBeHeld(view, current, acked))
  const cut = counting.at(-MAX_UNSETTLED - 1)
  return {
    current,
    unsettled: counting.slice(-MAX_UNSETTLED),
    since: Math.max(before.since, cut === undefined ? 0 : cut.epoch + 1),
  }
}

/** Whether a member may still hold something that it was given under an earlier view. */
function mayBeHeld(earlier: View, current: View, acked: Acked): boolean {
  return earlier.members.some((member) => hasSession(current, member) && acked(member) <= earlier.epoch)
}
