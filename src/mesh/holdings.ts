// Who may still hold an actor that is this member's now: pure, from the views that are not settled, what each member has
// acknowledged, and what each has told of single actors. Decides from when on an actor may be served here.
//
// Why it holds: a member acknowledges epoch N when it has let go of all that is not its own under N, and nothing later
// was applied meanwhile. So one that acknowledged A may hold what some view from A on gave to it, and nothing else. One
// that acknowledged more than this member's own view has let go of what it did not keep all along; that can be known
// only under its view. A session that is not in the view holds nothing: it was sealed after its lease, or it left.

import { Directory } from './directory.ts'
import type { ViewMember, ViewRecord } from './view.ts'

/** A member that may hold something of this one's. */
interface Suspect {
  readonly member: ViewMember
  /** The earlier views under which it may. */
  readonly views: readonly Directory[]
  /** Also what it got under views that are not known any more. */
  readonly sinceUnknown: boolean
}

export class Holdings {
  readonly #self: string
  readonly #record: ViewRecord
  readonly #earlier: readonly Directory[]
  #suspects: readonly Suspect[] = []
  /** By member's session: the actors that it said it let go of, and under which epoch. */
  readonly #told: Map<string, Map<string, number>>

  /** @param before those under the view before: what single actors were told of goes on to count. */
  constructor(record: ViewRecord, system: string, self: string, before: Holdings | null) {
    this.#record = record
    this.#self = self
    this.#told = before === null ? new Map<string, Map<string, number>>() : before.#told
    this.#earlier = record.unsettled.map((view) => new Directory(view, system, self))
  }

  /** Nobody can hold anything of this member's. */
  get isSettled(): boolean {
    return this.#suspects.length === 0
  }

  /** What members have acknowledged has changed. @param acked of a session; below 0: not known. */
  update(acked: (member: ViewMember) => number): void {
    const { current, since } = this.#record
    const suspects: Suspect[] = []
    for (const member of current.members) {
      if (member.id === this.#self) continue
      const epoch = acked(member)
      if (epoch === current.epoch) {
        this.#told.delete(sessionOf(member))
        continue
      }
      const from = epoch > current.epoch ? -1 : epoch
      const views = this.#earlier.filter(({ view }) => view.epoch >= from)
      if (views.length > 0 || from < since) suspects.push({ member, views, sinceUnknown: from < since })
    }
    this.#suspects = suspects
    for (const session of this.#told.keys()) {
      if (!suspects.some(({ member }) => sessionOf(member) === session)) this.#told.delete(session)
    }
  }

  /** Whether nobody else can hold an actor of this member's. */
  isFree(definition: string, name: string): boolean {
    for (const suspect of this.#suspects) if (this.#mayHold(suspect, definition, name)) return false
    return true
  }

  /** The members that have to be asked for an actor of this member's. */
  holders(definition: string, name: string): readonly ViewMember[] {
    return this.#suspects
      .filter((suspect) => this.#mayHold(suspect, definition, name))
      .map(({ member }) => member)
  }

  /** A member has told that it let go of an actor, asked under an epoch. */
  released(member: ViewMember, definition: string, name: string, epoch: number): void {
    const session = sessionOf(member)
    if (!this.#suspects.some((suspect) => sessionOf(suspect.member) === session)) return
    const told = this.#told.get(session) ?? new Map<string, number>()
    this.#told.set(session, told.set(actorKey(definition, name), epoch))
  }

  #mayHold({ member, sinceUnknown, views }: Suspect, definition: string, name: string): boolean {
    const told = this.#told.get(sessionOf(member))?.get(actorKey(definition, name)) ?? -1
    if (sinceUnknown && told < this.#record.since) return true
    for (const earlier of views) {
      if (earlier.view.epoch < told) continue
      // Where an actor lives with each of its hosts, nobody has to let go of it.
      if (earlier.place(definition).isLocal) continue
      const owner = earlier.owner(definition, name)
      if (owner !== null && owner.id === member.id && owner.session === member.session) return true
    }
    return false
  }
}

/** Names may hold anything: a definition's length tells where it ends. */
export function actorKey(definition: string, name: string): string {
  return `${definition.length}:${definition}${name}`
}

function sessionOf({ id, session }: ViewMember): string {
  return `${id} ${session}`
}
