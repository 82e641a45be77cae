// How what a handler throws becomes the error of its turn. It decides who is to blame: the handler, its caller, or nobody
// who could act on it but by calling again.

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'
import type { Turn } from '../../ports/index.ts'
import { addressText } from '../../protocol/index.ts'
import { isMisuse } from '../misuse.ts'

/** Errors of calls that a turn made. In nobody else's mouth do they mean the same. */
const ofNestedCalls = new WeakSet<SpawnError>()

/** Remembers that an error is the answer of a nested call, and throws it on. */
export function throwNested(error: unknown): never {
  if (isSpawnError(error)) ofNestedCalls.add(error)
  throw error
}

/**
 * The error of a turn whose handler threw.
 *
 * - What says "not now" keeps its code (the groups busy, mesh and store): the same call may succeed later.
 * - CALL_CYCLE keeps its code: the whole chain of callers has to know.
 * - A refusal of the caller's call that the handler throws itself keeps its code: `throw new SpawnError('PERMISSION_DENIED', …)`.
 * - All else is ACTION_FAILED with what was thrown as its cause, also a refusal that a nested call got: there this
 *   handler was the caller, and its own caller did nothing wrong. So is what the handler got for a wrong use of this
 *   package, such as a misspelt option.
 */
export function failureOf(turn: Turn, thrown: unknown): SpawnError {
  if (isSpawnError(thrown) && passes(thrown)) return thrown
  return actionFailed(turn, `failed: ${messageOf(thrown)}${isFrozen(thrown) ? FROZEN : ''}`, thrown)
}

/** Whether it is the handler's own, and not the answer of a call that it made: then nobody else has logged it. */
export function isOwn(thrown: unknown): boolean {
  return !isSpawnError(thrown) || isMisuse(thrown)
}

const FROZEN = '; a state is never changed in place: assign a new one to ctx.state, or return it in a Value'

/** Whether it is what the engine throws for a change of a frozen object. */
function isFrozen(thrown: unknown): boolean {
  return (
    thrown instanceof TypeError &&
    /read only property|object is not extensible|^Cannot delete/.test(thrown.message)
  )
}

/** @param what what went wrong: `failed: …`, `answered with …`. */
export function actionFailed(turn: Turn, what: string, cause: unknown): SpawnError {
  const details = { actor: addressText(turn.self), action: turn.action.name }
  return new SpawnError('ACTION_FAILED', `${labelOf(turn)} ${what}`, { cause, details })
}

/** The actor and the action, for messages. */
export function labelOf(turn: Turn): string {
  return `"${addressText(turn.self)}" action "${turn.action.name}"`
}

function passes(error: SpawnError): boolean {
  switch (error.group) {
    case 'busy':
    case 'mesh':
    case 'store':
      return true
    case 'caller':
      return error.code === 'CALL_CYCLE' || !(ofNestedCalls.has(error) || isMisuse(error))
    default:
      return false
  }
}
