// Facts in the words of an application: which of them, from where on, and whether to wait for more. What a fact is, and which
// there are, is the gateway's to say.

import { type ActorDefinition, isActorDefinition } from '../hosts/index.ts'
import type { Fact, FactsFollowed } from '../ports/index.ts'
import { type ActorGiven, selected } from './selection.ts'
import { Settings, shown } from './settings.ts'

/** A Fact whose state has the type that a definition or a ref knows. */
export type FactOf<State> = Omit<Fact, 'state'> & { readonly state: State }

export interface FactsOptions<State = unknown> {
  /** Those of one actor: its name, or a ref. */
  readonly actor?: ActorGiven<State> | undefined
  /** Those of the actors of a definition: its name, or itself. */
  readonly definition?: string | ActorDefinition<State> | undefined
  /** Those behind this position, such as that of the last fact that was dealt with. Default 0: from the oldest that stands. */
  readonly after?: number | undefined
  /** It ends after so many. */
  readonly limit?: number | undefined
  /** True: it waits for the facts that come, until it is left, or the system stops. Default false: it ends with the last one. */
  readonly follow?: boolean | undefined
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined
}

const OPTIONS = ['actor', 'definition', 'after', 'limit', 'follow', 'signal'] as const

/** @throws SpawnError INVALID_ARGUMENT */
export function factsAsked(system: string, options: FactsOptions): FactsFollowed {
  const settings = new Settings(`facts of system "${system}"`, options, OPTIONS)
  const { signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw settings.fault('signal', `must be an AbortSignal, not ${shown(signal)}`)
  return {
    ...whose(settings, options),
    after: settings.count('after', 0, 0),
    limit: settings.has('limit') ? settings.count('limit', 1, 1) : undefined,
    follow: settings.boolean('follow', false),
    signal,
  }
}

function whose(
  settings: Settings,
  { actor, definition }: FactsOptions,
): Pick<FactsFollowed, 'actor' | 'definition'> {
  const named = isActorDefinition(definition) ? definition.name : definition
  if (named !== undefined && typeof named !== 'string')
    throw settings.fault('definition', `must be a definition, or the name of one, not ${shown(named)}`)
  if (actor === undefined || typeof actor === 'string') return { actor, definition: named }
  if (named !== undefined)
    throw settings.fault('definition', 'has no effect beside a ref, which knows its definition; leave it out')
  const { name, ref } = selected(actor, undefined, settings)
  return { actor: name, definition: ref ?? name }
}
