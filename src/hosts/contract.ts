// What a program that has a definition knows of an action, for when another member hosts it and this one does not: how its
// payload is written, and its answer read. Only of actions with values that are no JSON: all JSON is read and written alike.

import type { ActionDefinition } from '../ports/index.ts'
import { jsonCodec } from '../protocol/index.ts'
import type { ActorDefinition } from './actor-definition.ts'

/** Undefined: there is nothing to know. */
export function contractOf({ actions, state }: ActorDefinition, name: string): ActionDefinition | undefined {
  const action = actions.get(name) ?? {
    name,
    timeoutMs: null,
    timerMs: null,
    query: false,
    payload: jsonCodec,
    // One that the definition has not is a default one, which answers with the state.
    response: state?.codec ?? jsonCodec,
  }
  const isPlain = [action.payload, action.response].every((codec) => codec.name === jsonCodec.name)
  return isPlain ? undefined : action
}
