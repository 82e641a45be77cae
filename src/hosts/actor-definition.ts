// A definition as an application holds it: what `actor(...)` made. To the compiler it carries the types of the state and
// the actions; to the runtime it is a Definition that still lacks its host, which the composition adds.

import type { Definition, Kind } from '../ports/index.ts'
import type { HandlerAction } from './handler.ts'

/** The same in every copy of this package that a process may have loaded. */
const MARK = Symbol.for('spawn-mesh.actor-definition')

declare const types: unique symbol

/** Plain, frozen data; it may be used in any number of systems. */
export interface ActorDefinition<State = unknown, Actions = unknown, K extends Kind = Kind> extends Omit<
  Definition,
  'host' | 'kind' | 'actions' | 'initAction'
> {
  readonly [MARK]: true
  /** Only in the types. */
  readonly [types]?: { readonly state: State; readonly actions: Actions }
  readonly kind: K
  readonly actions: ReadonlyMap<string, HandlerAction>
  readonly initAction: HandlerAction | null
}

type Unmarked = Omit<ActorDefinition, typeof MARK | typeof types>

export function markDefinition(definition: Unmarked): ActorDefinition {
  return Object.freeze({ ...definition, [MARK]: true as const })
}

/** Whether `value` was made by `actor(...)`. */
export function isActorDefinition(value: unknown): value is ActorDefinition {
  return typeof value === 'object' && value !== null && MARK in value
}
