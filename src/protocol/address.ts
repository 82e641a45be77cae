// Who an actor is: (system, parent, name), kept exactly as given. Equal addresses mean the same actor, everywhere.

import { LIMITS, SpawnError } from '../base/index.ts'

/** The full identity of an actor. `parent` is the name of its unnamed definition, and empty for a named actor. */
export interface ActorId {
  readonly system: string
  readonly parent: string
  readonly name: string
}

export function sameActor(left: ActorId, right: ActorId): boolean {
  return left.name === right.name && left.parent === right.parent && left.system === right.system
}

/** The address as people read it in messages and logs: `user/user-1` or `incrementor`. Not unique: never a key. */
export function addressText(id: Pick<ActorId, 'parent' | 'name'>): string {
  return id.parent === '' ? id.name : `${id.parent}/${id.name}`
}

const encoder = new TextEncoder()

/**
 * Checks a name of an actor, a definition or a system: non-empty, well-formed text, at most 512 bytes of UTF-8.
 *
 * @param what what the name names, for the message: `actor`, `definition`, `system`.
 * @throws SpawnError INVALID_ARGUMENT
 */
export function checkName(what: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') {
    throw new SpawnError('INVALID_ARGUMENT', `the ${what} name must be a non-empty string`)
  }
  if (!name.isWellFormed()) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the ${what} name has half a surrogate pair and is no valid text`,
    )
  }
  // A UTF-16 unit takes at most three bytes: short names need no encoding.
  if (name.length * 3 > LIMITS.nameBytes && encoder.encode(name).length > LIMITS.nameBytes) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the ${what} name is longer than ${LIMITS.nameBytes} bytes of UTF-8`,
    )
  }
}
