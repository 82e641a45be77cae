// Which definition a name means. A named actor is found by its name; an instance of an unnamed definition by `ref`, or,
// without it, as the one stored actor of that name. Definitions come and go while the system runs; what that means to those
// of their actors that are in memory is leaving.ts's. In a cluster there are also those that other members host.

import { didYouMean, LIMITS, SpawnError } from '../base/index.ts'
import type {
  ActionDefinition,
  Cluster,
  Definition,
  HostedDefinition,
  Kind,
  Statestore,
} from '../ports/index.ts'
import { type ActorId, checkName } from '../protocol/index.ts'
import type { Budget } from './life/budget.ts'
import type { Message } from './message.ts'
import { Residents } from './life/residents.ts'

/** Names listed in an error, at most. */
const NAMES_SHOWN = 10

/** A definition that listens to a channel. */
export interface ChannelListening {
  readonly residents: Residents
  readonly action: string
}

const NO_LISTENERS: readonly ChannelListening[] = Object.freeze([])

export class Catalog {
  /** Always this array: it is changed in place. */
  readonly all: Residents[] = []
  private readonly system: string
  private readonly store: Statestore
  private readonly budget: Budget
  private readonly cluster: Cluster | null
  private readonly byDefinition = new Map<string, Residents>()
  /**
   * Instances that were looked up by their names alone, as long as they are in memory and nothing else of their names has
   * come to life: no other can have come to be, so they need not be looked up again.
   */
  private readonly located = new Map<string, Residents>()
  private byChannel: ReadonlyMap<string, readonly ChannelListening[]> = new Map()

  /** @param cluster null: there are no other members. */
  constructor(
    system: string,
    definitions: readonly Definition[],
    store: Statestore,
    budget: Budget,
    cluster: Cluster | null,
  ) {
    this.system = system
    this.store = store
    this.budget = budget
    this.cluster = cluster
    this.change(definitions, [])
  }

  /**
   * Puts definitions in the place of those of the same names, and takes others away. One that is there already changes
   * nothing.
   *
   * @returns those whose actors have to leave memory; each knows what it was replaced by.
   * @throws SpawnError INVALID_ARGUMENT when two have one name; then nothing is changed.
   */
  change(define: readonly Definition[], undefine: readonly string[]): readonly Residents[] {
    checkNames(define)
    const gone: Residents[] = []
    const take = (name: string, by: Residents | null): void => {
      const before = this.byDefinition.get(name)
      if (before === undefined) return
      before.replace(by)
      gone.push(before)
    }
    for (const name of undefine) {
      take(name, null)
      this.byDefinition.delete(name)
    }
    for (const definition of define) {
      if (this.byDefinition.get(definition.name)?.definition === definition) continue
      const residents = new Residents(this.system, definition, this.budget)
      take(definition.name, residents)
      this.byDefinition.set(definition.name, residents)
    }
    this.located.clear()
    this.all.splice(0, this.all.length, ...this.byDefinition.values())
    this.byChannel = channelsOf(this.all)
    return gone
  }

  /**
   * The definition behind a name; null: only the other members or the store can tell (see `elsewhere` and `locate`). Takes
   * no time: the hot path.
   */
  find(name: string, ref: string | undefined): Residents | null {
    if (ref === undefined || ref === '') {
      const residents = this.byDefinition.get(name)
      if (residents === undefined) return this.located.get(name) ?? null
      if (residents.definition.kind === 'unnamed') throw unnamed(name)
      return residents
    }
    const residents = this.byDefinition.get(ref)
    if (residents === undefined) {
      if (this.hosted(ref) !== null) return null
      throw this.unknown(ref, `definition "${ref}", the ref of "${name}",`)
    }
    checkInstance(residents.definition, name)
    return residents
  }

  /** The definition behind a name that other members host; null: none of them does. */
  elsewhere(name: string, ref: string | undefined): HostedDefinition | null {
    const isInstance = ref !== undefined && ref !== ''
    const hosted = this.hosted(isInstance ? ref : name)
    if (hosted === null) return null
    if (isInstance) checkInstance(hosted, name)
    else if (hosted.kind === 'unnamed') throw unnamed(name)
    return hosted
  }

  private hosted(name: string): HostedDefinition | null {
    return this.cluster === null ? null : this.cluster.definition(name)
  }

  /** What a definition makes of an actor's name. */
  idOf({ kind, name: definition }: Pick<HostedDefinition, 'kind' | 'name'>, name: string): ActorId {
    return { system: this.system, parent: kind === 'unnamed' ? definition : '', name }
  }

  /** The same for those who can go on without: undefined when it is not known here. */
  residents(name: string, ref: string | undefined): Residents | undefined {
    return this.byDefinition.get(ref === undefined || ref === '' ? name : ref)
  }

