// How what went wrong between here and a host process reads as the error of a turn. Every message names the actor, the
// action and the host, and says whether the action may have run; none quotes what was sent or answered.

import { type ErrorCode, SpawnError } from '../../base/index.ts'
import type { Turn } from '../../ports/index.ts'
import { addressText } from '../../protocol/index.ts'

/** Who failed, for messages and for programs. */
export interface Culprit {
  /** `the host 10.0.0.1:8090` */
  readonly where: string
  /** `10.0.0.1:8090`; absent when it is more than one. */
  readonly host?: string
}

interface FailureOptions {
  readonly cause?: unknown
  readonly retryable?: boolean
  readonly details?: Readonly<Record<string, unknown>>
}

/** The host answered what is no answer. */
export function malformed(turn: Turn, who: Culprit, what: string, options?: FailureOptions): SpawnError {
  return failure(
    'HOST_MALFORMED',
    turn,
    who,
    `${what}; the action may have run, and nothing of it is kept`,
    options,
  )
}

/** Nothing of the call was sent to any host. */
export function unreachable(turn: Turn, who: Culprit, what: string, options?: FailureOptions): SpawnError {
  return failure('HOST_UNREACHABLE', turn, who, `${what}; the action did not run`, options)
}

/** It was sent, and no whole answer came. Not retryable: whoever waits for it is told, and nobody runs it again for them. */
export function lost(turn: Turn, who: Culprit, what: string, options?: FailureOptions): SpawnError {
  return failure(
    'HOST_UNREACHABLE',
    turn,
    who,
    `${what}; the action may have run, and nothing of it is kept`,
    { ...options, retryable: false },
  )
}

/** The host says that its action failed. */
export function actionFailed(turn: Turn, who: Culprit, what: string, options?: FailureOptions): SpawnError {
  return failure('ACTION_FAILED', turn, who, what, options)
}

/** Nothing was sent: too many wait. */
export function busy(turn: Turn, who: Culprit, what: string, options?: FailureOptions): SpawnError {
  return failure('MAILBOX_FULL', turn, who, `${what}; the action did not run`, options)
}

function failure(
  code: ErrorCode,
  turn: Turn,
  { host, where }: Culprit,
  what: string,
  { cause, details, retryable }: FailureOptions = {},
): SpawnError {
  const facts = {
    actor: addressText(turn.self),
    action: turn.action.name,
    ...(host !== undefined && { host }),
  }
  return new SpawnError(code, `${labelOf(turn)} failed: ${where} ${what}`, {
    cause,
    details: { ...facts, ...details },
    ...(retryable !== undefined && { retryable }),
  })
}

/** The actor and the action, for messages. */
export function labelOf(turn: Turn): string {
  return `"${addressText(turn.self)}" action "${turn.action.name}"`
}
