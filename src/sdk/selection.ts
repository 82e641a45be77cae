// Which actor an application means where it asks for one: a name, with the unnamed definition that it is an instance of, or
// a ref, which knows both.

import { type AnyRef, refTargetOf } from '../hosts/index.ts'
import type { Settings } from './settings.ts'

/** Which actor, where a name alone does not say it. */
export interface ActorSelection {
  /** The unnamed definition that the actor is an instance of. */
  readonly ref?: string | undefined
}

/** An actor by its name, or by a ref: `running.ref(user, 'user-1')`. */
export type ActorGiven<State = unknown> = string | AnyRef<State>

export interface Selected {
  readonly name: string
  readonly ref: string | undefined
}

/** What an actor is called in messages. */
export function nameOf(actor: ActorGiven): string {
  if (typeof actor === 'string') return actor
  return refTargetOf(actor)?.name ?? 'what is no actor'
}

/** @throws SpawnError INVALID_ARGUMENT for what is neither, and for a ref beside a `ref`. */
export function selected(actor: ActorGiven, ref: string | undefined, settings: Settings): Selected {
  if (typeof actor === 'string') return { name: actor, ref }
  const target = refTargetOf(actor)
  if (target === null) throw settings.error('needs an actor: a name, or what system.ref(...) answered')
  if (ref !== undefined)
    throw settings.fault('ref', 'has no effect on a ref, which knows its definition; leave it out')
  return target
}