  /**
   * The turn that an actor's code runs now; null: none that is known. The wire often names an instance without its
   * definition.
   */
  turnOf({ name, parent, system }: ActorId): Message | null {
    if (system !== '' && system !== this.system) return null
    const named = this.byDefinition.get(parent === '' ? name : parent)
    if (named !== undefined) return named.pool === null ? (named.life(name)?.running ?? null) : null
    if (parent !== '') return null
    for (const residents of this.all) {
      const running = residents.isUnnamed ? (residents.life(name)?.running ?? null) : null
      if (running !== null) return running
    }
    return null
  }

  /** The definitions that listen to a channel, and with which action. */
  listeners(channel: string): readonly ChannelListening[] {
    return this.byChannel.get(channel) ?? NO_LISTENERS
  }

  /** The definition behind a name, wherever it is hosted, and if only the store can tell. */
  async locate(name: string, ref?: string): Promise<Residents | HostedDefinition> {
    return this.elsewhere(name, ref) ?? this.lookUp(name)
  }

  /** Looks an instance of an unnamed definition up by its name alone. */
  private async lookUp(name: string): Promise<Residents | HostedDefinition> {
    checkName('actor', name)
    const page = await this.store.list({ system: this.system, name }, { limit: LIMITS.pageSize })
    const parents = new Set(page.actors.map((actor) => actor.id.parent))
    for (const { byName, definition } of this.all) {
      // What is stored was listed; an actor that keeps nothing exists while it is in memory.
      if (!definition.stateful && byName.has(name)) parents.add(definition.name)
    }
    const known = [...parents].filter((parent) => this.kindOf(parent) === 'unnamed')
    const [parent] = known
    if (parent === undefined) throw this.unknown(name)
    if (known.length > 1) {
      const list = known.toSorted().join('", "')
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `"${name}" is an instance of each of "${list}"; say which with ref`,
      )
    }
    const residents = this.byDefinition.get(parent)
    const found = residents ?? this.hosted(parent)
    if (found === null) throw this.unknown(name)
    if (residents?.byName.has(name) === true) this.located.set(name, residents)
    return found
  }

  /** What kind of definition a name is of, wherever that is hosted; undefined: it is of none. */
  kindOf(definition: string): Kind | undefined {
    return (this.byDefinition.get(definition)?.definition ?? this.hosted(definition))?.kind
  }

  /** An actor of this name has come to life, or ended one. */
  forget(name: string): void {
    if (this.located.size > 0) this.located.delete(name)
  }

  /** @param what is not there, as the message says it. */
  private unknown(name: string, what = `actor "${name}"`): SpawnError {
    const all = [...this.byDefinition.values()].map(({ definition }) => definition)
    const [unnamed, named] = [true, false].map((is) =>
      namesOf(all.filter(({ kind }) => (kind === 'unnamed') === is)),
    )
    const has = [named, unnamed && `instances of ${unnamed}, which are called with that as ref`]
    const known = all.length === 0 ? 'it has no actors' : `it has ${has.filter(Boolean).join('; and ')}`
    const meant = didYouMean(name, this.byDefinition.keys())
    return new SpawnError(
      'ACTOR_NOT_FOUND',
      `there is no ${what} in the system "${this.system}"; ${known}${meant}`,
    )
  }
}

/** For messages; empty when there is none. */
function namesOf(definitions: readonly { readonly name: string }[]): string {
  const shown = definitions.slice(0, NAMES_SHOWN).map(({ name }) => name)
  const more = definitions.length - shown.length
  return more > 0 ? `${shown.join(', ')}, and ${more} more` : shown.join(', ')
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
    `"${residents.definition.name}" has no action "${name}"; its actions: ${known}${didYouMean(name, names)}`,
  )
}

/** @throws SpawnError INVALID_ARGUMENT when an actor of this name cannot be of a definition. */
function checkInstance({ kind, name: ref }: Pick<HostedDefinition, 'kind' | 'name'>, name: string): void {
  if (kind === 'unnamed' || name === ref) return
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `"${ref}" is a ${kind} actor, so "${name}" cannot be an instance of it`,
  )
}

function checkNames(definitions: readonly Definition[]): void {
  const names = new Set<string>()
  for (const { name } of definitions) {
    if (names.has(name)) {
      throw new SpawnError('INVALID_ARGUMENT', `two definitions are called "${name}"; names must differ`)
    }
    names.add(name)
  }
}

function channelsOf(all: readonly Residents[]): ReadonlyMap<string, readonly ChannelListening[]> {
  const byChannel = new Map<string, ChannelListening[]>()
  for (const residents of all) {
    for (const [channel, action] of residents.definition.channels) {
      const listening = byChannel.get(channel)
      if (listening === undefined) byChannel.set(channel, [{ residents, action }])
      else listening.push({ residents, action })
    }
  }
  return byChannel
}

function unnamed(name: string): SpawnError {
  return new SpawnError(
    'INVALID_ARGUMENT',
    `"${name}" is an unnamed definition, not an actor: call an instance by its name with ref "${name}"`,
  )
}
