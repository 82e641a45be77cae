// Where the actors of one system live under one view: places by definition, made when they are first asked for. The hot path
// asks for an owner; nothing here is changed afterwards, a new view has a new directory.

import type { HostedDefinition } from '../ports/index.ts'
import { hostedBy, type Keeper, type Place, placeOf, rendezvousOfAll } from './placement.ts'
import type { View, ViewMember } from './view.ts'

export class Directory {
  readonly view: View
  readonly #system: string
  readonly #self: string
  readonly #places = new Map<string, Place>()
  #keeper: Keeper | null = null
  readonly #byChannel = new Map<string, readonly HostedDefinition[]>()

  /** @param self the id of the member that asks. */
  constructor(view: View, system: string, self: string) {
    this.view = view
    this.#system = system
    this.#self = self
  }

  place(definition: string): Place {
    return this.#places.get(definition) ?? this.#placed(definition)
  }

  /** Whose an actor is; null: nobody's. Of a `local` one each candidate's, this member's first. */
  owner(definition: string, name: string): ViewMember | null {
    const place = this.place(definition)
    if (place.isLocal) {
      const own = place.candidates.find(({ id }) => id === this.#self)
      if (own !== undefined) return own
    }
    return place.candidates[place.rendezvous.ownerOf(name)] ?? null
  }

  isMine(definition: string, name: string): boolean {
    return this.owner(definition, name)?.id === this.#self
  }

  /** Who sees to the envelopes and timers of an actor: exactly one, also when nobody hosts it; null: nobody can for now. */
  keeper(definition: string, name: string): ViewMember | null {
    const place = this.place(definition)
    if (place.vacancy === null) return place.candidates[place.rendezvous.ownerOf(name)] ?? null
    if (place.vacancy !== 'not hosted') return null
    this.#keeper ??= rendezvousOfAll(this.view, this.#system)
    return this.#keeper.members[this.#keeper.rendezvous.ownerOf(name)] ?? null
  }

  /** What any member hosts under a name. */
  definition(name: string): HostedDefinition | null {
    return this.place(name).hosted
  }

  /** The other members that host a definition. */
  hosts(definition: string): readonly string[] {
    return this.#others()
      .filter((member) => hostedBy(member, this.#system, definition) !== null)
      .map(({ id }) => id)
  }

  /** Whether another member that is up hosts a definition whose code it can reach. */
  isReachedElsewhere(definition: string): boolean {
    return this.#others().some((member) => {
      const hosted = member.phase === 'up' ? hostedBy(member, this.#system, definition) : null
      return hosted !== null && hosted.outOfReach !== true
    })
  }

  /** What other members host that listens to a channel, each once. */
  listeners(channel: string): readonly HostedDefinition[] {
    const known = this.#byChannel.get(channel)
    if (known !== undefined) return known
    const names = new Set<string>()
    for (const { hosts } of this.#others()) {
      for (const { hosted, system } of hosts) if (system === this.#system) names.add(hosted.name)
    }
    const listening = [...names]
      .map((name) => this.definition(name))
      .filter((hosted) => hosted !== null)
      .filter(({ channels }) => channels.some(([each]) => each === channel))
    this.#byChannel.set(channel, listening)
    return listening
  }

  /** The other members that host anything of the system. */
  neighbours(): readonly string[] {
    return this.#others()
      .filter(({ hosts }) => hosts.some(({ system }) => system === this.#system))
      .map(({ id }) => id)
  }

  #others(): readonly ViewMember[] {
    return this.view.members.filter(({ id }) => id !== this.#self)
  }

  #placed(definition: string): Place {
    const place = placeOf(this.view, this.#system, definition)
    // Callers may ask for any name: what nobody hosts is not kept.
    if (place.hosted !== null) this.#places.set(definition, place)
    return place
  }
}
