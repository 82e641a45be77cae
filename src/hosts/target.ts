// Which actor is meant by a definition and perhaps a name: the one that a named or pooled definition is, or the instance
// that a name makes of an unnamed one.

import type { Kind } from '../ports/index.ts'
import { type ActorDefinition, isActorDefinition } from './actor-definition.ts'
import { misuse } from './misuse.ts'

/** The name argument beside a definition: for an unnamed one the instance's, else none. */
export type InstanceName<K extends Kind> = K extends 'unnamed' ? [name: string] : []

export interface Target {
  readonly name: string
  /** The unnamed definition that it is an instance of; undefined: none. */
  readonly ref: string | undefined
}

/**
 * @param word what asks, for messages: `a ref`, `an effect`, `a pipe`.
 * @throws SpawnError INVALID_ARGUMENT when there is no definition, or a name is missing or one too many.
 */
export function targetOf(word: string, definition: ActorDefinition, name: string | undefined): Target {
  if (!isActorDefinition(definition)) {
    throw misuse(`${word} takes a definition: what actor(...) answered`)
  }
  const unnamed = definition.kind === 'unnamed'
  if (unnamed !== (name !== undefined)) {
    throw misuse(
      unnamed
        ? `"${definition.name}" is unnamed: say which instance, ${word} takes its name last`
        : `"${definition.name}" is one actor: ${word} takes no instance name`,
    )
  }
  return unnamed && name !== undefined
    ? { name, ref: definition.name }
    : { name: definition.name, ref: undefined }
}
