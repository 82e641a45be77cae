// How what went wrong between here and a host process reads as the error of a turn. Every message names the actor, the
// action and the host, and says whether the action may have run; none quotes what was sent or answered.

import { SpawnError } from '../../base/index.ts'
import type { Turn } from '../../ports/index.ts'
import { addressText } from '../../protocol/index.ts'

interface FailureOptions {
  readonly cause?: unknown
  readonly details?: Readonly<Record<string, unknown>>
}

/** The host answered what is no answer. */
export function malformed(turn: Turn, where: string, what: string, options: FailureOptions = {}): SpawnError {
  return failure('HOST_MALFORMED', turn, where, `${what}; the action has run or may have`, options)
}

/** Nothing of the call was sent to any host. */
export function unreachable(
  turn: Turn,
  where: string,
  what: string,
  options: FailureOptions = {},
): SpawnError {
  return failure('HOST_UNREACHABLE', turn, where, `${what}; the action did not run`, options)
}

/** It was sent, and no answer came. */
export function lost(turn: Turn, where: string, what: string, options: FailureOptions = {}): SpawnError {
  return failure('HOST_UNREACHABLE', turn, where, `${what}; the action may have run`, options)
}

/** The host says that its action failed. */
export function actionFailed(
  turn: Turn,
  where: string,
  what: string,
  options: FailureOptions = {},
): SpawnError {
  return failure('ACTION_FAILED', turn, where, what, options)
}

function failure(
  code: 'HOST_MALFORMED' | 'HOST_UNREACHABLE' | 'ACTION_FAILED',
  turn: Turn,
  where: string,
  what: string,
  { cause, details }: FailureOptions,
): SpawnError {
  return new SpawnError(code, `${labelOf(turn)} failed: ${where} ${what}`, {
    cause,
    details: { actor: addressText(turn.self), action: turn.action.name, host: where, ...details },
  })
}

/** The actor and the action, for messages. */
export function labelOf(turn: Turn): string {
  return `"${addressText(turn.self)}" action "${turn.action.name}"`
}
