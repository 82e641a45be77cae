// Which definition a name means. A named actor is found by its name; an instance of an unnamed definition by `ref`, or,
// without it, as the one stored actor of that name.

import { LIMITS, SpawnError } from '../base/index.ts'
import type { ActionDefinition, Definition, Statestore } from '../ports/index.ts'
import { checkName } from '../protocol/index.ts'
import type { Budget } from './budget.ts'
import { Residents } from './residents.ts'

/** Names listed in an error, at most. */
const NAMES_SHOWN = 10

/** A definition that listens to a channel. */
export interface ChannelListening {
  readonly residents: Residents
  readonly action: string
}

const NO_LISTENERS: readonly ChannelListening[] = Object.freeze([])

export class Catalog {
  readonly all: readonly Residents[]
  private readonly system: string
  private readonly store: Statestore
  private readonly byDefinition = new Map<string, Residents>()
  private readonly byChannel = new Map<string, ChannelListening[]>()

  constructor(system: string, definitions: readonly Definition[], store: Statestore, budget: Budget) {
    this.system = system
    this.store = store
    for (const definition of definitions) {
      if (this.byDefinition.has(definition.name)) {
        throw new SpawnError(
          'INVALID_ARGUMENT',
          `two definitions are called "${definition.name}"; names must differ`,
        )
      }
      this.byDefinition.set(definition.name, new Residents(system, definition, budget))
    }
    this.all = [...this.byDefinition.values()]
    for (const residents of this.all) {
      for (const [channel, action] of residents.definition.channels) {
        this.byChannel.set(channel, [...(this.byChannel.get(channel) ?? []), { residents, action }])
      }
    }
  }

  /** The definition behind a name; null: only the store can tell (see `locate`). Takes no time: the hot path. */
  find(name: string, ref: string | undefined): Residents | null {
    if (ref === undefined || ref === '') {
      const residents = this.byDefinition.get(name)
      if (residents === undefined) return null
      if (residents.definition.kind === 'unnamed') throw unnamed(name)
      return residents
    }
    const residents = this.byDefinition.get(ref)
    if (residents === undefined) throw this.unknown(ref)
    if (residents.definition.kind !== 'unnamed' && name !== ref) {
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `"${ref}" is a ${residents.definition.kind} actor, so "${name}" cannot be an instance of it`,
      )
    }
    return residents
  }

  /** The same for those who can go on without: undefined when it is not known here. */
  residents(name: string, ref: string | undefined): Residents | undefined {
    return this.byDefinition.get(ref === undefined || ref === '' ? name : ref)
  }

  /** The definitions that listen to a channel, and with which action. */
  listeners(channel: string): readonly ChannelListening[] {
    return this.byChannel.get(channel) ?? NO_LISTENERS
  }

  /** Looks an instance of an unnamed definition up by its name alone. */
  async locate(name: string): Promise<Residents> {
    checkName('actor', name)
    const page = await this.store.list({ system: this.system, name }, { limit: LIMITS.pageSize })
    const parents = new Set(page.actors.map((actor) => actor.id.parent))
    for (const { byName, definition } of this.all) {
      // What is stored was listed; an actor that keeps nothing exists while it is in memory.
      if (!definition.stateful && byName.has(name)) parents.add(definition.name)
    }
    const known = [...parents].filter(
      (parent) => this.byDefinition.get(parent)?.definition.kind === 'unnamed',
    )
    const [parent] = known
    if (parent === undefined) throw this.unknown(name)
    if (known.length > 1) {
      const list = known.toSorted().join('", "')
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `"${name}" is an instance of each of "${list}"; say which with ref`,
      )
    }
    return this.byDefinition.get(parent) as Residents
  }

  private unknown(name: string): SpawnError {
    const names = [...this.byDefinition.keys()]
    const shown = names.slice(0, NAMES_SHOWN).join(', ')
    const more = names.length > NAMES_SHOWN ? `, and ${names.length - NAMES_SHOWN} more` : ''
    const known = names.length === 0 ? 'it has no actors' : `it has ${shown}${more}`
    return new SpawnError(
      'ACTOR_NOT_FOUND',
      `there is no actor "${name}" in the system "${this.system}"; ${known}`,
    )
  }
}

/** An action by its name. @throws SpawnError ACTION_NOT_FOUND that lists those there are. */
export function actionOf(residents: Residents, name: string): ActionDefinition {
  const action = residents.actions.get(name)
  if (action !== undefined) return action
  const names = [...residents.definition.actions.keys()]
  const shown = names.slice(0, NAMES_SHOWN).join(', ')
  const known = names.length === 0 ? 'none' : shown
  throw new SpawnError(
    'ACTION_NOT_FOUND',
    `"${residents.definition.name}" has no action "${name}"; its actions: ${known}`,
  )
}

function unnamed(name: string): SpawnError {
  return new SpawnError(
    'INVALID_ARGUMENT',
    `"${name}" is an unnamed definition, not an actor: call an instance by its name with ref "${name}"`,
  )
}
